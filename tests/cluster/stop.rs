//! When and how the tool ends: no task may outlive it, not even when it is killed.

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use crate::agent::tree;
use crate::boot::Boot;
use crate::options::Options;

/// Waits for a signal, the end of standard input if asked for, or the end of the parent.
pub async fn wanted(options: &Options, parent: Pid) {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut stream) => drop(stream.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    let input = async {
        if !options.stop_on_eof {
            std::future::pending::<()>().await;
        }
        // A thread of its own: a read of standard input can't be cancelled.
        let (ended, end) = tokio::sync::oneshot::channel::<()>();
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            drop(ended);
        });
        let _ = end.await;
    };
    let orphaned = async {
        while options.keep_on_parent_exit || nix::unistd::getppid() == parent {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
        () = input => {}
        () = orphaned => {}
    }
}

/// Ends all tasks, first kindly, and takes the masters' nodes out of ZooKeeper.
pub async fn everything(boot: &Boot) {
    let pids: Vec<i32> = boot.sim.with(|cluster| {
        for index in 0..cluster.masters.len() {
            cluster.stop_master(index, true);
        }
        cluster.agents.iter_mut().for_each(|agent| agent.linked = false);
        cluster.agents.iter().flat_map(crate::agent::Agent::pids).collect()
    });
    for pid in &pids {
        tree::signal(*pid, 15);
    }
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(1) && pids.iter().any(|pid| tree::alive(*pid)) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for pid in &pids {
        tree::signal(*pid, 9);
    }
    // Time for the znodes to be deleted.
    tokio::time::sleep(Duration::from_millis(if boot.zk.is_some() { 100 } else { 0 })).await;
    let _ = std::fs::remove_dir_all(boot.running_dir());
}

/// A process that kills the tasks when this one has been killed: it waits for the end of a pipe, then kills
/// every session that is named by a file.
pub fn watchdog(boot: &Boot) -> std::io::Result<Option<Child>> {
    if boot.options.fake_tasks {
        return Ok(None);
    }
    let directory = boot.running_dir();
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory)?;
    // Children first by descent, since some make sessions of their own; then the rest of the session.
    let script = r#"cat >/dev/null
        tree() { for c in $(ps -o pid= --ppid "$1"); do tree "$c"; done; kill -9 "$1" 2>/dev/null; }
        cd "$1" 2>/dev/null || exit 0
        for p in [0-9]*; do
            [ -e "$p" ] || continue
            tree "$p"
            for q in $(ps -o pid= -s "$p"); do kill -9 "$q" 2>/dev/null; done
        done"#;
    Command::new("setsid")
        .args(["/bin/sh", "-c", script, "test-cluster-watchdog"])
        .arg(&directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(Some)
}
