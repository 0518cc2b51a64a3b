//! Packing and repacking of topologies of 100 to 100,000 instances.
//!
//! Ten components, of which two are in the RAM map, ten instances per container. Repacking adds a tenth of the instances to
//! one component and takes half as many from another.

#![allow(clippy::panic, missing_docs, reason = "no product code; criterion makes functions")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use heron_cli::packing::{
    Algorithm, Component, ComponentKind, Defaults, PackingInput, pack, repack,
};

const SIZES: [i32; 4] = [100, 1_000, 10_000, 100_000];
const COMPONENTS: i32 = 10;

fn name(i: i32) -> String {
    format!("component-{i}")
}

fn input(instances: i32) -> PackingInput {
    let component = |i| Component {
        name: name(i),
        kind: if i == 0 { ComponentKind::Spout } else { ComponentKind::Bolt },
        parallelism: instances / COMPONENTS,
        config: Vec::new(),
    };
    let ram_map = format!("{}:536870912,{}:805306368", name(3), name(7));
    PackingInput {
        topology_id: "benchmark".to_owned(),
        components: (0..COMPONENTS).map(component).collect(),
        config: vec![
            ("topology.stmgrs".to_owned(), (instances / 10).to_string()),
            ("topology.component.rammap".to_owned(), ram_map),
        ],
        defaults: Defaults::default(),
    }
}

fn packing(criterion: &mut Criterion) {
    for algorithm in Algorithm::ALL {
        let mut group = criterion.benchmark_group(format!("pack/{algorithm}"));
        group.sample_size(20);
        for size in SIZES {
            let input = input(size);
            group.throughput(Throughput::Elements(u64::from(size.unsigned_abs())));
            group.bench_with_input(BenchmarkId::from_parameter(size), &input, |bencher, input| {
                bencher.iter(|| pack(algorithm, input));
            });
        }
    }
}

fn repacking(criterion: &mut Criterion) {
    for algorithm in Algorithm::ALL {
        let mut group = criterion.benchmark_group(format!("repack/{algorithm}"));
        group.sample_size(20);
        for size in SIZES {
            let input = input(size);
            let each = size / COMPONENTS;
            let requested = [(name(2), each * 2), (name(5), each / 2)];
            // What fails early would be fast for nothing.
            let current = match pack(algorithm, &input) {
                Ok(plan) if repack(algorithm, &plan, &input, &requested, None).is_ok() => plan,
                other => panic!("{algorithm} with {size} instances: {other:?}"),
            };
            group.throughput(Throughput::Elements(u64::from(size.unsigned_abs())));
            group.bench_with_input(BenchmarkId::from_parameter(size), &input, |bencher, input| {
                bencher.iter(|| repack(algorithm, &current, input, &requested, None));
            });
        }
    }
}

criterion_group!(benches, packing, repacking);
criterion_main!(benches);
