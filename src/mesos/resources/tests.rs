use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::mesos::event::Event;
use crate::mesos::tests::golden;

fn offer(id: &str, resources: &Value) -> Offer {
    let offer = json!({"id":{"value":id},"agent_id":{"value":"a"},"hostname":"h","resources":resources,
        "allocation_info":{"role":"heron"}});
    serde_json::from_value(offer).expect("an offer")
}

fn scalar(name: &str, value: f64) -> Value {
    json!({"name":name,"type":"SCALAR","scalar":{"value":value},"allocation_info":{"role":"heron"}})
}

fn ports(ranges: &[(u64, u64)]) -> Value {
    let range: Vec<_> =
        ranges.iter().map(|(begin, end)| json!({"begin":begin,"end":end})).collect();
    json!({"name":"ports","type":"RANGES","ranges":{"range":range},"allocation_info":{"role":"heron"}})
}

fn with(mut resource: Value, name: &str, value: Value) -> Value {
    resource[name] = value;
    resource
}

fn reserved(resource: Value, role: &str) -> Value {
    with(
        resource,
        "reservations",
        json!([{"type":"STATIC","role":"x"},{"type":"DYNAMIC","role":role,"principal":"p"}]),
    )
}

fn pool(resources: &Value) -> Pool<'static> {
    // Kept for as long as the process: the pool borrows from it.
    let offer: &'static Offer = Box::leak(Box::new(offer("o", resources)));
    Pool::from_offers(&[offer], &["heron"], &[])
}

fn want(cpus: f64, mem_mb: f64, disk_mb: f64) -> Want {
    Want { cpus, mem_mb, disk_mb }
}

#[test]
fn a_recorded_offer_gives_what_the_recorded_client_took() {
    let records = golden::records("01-lifecycle", "stream");
    let offers = records.iter().find_map(|record| match Event::parse(record) {
        Ok(Event::Offers(offers)) => Some(offers),
        _ => None,
    });
    let offers = offers.expect("offers");
    let mut pool = Pool::from_offers(&[&offers[0]], &["heron"], &[]);
    let picked: Vec<u16> = (31009..=31017).collect();
    let taken = pool.take(&want(0.5, 64.0, 10.0), &picked).expect("enough");
    let (_, body) = {
        let message = golden::bytes("01-lifecycle", "call-1", true);
        let (head, body) = golden::split(&message);
        (head, serde_json::from_slice::<Value>(body).expect("JSON"))
    };
    assert_eq!(
        json!(taken),
        body["accept"]["operations"][0]["launch"]["task_infos"][0]["resources"]
    );
    assert_eq!(pool.offer_ids(), [offers[0].id.clone()]);
    assert_eq!(pool.role(), "heron");
}

#[test]
fn ports_come_from_any_holes() {
    let mut pool = pool(&json!([
        scalar("cpus", 1.0),
        ports(&[(31010, 31011), (31000, 31002), (31005, 31005), (31003, 31003), (40000, 50000)])
    ]));
    assert_eq!(pool.ports(), [(31000, 31003), (31005, 31005), (31010, 31011), (40000, 50000)]);
    let taken = pool.take(&Want::default(), &[40000, 31001, 31002, 31010, 31005]).expect("enough");
    assert_eq!(
        json!(taken[0].ranges),
        json!({"range":[{"begin":31001,"end":31002},{"begin":31005,"end":31005},{"begin":31010,"end":31010},
            {"begin":40000,"end":40000}]})
    );
    assert_eq!(taken.len(), 1, "nothing is listed of which nothing is taken");
    assert_eq!(pool.ports(), [(31000, 31000), (31003, 31003), (31011, 31011), (40001, 50000)]);
    let shortfall = pool.take(&Want::default(), &[31000, 31001, 31012]).expect_err("too few");
    assert_eq!(shortfall.to_string(), "agent a lacks ports (3 wanted, 1 available)");
}

#[test]
fn odd_ports_are_left_alone() {
    let pool = pool(&json!([ports(&[(0, 1), (5, 4), (65535, 70000), (70000, 80000), (1, 2)])]));
    assert_eq!(pool.ports(), [(1, 2), (65535, 65535)]);
}

#[test]
fn reserved_goes_first_and_the_rest_is_kept() {
    let mut pool = pool(&json!([
        scalar("cpus", 1.0),
        ports(&[(100, 101)]),
        reserved(scalar("cpus", 0.7), "heron"),
        reserved(ports(&[(200, 200)]), "heron"),
        reserved(scalar("cpus", 9.0), "other"),
    ]));
    assert_eq!(
        (pool.available(), pool.ports()),
        (want(1.7, 0.0, 0.0), vec![(100, 101), (200, 200)])
    );
    let taken = pool.take(&want(1.0, 0.0, 0.0), &[100, 200]).expect("enough");
    assert_eq!(
        json!(taken),
        json!([
            reserved(scalar("cpus", 0.7), "heron"),
            scalar("cpus", 0.3),
            reserved(ports(&[(200, 200)]), "heron"),
            ports(&[(100, 100)])
        ])
    );
    assert_eq!((pool.available(), pool.ports()), (want(0.7, 0.0, 0.0), vec![(101, 101)]));
}

#[test]
fn reservations_of_a_role_above_and_of_the_old_form_count() {
    let resources = json!([
        reserved(scalar("cpus", 1.0), "heron"),
        with(scalar("mem", 5.0), "role", json!("heron")),
        with(scalar("disk", 5.0), "role", json!("*")),
        reserved(scalar("disk", 7.0), "he"),
    ]);
    let mut one = offer("o", &resources);
    one.allocation_info.as_mut().expect("an allocation").role = Some("heron/prod".into());
    let pool = Pool::from_offers(&[&one], &["heron/prod"], &[]);
    assert_eq!(pool.available(), want(1.0, 5.0, 5.0));
    assert_eq!(Pool::from_offers(&[&one], &["other"], &[]).available(), Want::default());
    assert!(Pool::from_offers(&[&one], &["other"], &[]).offer_ids().is_empty());
    assert_eq!(Pool::from_offers::<&str>(&[&one], &[], &[]).available(), want(1.0, 5.0, 12.0));
}

#[test]
fn resources_with_strings_attached_are_never_used() {
    let pool = pool(&json!([
        with(scalar("cpus", 1.0), "revocable", json!({})),
        with(scalar("mem", 1.0), "shared", json!({})),
        with(
            scalar("disk", 1.0),
            "disk",
            json!({"persistence":{"id":"p"},"volume":{"container_path":"v"}})
        ),
        with(scalar("disk", 1.0), "disk", json!({"source":{"type":"MOUNT","mount":{"root":"/m"}}})),
        scalar("gpus", 1.0),
        with(scalar("mem", 2.0), "revocable", json!(null)),
    ]));
    assert_eq!(pool.available(), want(0.0, 2.0, 0.0));
}

#[test]
fn several_offers_of_the_agent_add_up_and_others_do_not() {
    let one = offer("o1", &json!([scalar("cpus", 1.0), ports(&[(1, 5)])]));
    let two = offer("o2", &json!([scalar("cpus", 0.5), ports(&[(4, 6), (9, 9)])]));
    let mut elsewhere = offer("o3", &json!([scalar("cpus", 9.0)]));
    elsewhere.agent_id = "b".into();
    let mut other_role = offer("o4", &json!([scalar("cpus", 9.0)]));
    other_role.allocation_info = None;
    let mut pool = Pool::from_offers(&[&one, &elsewhere, &two, &other_role], &["heron", "*"], &[]);
    assert_eq!(pool.offer_ids(), [OfferId::from("o1"), OfferId::from("o2")]);
    assert_eq!(pool.ports(), [(1, 6), (9, 9)]);
    let taken = pool.take(&want(1.5, 0.0, 0.0), &[1, 4, 6, 9]).expect("enough");
    assert_eq!(taken.len(), 2, "like parts are one: {taken:?}");
}

#[test]
fn a_shortfall_names_everything_and_takes_nothing() {
    let mut pool = pool(&json!([scalar("cpus", 2.5), scalar("mem", 100.0), ports(&[(1, 3)])]));
    let shortfall = pool.take(&want(4.0, 100.0, 1.0), &[3, 4, 5]).expect_err("too little");
    assert_eq!(
        shortfall.to_string(),
        "agent a lacks cpus (4 wanted, 2.5 available), disk (1 wanted, 0 available), ports (3 wanted, 1 available)"
    );
    assert_eq!((pool.available(), pool.ports()), (want(2.5, 100.0, 0.0), vec![(1, 3)]));
    for odd in [f64::NAN, f64::INFINITY, 1e300] {
        assert!(pool.take(&want(odd, 0.0, 0.0), &[]).is_err());
    }
    assert!(pool.take(&want(-1.0, -0.0, 0.0), &[]).expect("nothing").is_empty());
}

#[test]
fn tenths_add_up_exactly() {
    let mut pool = pool(&json!([scalar("cpus", 1.0)]));
    for left in (0..10).rev() {
        let taken = pool.take(&want(0.1, 0.0, 0.0), &[]).expect("enough");
        assert_eq!(json!(taken[0].scalar), json!({"value":0.1}));
        assert_eq!(json!(pool.available().cpus), json!(f64::from(left) / 10.0));
    }
    assert!(pool.take(&want(0.001, 0.0, 0.0), &[]).is_err());
}

fn any_offer() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        (0u32..4000, prop::sample::select(&SCALARS[..]))
            .prop_map(|(n, name)| scalar(name, f64::from(n) / 1000.0)),
        prop::collection::vec((0u64..60, 0u64..60), 0..4).prop_map(|ranges| ports(&ranges)),
    ];
    let kind = prop::sample::select(vec!["plain", "reserved", "other", "revocable"]);
    prop::collection::vec((part, kind), 0..10).prop_map(|parts| {
        let parts = parts.into_iter().map(|(part, kind)| match kind {
            "reserved" => reserved(part, "heron"),
            "other" => reserved(part, "other"),
            "revocable" => with(part, "revocable", json!({})),
            _ => part,
        });
        Value::Array(parts.collect())
    })
}

fn sum(resources: &[Resource], name: &str) -> i64 {
    resources
        .iter()
        .filter(|r| r.name == name)
        .filter_map(|r| r.scalar)
        .map(|s| thousandths(s.value))
        .sum()
}

fn ports_of(resources: &[Resource]) -> Vec<u64> {
    let ranges = resources.iter().filter(|r| r.name == "ports").filter_map(|r| r.ranges.as_ref());
    let mut all: Vec<u64> = ranges.flat_map(|r| &r.range).flat_map(|r| r.begin..=r.end).collect();
    all.sort_unstable();
    all
}

proptest! {
    #[test]
    fn never_more_than_offered(
        resources in any_offer(),
        wants in prop::collection::vec(
            (0u32..3000, 0u32..3000, 0u32..3000, prop::collection::btree_set(0u16..60, 0..12)), 1..12,
        ),
    ) {
        let one = offer("o", &resources);
        let mut pool = Pool::from_offers(&[&one], &["heron"], &[]);
        let all = pool.ports();
        let is_free = |ranges: &[(u16, u16)], port: u16| ranges.iter().any(|(a, b)| (*a..=*b).contains(&port));
        let mut taken = Vec::new();
        for (cpus, mem, disk, ports) in wants {
            let want = want(f64::from(cpus) / 1000.0, f64::from(mem) / 1000.0, f64::from(disk) / 1000.0);
            let (before, before_ports) = (pool.available(), pool.ports());
            let ports: Vec<u16> = ports.into_iter().collect();
            match pool.take(&want, &ports) {
                Ok(part) => {
                    for (name, wanted) in SCALARS.into_iter().zip([cpus, mem, disk]) {
                        prop_assert_eq!(sum(&part, name), i64::from(wanted));
                    }
                    prop_assert_eq!(ports_of(&part), ports.iter().map(|p| u64::from(*p)).collect::<Vec<_>>());
                    prop_assert!(ports.iter().all(|port| is_free(&before_ports, *port)));
                    prop_assert!(!ports.iter().any(|port| is_free(&pool.ports(), *port)), "taken is taken");
                    for resource in &part {
                        // Every part is of a kind that was offered, and has something in it.
                        prop_assert!(one.resources.iter().any(|r| r.name == resource.name && r.rest == resource.rest));
                        prop_assert!(is_plain(resource));
                        prop_assert!(resource.scalar.is_some_and(|s| s.value > 0.0) || resource.ranges.is_some());
                    }
                    taken.extend(part);
                }
                Err(shortfall) => {
                    prop_assert!(!shortfall.missing.is_empty());
                    prop_assert_eq!((pool.available(), pool.ports()), (before, before_ports));
                }
            }
        }
        let usable: Vec<_> = one.resources.iter()
            .filter(|r| is_plain(r) && reservation(r).is_none_or(|role| role == "heron")).cloned().collect();
        let left = pool.available();
        for (name, left) in SCALARS.into_iter().zip(left.scalars()) {
            prop_assert_eq!(sum(&taken, name) + thousandths(left), sum(&usable, name));
        }
        let mut offered = ports_of(&usable);
        offered.dedup();
        offered.retain(|port| *port > 0);
        prop_assert_eq!(offered.len(), count(&all));
        prop_assert_eq!(ports_of(&taken).len() + count(&pool.ports()), count(&all));
    }
}
