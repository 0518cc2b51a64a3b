//! `test-cluster`: simulated Mesos masters and agents in one process, a test tool that is never linked into the product
//! and shares no code with it. README.md beside this file describes the command line and the control interface;
//! `docs/mesos.md` and `tests/data/mesos` are the source of facts.

// This is a test tool: numbers are small, and one line on standard output is its interface.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::print_stdout)]
#![allow(clippy::print_stderr)]

mod agent;
mod boot;
mod cluster;
mod control;
mod election;
mod faults;
mod http;
mod log;
mod master;
mod options;
mod parse;
mod ports;
mod resources;
mod stop;
mod view;
mod wire;

#[cfg(test)]
mod tests;
#[cfg(test)]
#[path = "../support/zookeeper.rs"]
#[allow(dead_code)]
mod zookeeper;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser as _;
use serde_json::json;
use tokio::net::TcpListener;

use boot::Boot;
use cluster::Sim;
use options::Options;
use ports::Claims;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("test-cluster: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    let parent = nix::unistd::getppid();
    std::fs::create_dir_all(&options.work_dir)
        .map_err(|error| format!("can't create {}: {error}", options.work_dir.display()))?;
    let work_dir = std::fs::canonicalize(&options.work_dir).map_err(|error| error.to_string())?;
    let options = Options { work_dir, ..options };
    let zk = options.zk.as_deref().map(election::parse).transpose()?;
    let sim = Sim::new(options.settings()?, !options.no_call_log);
    let boot = Arc::new(Boot { sim: Arc::clone(&sim), options, zk });
    let watchdog = stop::watchdog(&boot).map_err(|error| format!("watchdog: {error}"))?;
    let mut claims = Claims::default();
    for index in 0..boot.options.masters.max(1) {
        boot.start_master(index).await.map_err(|error| format!("master {index}: {error}"))?;
    }
    boot.elect_without_zookeeper();
    boot.start_agents(&mut claims).await?;
    let listener = TcpListener::bind(("127.0.0.1", boot.options.control_port))
        .await
        .map_err(|error| format!("control port: {error}"))?;
    let control = listener.local_addr().map_err(|error| error.to_string())?;
    tokio::spawn(http::serve(listener, control::handler(Arc::clone(&boot))));
    tokio::spawn(allocate(Arc::clone(&sim)));
    wait_until_ready(&boot).await?;
    let mut line = json!({ "control": format!("http://{control}") });
    if let (Some(line), Some(ready)) = (line.as_object_mut(), sim.with(view::ready).as_object()) {
        line.extend(ready.clone());
    }
    println!("{line}");
    stop::wanted(&boot.options, parent).await;
    stop::everything(&boot).await;
    drop((watchdog, claims));
    Ok(())
}

/// Allocation cycles, for ever.
async fn allocate(sim: Arc<Sim>) {
    let interval = sim.with(|cluster| cluster.settings.allocation_interval);
    loop {
        tokio::time::sleep(interval).await;
        sim.with(|cluster| {
            if let Some(master) = cluster.leader() {
                let now = Instant::now();
                master.frameworks.values_mut().for_each(|f| f.expire_filters(now));
                master.allocate();
            }
        });
    }
}

async fn wait_until_ready(boot: &Boot) -> Result<(), String> {
    let started = Instant::now();
    let agents = boot.options.agents;
    while !boot.sim.with(|c| c.leader().is_some_and(|master| master.agents.len() == agents)) {
        if started.elapsed() > Duration::from_mins(1) {
            return Err("no master was elected within a minute; is ZooKeeper there?".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
