//! Stands in for Heron's runtime in tests and in the demo: what `heron-core` holds, in one binary.
//!
//! It acts by the name it is called with (`heron-executor`, `heron-tmanager` or `heron-tmaster`, `heron-stmgr`,
//! `heron-shell`, `heron-python-instance`), or by its first argument. It keeps the contracts that a client can see: the
//! executor's command line and sandbox, the nodes in ZooKeeper, the TManager's HTTP controller, ports, processes,
//! signals. It moves no tuples. Its source of facts is `docs/heron.md`.
//!
//! Further commands make a `heron-core.tar.gz` of it, start a ZooKeeper, and print the state tree.

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
mod log;
mod make_definition;
mod plan;
mod registration;
mod shell;
mod stmgr;
mod timeline;
mod tmanager;
mod tree;
mod zk;
#[path = "../support/zookeeper.rs"]
mod zookeeper;
mod zookeeper_command;

use std::path::Path;
use std::process::ExitCode;

/// The parts of Heron that this binary plays.
const ROLES: [&str; 6] = [
    "heron-executor",
    "heron-tmanager",
    "heron-tmaster",
    "heron-stmgr",
    "heron-shell",
    "heron-python-instance",
];

const USAGE: &str = "usage: heron-standin <command>
  heron-executor|heron-tmanager|heron-stmgr|heron-shell|heron-python-instance <flags>
                                                                  act as that part of Heron
  make-core --out DIR [--dialect 0.17.8] [--host H] [--restart-delay-ms N] [--set KEY=JSON]…
                                                                  write DIR/heron-core.tar.gz
  make-defn --name N --containers N --out FILE                    write a topology's definition
  zookeeper --data DIR [--port P]                                 run ZooKeeper until stdin ends or a signal comes
  timeline --zk HOST:PORT --root PATH --topology N [--rewrite]    when what follows a changed packing plan, as JSON
  read-tree --zk HOST:PORT [--root PATH]… [--raw-dump]            print znodes as JSON";

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let called = arguments.next().unwrap_or_default();
    let called = Path::new(&called)
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut rest: Vec<String> = arguments.collect();
    let role = if ROLES.contains(&called.as_str()) {
        called
    } else if rest.is_empty() {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    } else {
        rest.remove(0)
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("failed to start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = match role.as_str() {
        "heron-executor" => runtime.block_on(executor::run(&rest)),
        "heron-tmanager" | "heron-tmaster" => runtime.block_on(tmanager::run(&rest)),
        "heron-stmgr" => runtime.block_on(stmgr::run(&rest)),
        "heron-shell" => runtime.block_on(shell::run(&rest)),
        "heron-python-instance" => runtime.block_on(instance::run(&rest)),
        "make-core" => core_package::run(&rest),
        "make-defn" => make_definition::run(&rest),
        "timeline" => runtime.block_on(timeline::run(&rest)),
        "read-tree" => runtime.block_on(tree::run(&rest)),
        "zookeeper" => runtime.block_on(zookeeper_command::run(&rest)),
        other => {
            eprintln!("heron-standin: no such command: {other}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{role}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
