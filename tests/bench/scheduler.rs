//! What one round of offers costs the state machine, and one part cut from a pool (`docs/benchmarks.md`).

#![allow(missing_docs, reason = "what criterion's macros make has no comments")]
#![allow(clippy::unwrap_used, reason = "a benchmark that can't be set up has no result")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use heron_cli::mesos::offer::Offer as MesosOffer;
use heron_cli::mesos::resources::{Pool, Want};
use heron_cli::scheduler::container::ContainerRecord;
use heron_cli::scheduler::model::{Model, Policy};
use heron_cli::scheduler::offer::{Offer, Resources};
use heron_cli::scheduler::ports::PortRange;
use heron_cli::scheduler::record::Desired;
use heron_cli::scheduler::step::{Action, Event};
use heron_cli::scheduler::task::{Acknowledgement, TaskReport, TaskState};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000_000;

/// A topology of so many containers, wanted and not launched.
fn model(containers: u32) -> Model {
    let container = |id: u32| json!({"id": id, "cpus": 2.0, "mem_mb": 1024.0, "disk_mb": 1024.0, "restarts": 0});
    let desired: Desired = serde_json::from_value(json!({
        "version": 1, "topology": "bench", "topology_id": "bench-id", "goal": "RUNNING", "phase": "LAUNCHING",
        "generation": 1, "digest": "", "framework": {
            "id": {"value": "4e0ae0c4-2f4c-4a5b-9d4e-3a7b3a1e8f00"}, "name": "heron-bench", "user": "root",
            "roles": ["*"], "failover_timeout_seconds": 1.0, "labels": []
        },
        "launch": {
            "command": [
                "exec ./heron-core/bin/heron-executor --topology-name=bench --shard=", {"shard": true},
                " --server-port=", {"port": 0}, " --tmanager-controller-port=", {"port": 1},
                " --component-ram-map=word:1073741824,count:1073741824 --classpath=topology.jar"
            ],
            "uris": [], "ports": 9, "kill_grace_ms": 10000
        },
        "containers": (0..containers).map(container).collect::<Vec<Value>>(),
    }))
    .unwrap();
    let mut model = Model::new(desired, Vec::new(), Policy::default());
    let framework_id = model.desired().framework.id.clone();
    model.step(NOW, Event::Subscribed { framework_id, suppressed: false });
    model
}

/// One offer of each of so many hosts, with room for two containers. Ports lie in ranges of five.
fn offers(hosts: u32) -> Vec<Offer> {
    let range = |n: u16| PortRange { first: 31000 + n * 10, last: 31004 + n * 10 };
    let offer = |index: u32| Offer {
        ids: vec![format!("offer-{index}").into()],
        host_id: format!("host-{index}").into(),
        host: format!("host-{index}"),
        address: None,
        role: "*".to_owned(),
        free: Resources { cpus: 4.0, mem_mb: 4096.0, disk_mb: 4096.0 },
        ports: (0..8).map(range).collect(),
        ..Offer::default()
    };
    (0..hosts).map(offer).collect()
}

/// An offer as Mesos makes it.
fn mesos_offer() -> MesosOffer {
    let ports: Vec<Value> =
        (0..8).map(|n| json!({"begin": 31000 + n * 10, "end": 31004 + n * 10})).collect();
    let scalar = |name: &str, value: f64| json!({"name": name, "type": "SCALAR", "scalar": {"value": value}, "allocation_info": {"role": "*"}});
    serde_json::from_value(json!({
        "id": {"value": "offer"}, "agent_id": {"value": "agent"}, "hostname": "host", "allocation_info": {"role": "*"},
        "resources": [
            scalar("cpus", 4.0), scalar("mem", 4096.0), scalar("disk", 4096.0),
            {"name": "ports", "type": "RANGES", "ranges": {"range": ports}, "allocation_info": {"role": "*"}},
        ],
    }))
    .unwrap()
}

/// The reports that tell of the tasks that were launched with a round of offers.
fn updates(actions: &[Action], state: &TaskState) -> Vec<TaskReport> {
    let record = |action: &Action| match action {
        Action::JournalContainer(record) => Some(ContainerRecord::clone(record)),
        _ => None,
    };
    let report = |record: ContainerRecord| TaskReport {
        task_id: record.task_id.clone(),
        host_id: Some(record.host_id.clone()),
        state: state.clone(),
        acknowledgement: Some(Box::new(Acknowledgement {
            task_id: record.task_id,
            host_id: record.host_id,
            token: "8w8KtUo7Sba4mr2XxXQz7Q==".to_owned(),
        })),
        ..TaskReport::default()
    };
    actions.iter().filter_map(record).map(report).collect()
}

fn rounds(criterion: &mut Criterion) {
    for count in [10, 100, 1_000] {
        let (fresh, offered) = (model(count), offers(count));
        let launched = fresh.clone().step(NOW, Event::Offers(offered.clone()));
        let placed = updates(&launched, &TaskState::Running);
        assert_eq!(placed.len(), count as usize, "not every container was placed");
        criterion.bench_function(&format!("offers/{count} offers, {count} wanted"), |bencher| {
            bencher.iter_batched(
                || (fresh.clone(), Event::Offers(offered.clone())),
                |(mut model, event)| (model.step(NOW, event), model),
                BatchSize::LargeInput,
            );
        });
        let mut full = fresh.clone();
        full.step(NOW, Event::Offers(offered.clone()));
        let events: Vec<Event> = placed.into_iter().map(Event::Update).collect();
        criterion.bench_function(&format!("updates/{count} one by one"), |bencher| {
            bencher.iter_batched(
                || (full.clone(), events.clone()),
                |(mut model, events)| {
                    let step = |event| model.step(NOW, event);
                    (events.into_iter().map(step).collect::<Vec<_>>(), model)
                },
                BatchSize::LargeInput,
            );
        });
        criterion.bench_function(&format!("updates/{count} together"), |bencher| {
            bencher.iter_batched(
                || (full.clone(), events.clone()),
                |(mut model, events)| (model.handle_all(NOW, events), model),
                BatchSize::LargeInput,
            );
        });
    }
    // Nothing fits: the longest search.
    let (fresh, mut poor) = (model(1_000), offers(1_000));
    for offer in &mut poor {
        offer.free.disk_mb = 0.0;
    }
    criterion.bench_function("offers/1000 offers, 1000 wanted, none fits", |bencher| {
        bencher.iter_batched(
            || (fresh.clone(), Event::Offers(poor.clone())),
            |(mut model, event)| (model.step(NOW, event), model),
            BatchSize::LargeInput,
        );
    });
}

fn take(criterion: &mut Criterion) {
    let offer = mesos_offer();
    let gathered = Pool::from_offers(&[&offer], &["*"], &[]);
    let want = Want { cpus: 1.0, mem_mb: 512.0, disk_mb: 512.0 };
    let ports = [31000, 31001, 31002, 31003, 31004, 31010, 31011, 31012, 31013];
    criterion.bench_function("pool/take", |bencher| {
        bencher.iter_batched(
            || gathered.clone(),
            |mut pool| (pool.take(&want, &ports).unwrap(), pool),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, rounds, take);
criterion_main!(benches);
