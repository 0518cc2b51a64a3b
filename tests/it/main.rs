//! End-to-end tests: the built binary against a real ZooKeeper, the simulated Mesos and the stand-in for Heron.
//!
//! What real Mesos and real Heron make of it is the matter of `tests/e2e-real`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests; those that are left out say why"
)]

mod again;
mod answers;
mod bad_days;
mod config;
mod corners;
#[path = "../support/definition.rs"]
mod definition;
mod doctor;
mod documents;
mod endings;
mod environment;
mod eras;
mod events;
mod every_message;
mod fault_proxy;
mod faults;
mod fetch;
mod files;
#[path = "../support/hdfs.rs"]
mod hdfs;
mod hints;
mod journals;
mod life;
mod logs;
mod lost_hosts;
mod mains;
mod masters;
mod offers;
mod output;
mod packages;
mod placement;
mod programs;
mod progress;
mod proxies;
mod releases;
mod replace;
mod restarts;
mod roundtrips;
#[path = "../support/schema.rs"]
mod schema;
mod secrets;
mod self_supervision;
mod shelf;
#[path = "../support/sshd.rs"]
mod sshd;
mod stores;
mod supervise;
mod tls;
mod together;
mod topologies;
mod truth;
mod update;
mod wait;
mod waiting;
mod wrong;
#[path = "../standin/zk.rs"]
#[allow(dead_code, reason = "the stand-in uses the rest")]
mod zk;
#[path = "../support/zookeeper.rs"]
mod zookeeper;
mod zookeeper_access;
mod zookeeper_silence;
mod zookeeper_tls;
