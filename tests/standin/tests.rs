//! The stand-in's own tests: the recordings replayed, and the whole of it run against a real ZooKeeper.
//!
//! A target of its own, so that `cargo test` builds the plain program as an example as well, which other tests run.

#![allow(dead_code, reason = "the program's entry points are not called from here")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for tests; its output is its purpose"
)]

mod conf;
mod controller;
mod core_package;
#[path = "../support/definition.rs"]
mod definition;
mod dialect;
mod executor;
mod flags;
mod http;
mod instance;
#[cfg(test)]
mod live;
mod log;
mod make_definition;
mod plan;
mod registration;
mod shell;
mod stmgr;
mod tmanager;
mod tree;
mod zk;
#[path = "../support/zookeeper.rs"]
mod zookeeper;
mod zookeeper_command;
