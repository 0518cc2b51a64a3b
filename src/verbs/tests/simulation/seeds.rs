//! Worlds from seeds: fixed ones, new ones each time, and the one that is to be repeated.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use rand::Rng;
use serde_json::Value;

use super::world::{RECORD, Shared};
use crate::net::tests::simulated::set_network;
use crate::scheduler::container::ContainerRecord;

/// Lines that are shown of what happened before a failure.
const SHOWN: usize = 250;

/// What stands when a world begins: a folder of `tests/data/journal-v1`, or nothing.
pub(super) type Start = Option<&'static str>;

/// A scenario in a world, from a seed.
pub(super) struct Scenario<S, F> {
    /// The name of the test.
    pub name: &'static str,
    /// Seeds that are always tried: from 0 on.
    pub fixed: u64,
    pub start: S,
    pub happens: F,
}

impl<S: Fn(u64) -> Start, F: AsyncFn(Shared, u64)> Scenario<S, F> {
    /// Tries the fixed seeds, and one that is new each time: `HERON_SIMULATION_SEEDS` says how many instead. With
    /// `HERON_SIMULATION_SEED` that one alone.
    pub fn try_all(&self) {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        let new: u64 = rand::rng().random_range(self.fixed..u64::from(u32::MAX));
        let seeds: Vec<u64> = if let Some(seed) = number("HERON_SIMULATION_SEED") {
            vec![seed]
        } else {
            let many = number("HERON_SIMULATION_SEEDS").unwrap_or(1);
            println!("new seeds of {}: {new} and {} after it", self.name, many - 1);
            (0..self.fixed).chain(new..new + many).collect()
        };
        for seed in seeds {
            self.try_one(seed);
        }
    }

    /// What happened is shown if something is wrong with it.
    pub fn try_one(&self, seed: u64) {
        let shown: Mutex<Option<Shared>> = Mutex::default();
        let tried = catch_unwind(AssertUnwindSafe(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(async {
                let world = Shared::new(seed);
                *shown.lock().unwrap() = Some(world.clone());
                set_network(Some(Arc::new(world.clone())));
                plant(&world, (self.start)(seed));
                tokio::select! {
                    biased;
                    () = (self.happens)(world.clone(), seed) => {}
                    () = world.live() => {}
                }
            });
        }));
        set_network(None);
        let Err(why) = tried else { return };
        let world = shown.into_inner().unwrap();
        let log = world.map(|world| std::mem::take(&mut world.lock().log)).unwrap_or_default();
        eprintln!("{}", log[log.len().saturating_sub(SHOWN)..].join("\n"));
        let why = match why.downcast::<String>() {
            Ok(why) => *why,
            Err(why) => why.downcast_ref::<&str>().map(|why| (*why).to_owned()).unwrap_or_default(),
        };
        panic!(
            "{why}\nrepeat it with: HERON_SIMULATION_SEED={seed} cargo test --lib simulation::scenarios::{}",
            self.name
        );
    }
}

/// What stands in ZooKeeper, and what runs by that.
fn plant(world: &Shared, start: Start) {
    let mut world = world.lock();
    world.zk.plant("/heron", Vec::new());
    let mut agents: Vec<String> = ["more-S6", "more-S7", "more-S8"].map(str::to_owned).to_vec();
    let Some(start) = start else {
        for agent in &agents {
            world.add_agent(agent);
        }
        return;
    };
    let folder = format!("{}/tests/data/journal-v1/{start}", env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read(format!("{folder}/{name}")).unwrap();
    let index: Value = serde_json::from_slice(&read("INDEX.json")).unwrap();
    for entry in index.as_array().unwrap().iter().filter(|entry| entry["ephemeral"] == false) {
        let data = entry["file"].as_str().map(read).unwrap_or_default();
        world.zk.plant(&format!("/heron{}", entry["path"].as_str().unwrap()), data);
    }
    let mut desired = world.desired().unwrap();
    desired.framework.roles = vec!["*".to_owned(), "reserved".to_owned()];
    world.zk.plant(RECORD, serde_json::to_vec(&desired).unwrap());
    let records: Vec<ContainerRecord> = (0..8).filter_map(|id| world.record(id)).collect();
    agents.extend(records.iter().map(|record| record.host_id.as_str().to_owned()));
    agents.sort();
    agents.dedup();
    for agent in &agents {
        world.add_agent(agent);
    }
    for record in records.iter().filter(|record| !record.is_over()) {
        let wanted = desired.containers.iter().find(|wanted| wanted.id == record.id);
        let room = wanted
            .map_or([1.0, 128.0, 128.0], |wanted| [wanted.cpus, wanted.mem_mb, wanted.disk_mb]);
        world.add_task(desired.framework.id.as_str(), record, room);
    }
}
