//! Algorithms by name, single rules that the vectors don't have, and large topologies.

mod properties;
mod vectors;

use super::*;

const GIB: i64 = 1 << 30;

fn input(components: &[(&str, i32)], config: &[(&str, &str)]) -> PackingInput {
    let component = |(name, parallelism): &(&str, i32)| Component {
        name: (*name).to_owned(),
        kind: ComponentKind::Spout,
        parallelism: *parallelism,
        config: Settings::new(),
    };
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    PackingInput {
        topology_id: "t1".to_owned(),
        components: components.iter().map(component).collect(),
        config: config.iter().map(own).collect(),
        defaults: Defaults::default(),
    }
}

fn ask(component: &str, count: i32) -> Vec<(String, i32)> {
    vec![(component.to_owned(), count)]
}

#[test]
fn algorithms_are_known_by_the_last_part_of_their_class() {
    for (class, algorithm) in [
        ("org.apache.heron.packing.roundrobin.RoundRobinPacking", Algorithm::RoundRobin),
        ("com.twitter.heron.packing.roundrobin.RoundRobinPacking", Algorithm::RoundRobin),
        ("com.twitter.heron.scheduler.util.RoundRobinPacking", Algorithm::RoundRobin2015),
        ("org.apache.heron.packing.roundrobin.RoundRobinPackingV2", Algorithm::RoundRobinV2),
        (
            "org.apache.heron.packing.roundrobin.ResourceCompliantRRPacking",
            Algorithm::ResourceCompliantRoundRobin,
        ),
        (
            "com.twitter.heron.packing.binpacking.FirstFitDecreasingPacking",
            Algorithm::FirstFitDecreasing,
        ),
        ("FirstFitDecreasingPacking", Algorithm::FirstFitDecreasing),
    ] {
        assert_eq!(Algorithm::from_class_name(class), Ok(algorithm), "{class}");
    }
    let error = Algorithm::from_class_name("org.example.MyPacking").unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no packing algorithm `org.example.MyPacking`; known are RoundRobinPacking, \
         RoundRobinPackingV2, ResourceCompliantRRPacking, FirstFitDecreasingPacking"
    );
}

#[test]
fn errors_name_what_to_change() {
    let packed = |components, config| {
        pack(Algorithm::RoundRobin, &input(components, config)).unwrap_err().to_string()
    };
    let error = packed(&[("word", 2)], &[("topology.stmgrs", "3")]);
    assert!(error.contains("`topology.stmgrs`") && error.contains("2 or less"), "{error}");
    let error = packed(&[("word", 2)], &[("topology.component.rammap", "work:1")]);
    assert!(error.contains("`work`") && error.contains("`word`"), "{error}");
    let error = packed(&[("word", 2)], &[("topology.container.ram", "4GB")]);
    assert!(error.contains("`4GB`") && error.contains("integer of bytes"), "{error}");
}

#[test]
fn cores_that_are_rounded_away_are_told_by_their_own_name() {
    let packed = |cpu| {
        let mut input = input(&[("word", 2)], &[("topology.stmgrs", "1")]);
        input.defaults.cpu = cpu;
        pack(Algorithm::RoundRobin, &input)
    };
    let error = packed(0.2).unwrap_err().to_string();
    assert_eq!(
        error,
        "nothing is left for the instances of container 1: Heron rounds 0.2 cores for each of 2, and 1 for itself, to 1 cores; \
         set `heron.resources.instance.cpu` to 0.25 at least, or `topology.container.cpu`"
    );
    packed(0.25).unwrap();
}

#[test]
fn the_second_round_robin_gives_defaults() {
    let config = [("topology.stmgrs", "2"), ("topology.component.rammap", "a:536870912")];
    let plan = pack(Algorithm::RoundRobinV2, &input(&[("a", 1), ("b", 2)], &config)).unwrap();
    // b has more RAM only by default: the map puts a first.
    let described: Vec<_> = plan
        .containers
        .iter()
        .map(|c| (c.id, c.required, c.instances.iter().map(|i| i.resource.ram).collect::<Vec<_>>()))
        .collect();
    let required = |cpu, ram| Size { cpu, ram, disk: 14 * GIB };
    assert_eq!(
        described,
        [
            (1, required(3.0, 3 * GIB + GIB / 2), vec![GIB / 2, GIB]),
            (2, required(2.0, 3 * GIB), vec![GIB]),
        ]
    );
}

#[test]
fn the_second_round_robin_wants_more_ram() {
    let config = [("topology.component.rammap", "a:104857600")];
    let input = input(&[("a", 1)], &config);
    assert!(pack(Algorithm::RoundRobin, &input).is_ok());
    let error = pack(Algorithm::RoundRobinV2, &input).unwrap_err();
    assert!(matches!(error, PackingError::InstanceTooSmall { .. }), "{error}");
}

#[test]
fn the_second_round_robin_refuses_what_exceeds_a_container() {
    let config = [("topology.container.ram", "2147483648")];
    let error = pack(Algorithm::RoundRobinV2, &input(&[("a", 3)], &config)).unwrap_err();
    assert!(matches!(error, PackingError::ContainerExceeded { container: 1, .. }), "{error}");
}

#[test]
fn a_typing_error_in_a_parallelism_is_told() {
    for algorithm in Algorithm::ALL {
        let error = pack(algorithm, &input(&[("a", i32::MAX)], &[])).unwrap_err();
        assert!(matches!(error, PackingError::TooManyInstances { .. }), "{algorithm}: {error}");
    }
}

#[test]
fn a_topology_without_instances_is_refused() {
    for algorithm in Algorithm::ALL {
        let error = pack(algorithm, &input(&[("a", 0)], &[])).unwrap_err();
        assert!(
            matches!(
                error,
                PackingError::NoInstances | PackingError::MoreContainersThanInstances { .. }
            ),
            "{algorithm}: {error}"
        );
    }
}

#[test]
fn of_components_of_one_name_the_last_counts() {
    let plan = pack(Algorithm::RoundRobin, &input(&[("a", 2), ("b", 1), ("a", 3)], &[])).unwrap();
    assert_eq!(plan.component_counts().into_iter().collect::<Vec<_>>(), [("a", 3), ("b", 1)]);
}

#[test]
fn requests_name_known_components_and_change_something() {
    let input = input(&[("a", 2), ("b", 2)], &[]);
    for algorithm in Algorithm::ALL {
        let plan = pack(algorithm, &input).unwrap();
        let error = repack(algorithm, &plan, &input, &ask("c", 3), None).unwrap_err();
        assert!(matches!(error, PackingError::UnknownComponentInRequest { .. }), "{error}");
        let result = repack(algorithm, &plan, &input, &ask("a", 2), None);
        match algorithm {
            Algorithm::RoundRobin | Algorithm::RoundRobinV2 => assert_eq!(result, Ok(plan)),
            _ => assert_eq!(result, Err(PackingError::NothingToChange)),
        }
    }
}

#[test]
fn the_last_instance_stays() {
    let input = input(&[("a", 2)], &[]);
    for algorithm in Algorithm::ALL {
        let plan = pack(algorithm, &input).unwrap();
        let error = repack(algorithm, &plan, &input, &ask("a", 0), None).unwrap_err();
        assert!(
            matches!(error, PackingError::NoInstances | PackingError::NoContainers { .. }),
            "{algorithm}: {error}"
        );
    }
}

/// Numbers of containers are skipped only if they can't be enough: the first that fits is found all the same.
#[test]
fn skipping_finds_what_trying_finds() {
    let rammap = "a:1610612736,b:3221225472,c:805306368,d:536870912";
    for (a, b) in [(1, 1), (7, 3), (30, 2), (13, 29)] {
        for stmgrs in ["1", "4"] {
            let config = [
                ("topology.stmgrs", stmgrs),
                ("topology.component.rammap", rammap),
                ("topology.component.cpumap", "a:0.3,b:0.7,c:1.1"),
                ("topology.container.cpu", "6.6"),
            ];
            let input = input(&[("a", a), ("b", b), ("c", 11), ("d", 17)], &config);
            let plan = pack(Algorithm::ResourceCompliantRoundRobin, &input).unwrap();
            let tried = resource_compliant::pack_by_trying(&input);
            assert_eq!(tried, Some(plan), "a {a}, b {b}, topology.stmgrs {stmgrs}");
        }
    }
}

#[test]
fn large_topologies_are_packed_and_repacked() {
    let counts = [("a", 4_000), ("b", 5_000), ("c", 1_000)];
    let input =
        input(&counts, &[("topology.stmgrs", "500"), ("topology.component.rammap", "b:536870912")]);
    for algorithm in Algorithm::ALL {
        let plan = pack(algorithm, &input).unwrap();
        assert_eq!(plan.instance_count(), 10_000, "{algorithm}");
        let more = repack(algorithm, &plan, &input, &ask("b", 8_000), None).unwrap();
        assert_eq!(more.instance_count(), 13_000, "{algorithm}");
        let fewer = repack(algorithm, &more, &input, &ask("a", 10), None).unwrap();
        assert_eq!(fewer.instance_count(), 9_010, "{algorithm}");
    }
}
