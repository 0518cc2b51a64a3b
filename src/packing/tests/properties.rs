//! What holds for every plan, whatever the topology.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::packing::*;

const GIB: i64 = 1 << 30;

/// Those of the last release, and the one of 2015.
fn algorithms() -> impl Iterator<Item = Algorithm> {
    Algorithm::ALL.into_iter().chain([Algorithm::RoundRobin2015])
}

/// Whether an algorithm deals instances out in turn, and anew for every change.
fn is_round_robin(algorithm: Algorithm) -> bool {
    use Algorithm::{RoundRobin, RoundRobin2015, RoundRobinV2};
    matches!(algorithm, RoundRobin | RoundRobinV2 | RoundRobin2015)
}

fn component(name: String, parallelism: i32) -> Component {
    Component { name, kind: ComponentKind::Bolt, parallelism, config: Settings::new() }
}

fn input(parallelism: &[i32], config: &[(&str, String)]) -> PackingInput {
    let names = (0..).map(|i| format!("component-{i}"));
    PackingInput {
        topology_id: "t1".to_owned(),
        components: names.zip(parallelism).map(|(name, n)| component(name, *n)).collect(),
        config: config.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        defaults: Defaults::default(),
    }
}

/// Topologies as people write them, some with settings that some algorithm can't follow.
fn inputs() -> impl Strategy<Value = PackingInput> {
    const SIZES: [i64; 9] = [192, 256, 300, 512, 1000, 1024, 1500, 2048, 4096];
    const CPUS: [f64; 8] = [0.1, 0.2, 0.25, 0.3, 0.5, 1.0, 1.5, 2.0];
    let component = (
        1..12_i32,
        prop::option::of(prop::sample::select(SIZES.to_vec())),
        prop::option::of(prop::sample::select(CPUS.to_vec())),
    );
    let container = (
        1..14_i32,
        prop::option::of(prop::sample::select(&[4_i64, 6, 8, 11, 20, 40][..])),
        prop::option::of(prop::sample::select(&[4.0, 5.5, 10.0, 30.0][..])),
        1..30_i32,
    );
    (prop::collection::vec(component, 1..10), container).prop_map(|(components, container)| {
        let parallelism: Vec<i32> = components.iter().map(|(n, ..)| *n).collect();
        let (stmgrs, ram, cpu, max) = container;
        let mut config = vec![
            ("topology.stmgrs", stmgrs.to_string()),
            ("topology.container.max.instances", max.to_string()),
        ];
        config.extend(ram.map(|ram| ("topology.container.ram", (ram * GIB).to_string())));
        config.extend(cpu.map(|cpu| ("topology.container.cpu", cpu.to_string())));
        let entry = |i: usize, text: String| format!("component-{i}:{text},");
        let rams = components.iter().enumerate();
        let rams = rams.filter_map(|(i, (_, mb, _))| Some(entry(i, ((*mb)? << 20).to_string())));
        let rams: String = rams.collect();
        let cpus = components.iter().enumerate();
        let cpus: String =
            cpus.filter_map(|(i, (_, _, cpu))| Some(entry(i, (*cpu)?.to_string()))).collect();
        config.push(("topology.component.rammap", rams));
        config.push(("topology.component.cpumap", cpus));
        input(&parallelism, &config)
    })
}

fn wanted(input: &PackingInput) -> BTreeMap<&str, usize> {
    let counts =
        input.components.iter().map(|c| (c.name.as_str(), usize::try_from(c.parallelism).unwrap()));
    counts.collect()
}

/// Containers and indices as they must be in any plan; task ids without gaps only in a new one.
fn assert_sound(plan: &PackingPlan, counts: &BTreeMap<&str, usize>, new: bool) {
    assert_eq!(plan.component_counts(), *counts);
    let mut tasks: Vec<i32> = Vec::new();
    let mut indices: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for container in &plan.containers {
        assert!(!container.instances.is_empty(), "container {} is empty", container.id);
        for instance in &container.instances {
            tasks.push(instance.task_id);
            indices.entry(&instance.component).or_default().push(instance.component_index);
        }
    }
    tasks.sort_unstable();
    if new {
        assert!(tasks.iter().copied().eq(1..=i32::try_from(tasks.len()).unwrap()), "{tasks:?}");
    }
    assert!(tasks.windows(2).all(|pair| pair[0] < pair[1]), "{tasks:?}");
    for mut indices in indices.into_values() {
        indices.sort_unstable();
        assert!(indices.windows(2).all(|pair| pair[0] < pair[1]), "{indices:?}");
        if new {
            assert_eq!(indices.first().copied(), Some(0));
            assert_eq!(indices.last().copied(), i32::try_from(indices.len() - 1).ok());
        }
    }
    let ids: Vec<i32> = plan.containers.iter().map(|container| container.id).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]) && ids[0] >= 1, "{ids:?}");
    assert!(!new || ids.iter().copied().eq(1..=i32::try_from(ids.len()).unwrap()), "{ids:?}");
}

fn sum(container: &ContainerPlan) -> Size {
    let none = Size::default();
    container.instances.iter().map(|i| i.resource).fold(none, |a, b| Size {
        cpu: a.cpu + b.cpu,
        ram: a.ram + b.ram,
        disk: a.disk + b.disk,
    })
}

/// No container over its limits, where the algorithm has limits.
fn assert_within(algorithm: Algorithm, input: &PackingInput, plan: &PackingPlan) {
    let hint = |key: &str| input.setting(key).and_then(|text| text.parse::<f64>().ok());
    for container in &plan.containers {
        let used = sum(container);
        match algorithm {
            Algorithm::RoundRobin | Algorithm::RoundRobinV2 => {
                let ram = hint("topology.container.ram").unwrap_or(f64::INFINITY);
                let cpu = hint("topology.container.cpu").unwrap_or(f64::INFINITY);
                // Shares of RAM are rounded up by at most half a byte each.
                let rounded = container.instances.len() as f64;
                assert!(
                    used.ram as f64 <= ram + rounded && used.cpu <= cpu + 1e-9,
                    "{container:?}"
                );
                assert!(container.required.ram as f64 <= ram, "{container:?}");
            }
            // Cores were not counted then: what a configuration says of a container counts as it stands.
            Algorithm::RoundRobin2015 => {
                assert!(used.ram <= container.required.ram, "{container:?}");
                assert!(used.disk <= container.required.disk, "{container:?}");
                let ram = hint("topology.container.ram").unwrap_or(f64::INFINITY);
                assert!(container.required.ram as f64 <= ram, "{container:?}");
            }
            Algorithm::ResourceCompliantRoundRobin | Algorithm::FirstFitDecreasing => {
                let max = input.count("topology.container.max.instances").unwrap().unwrap_or(10);
                let capacity = Size {
                    cpu: hint("topology.container.cpu").unwrap_or(f64::from(max)),
                    ram: input
                        .bytes("topology.container.ram")
                        .unwrap()
                        .unwrap_or(i64::from(max) * GIB),
                    disk: i64::from(max) * GIB,
                };
                assert!(used.ram + GIB.max(capacity.ram / 10) <= capacity.ram, "{container:?}");
                assert!(used.disk + GIB.max(capacity.disk / 10) <= capacity.disk, "{container:?}");
                let padding = (capacity.cpu / 10.0).max(1.0);
                assert!(used.cpu + padding <= capacity.cpu + 1e-9, "{container:?}");
                let counted = algorithm == Algorithm::FirstFitDecreasing;
                assert!(
                    !counted || container.instances.len() <= usize::try_from(max).unwrap(),
                    "{container:?}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn plans_are_sound_and_within_limits(input in inputs()) {
        for algorithm in algorithms() {
            let plan = pack(algorithm, &input);
            prop_assert_eq!(&plan, &pack(algorithm, &input), "stable");
            let Ok(plan) = plan else { continue };
            assert_sound(&plan, &wanted(&input), true);
            assert_within(algorithm, &input, &plan);
            let message = crate::proto::system::PackingPlan::from(&plan);
            prop_assert_eq!(&PackingPlan::try_from(&message), &Ok(plan.clone()));
            prop_assert_eq!(plan.reread(), plan);
        }
    }

    #[test]
    fn repacked_plans_have_what_was_asked_for(input in inputs(), change in prop::collection::vec(0..20_i32, 1..4)) {
        for algorithm in algorithms() {
            let Ok(current) = pack(algorithm, &input) else { continue };
            let names = input.components.iter().map(|component| component.name.clone());
            let requested: Vec<_> = names.zip(change.iter().copied()).collect();
            let plan = repack(algorithm, &current, &input, &requested, None);
            prop_assert_eq!(&plan, &repack(algorithm, &current, &input, &requested, None), "stable");
            let Ok(plan) = plan else { continue };
            let mut counts = wanted(&input);
            for (name, count) in &requested {
                counts.insert(name, usize::try_from(*count).unwrap());
            }
            counts.retain(|_, count| *count > 0);
            assert_sound(&plan, &counts, is_round_robin(algorithm));
            assert_within(algorithm, &input, &plan);
            if !is_round_robin(algorithm) {
                assert_others_stay(&current, &plan, &requested);
            }
        }
    }

    /// What an update stores and reads back is where the next one starts from: there it changes nothing.
    #[test]
    fn what_was_asked_for_is_not_asked_for_twice(input in inputs(), change in prop::collection::vec(1..20_i32, 1..4)) {
        for algorithm in algorithms() {
            let Ok(current) = pack(algorithm, &input) else { continue };
            let names = input.components.iter().map(|component| component.name.clone());
            let requested: Vec<_> = names.zip(change.iter().copied()).collect();
            let Ok(plan) = repack(algorithm, &current, &input, &requested, None) else { continue };
            let message = crate::proto::system::PackingPlan::from(&plan);
            let stored = PackingPlan::try_from(&message).unwrap();
            prop_assert_eq!(&stored, &plan);
            prop_assert!(difference(&plan, &stored).iter().all(|one| one.change == difference::ContainerChange::Unaffected));
            if !is_round_robin(algorithm) {
                let again = repack(algorithm, &stored, &input, &requested, None);
                let same = again == Err(PackingError::NothingToChange) || again.as_ref() == Ok(&plan);
                prop_assert!(same, "{}: {:?}", algorithm, again);
            }
        }
    }

    #[test]
    fn containers_are_as_many_as_asked_for(input in inputs(), containers in 1..12_i32) {
        for algorithm in algorithms() {
            let Ok(current) = pack(algorithm, &input) else { continue };
            let plan = repack(algorithm, &current, &input, &[], Some(containers));
            prop_assert_eq!(&plan, &repack(algorithm, &current, &input, &[], Some(containers)), "stable");
            if !is_round_robin(algorithm) {
                let refused = matches!(plan, Err(PackingError::ContainerCountUnsupported { .. }));
                prop_assert!(refused, "{:?}", plan);
                continue;
            }
            let Ok(plan) = plan else { continue };
            assert_sound(&plan, &wanted(&input), true);
            assert_within(algorithm, &input, &plan);
            if usize::try_from(containers) != Ok(current.container_count()) {
                prop_assert_eq!(usize::try_from(containers), Ok(plan.container_count()));
            }
        }
    }

    #[test]
    fn no_setting_makes_it_panic(
        key in prop::sample::select(&KEYS[..]),
        value in prop_oneof![
            "\\PC*",
            "[-+0-9eE.:, a-c]{0,12}",
            "(component-[0-4]:[-0-9.]{1,20},?){1,3}",
            prop::sample::select(&EXTREMES[..]).prop_map(str::to_owned),
            prop::sample::select(&EXTREMES[..]).prop_map(|n| format!("component-0:{n}")),
        ],
        parallelism in prop::collection::vec(-2..9_i32, 0..4),
    ) {
        let input = input(&parallelism, &[(key, value)]);
        for algorithm in algorithms() {
            if let Ok(plan) = pack(algorithm, &input) {
                let requested = [("component-0".to_owned(), 5)];
                for containers in [None, Some(3), Some(i32::MIN), Some(i32::MAX)] {
                    let _ = repack(algorithm, &plan, &input, &requested, containers);
                }
            }
        }
    }

    #[test]
    fn parallelism_requests_are_read_or_refused(text in "\\PC*") {
        let _ = parse_parallelism(&text);
    }
}

/// The limited algorithms don't move what isn't asked to change.
fn assert_others_stay(before: &PackingPlan, after: &PackingPlan, requested: &[(String, i32)]) {
    let shrinks = |component: &str| {
        let count = before.component_counts().get(component).copied().unwrap_or_default();
        requested.iter().any(|(name, n)| name == component && usize::try_from(*n).unwrap() < count)
    };
    for container in &before.containers {
        for instance in container.instances.iter().filter(|i| !shrinks(&i.component)) {
            let there = after.container(container.id).map(|c| c.instances.contains(instance));
            assert_eq!(there, Some(true), "{instance:?} has left container {}", container.id);
        }
    }
}

const KEYS: [&str; 17] = [
    "topology.stmgrs",
    "topology.component.rammap",
    "topology.component.cpumap",
    "topology.component.diskmap",
    "topology.container.ram",
    "topology.container.cpu",
    "topology.container.disk",
    "topology.container.ram.padding",
    "topology.container.cpu.padding",
    "topology.container.padding.percentage",
    "topology.container.max.instances",
    "topology.stmgr.ram",
    "topology.metricsmgr.ram",
    "topology.stateful.checkpointmanager.ram",
    "topology.reliability.mode",
    "topology.packing.ffd.sorting.strategy",
    "topology.component.parallelism",
];

const EXTREMES: [&str; 14] = [
    "-1",
    "0",
    "1",
    "-2147483648",
    "2147483647",
    "9223372036854775807",
    "-9223372036854775808",
    "4611686018427387904",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e308",
    "-1e308",
    "4.9e-324",
];
