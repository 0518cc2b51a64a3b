//! Each recording of a real Mesos against this cluster.

use std::time::Duration;

use super::compare::Ids;
use super::replay::{Offers, Replay};
use crate::boot::Boot;

async fn nothing(_: &Boot, _: &Ids, _: &str) {}

#[tokio::test]
async fn lifecycle() {
    let package = tempfile::tempdir().unwrap();
    let file = package.path().join("hello.tar.gz");
    let encoder = flate2::write::GzEncoder::new(
        std::fs::File::create(&file).unwrap(),
        flate2::Compression::fast(),
    );
    let mut archive = tar::Builder::new(encoder);
    let mut header = tar::Header::new_gnu();
    header.set_size(6);
    header.set_mode(0o644);
    archive.append_data(&mut header, "hello.txt", &b"hello\n"[..]).unwrap();
    archive.into_inner().unwrap().finish().unwrap();
    let mut replay = Replay::start(&[]).await;
    let recorded = "/sandbox/pkg/hello.tar.gz".to_owned();
    replay.texts.push((recorded, file.to_str().unwrap().to_owned()));
    replay.play("01-lifecycle", nothing).await;
}

#[tokio::test]
async fn call_errors() {
    Replay::start(&[]).await.play("02-call-errors", nothing).await;
}

#[tokio::test]
async fn takeover() {
    Replay::start(&["--ack-retry-ms", "300"]).await.play("03-takeover", nothing).await;
}

#[tokio::test]
async fn tasks_that_fail() {
    let mut replay = Replay::start(&["--users", "root"]).await;
    replay.offers = Offers::Held;
    replay.play("04-tasks-that-fail", nothing).await;
}

#[tokio::test]
async fn operator_and_files() {
    let mut replay = Replay::start(&[]).await;
    // Flags are this cluster's own; other frameworks and tasks of the recording are not there, and neither is a
    // resource monitor.
    replay.ignored = vec![
        "cluster",
        "flags",
        "framework_ids",
        "completed_frameworks",
        "completed_executors",
        "completed_tasks",
        "statistics",
        "unreachable_tasks",
    ];
    replay.play("05-operator-and-files", nothing).await;
}

#[tokio::test]
async fn offers_over_time() {
    let mut replay = Replay::start(&[]).await;
    replay.offers = Offers::Counted;
    // Two heartbeats of 15 s are waited for below with a shorter interval.
    replay.boot.sim.with(|cluster| {
        let mut settings = (*cluster.settings).clone();
        settings.heartbeat = Duration::from_millis(300);
        for seat in &mut cluster.masters {
            seat.master.settings = std::sync::Arc::new(settings.clone());
        }
    });
    replay.play("06-offers-over-time", nothing).await;
}

#[tokio::test]
async fn leader_and_redirect() {
    let mut replay =
        Replay::start(&["--masters", "2", "--agents", "2", "--reregister-ms", "50"]).await;
    let deeds = async |boot: &Boot, _: &Ids, note: &str| {
        if note.contains("killed with SIGKILL") {
            boot.sim.with(|cluster| cluster.stop_master(0, false));
        } else if note.starts_with("children of /mesos now") {
            boot.elect_without_zookeeper();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    replay.play("07-leader-and-redirect", deeds).await;
}

#[tokio::test]
async fn agent_lost_and_back() {
    let mut replay = Replay::start(&["--agents", "2", "--agent-ping-timeout-ms", "300"]).await;
    let deeds = async |boot: &Boot, ids: &Ids, note: &str| {
        // The recording's lost agent is its S1.
        let lost = boot.sim.with(|cluster| {
            let of = |id: &str| ids.recorded(id).is_some_and(|recorded| recorded.ends_with("-S1"));
            cluster.agents.iter().find(|a| a.id.as_deref().is_some_and(of)).map(|a| a.index)
        });
        let body = serde_json::json!({ "agent": lost });
        if note.contains("killed with SIGKILL") {
            crate::control::lose_agent(boot, &body).unwrap();
        } else if note.contains("started again") {
            boot.start_agent(lost.unwrap()).await.unwrap();
        }
    };
    replay.play("08-agent-lost-and-back", deeds).await;
}

#[tokio::test]
async fn heron_topology_is_left_and_taken_back() {
    // Without Heron at hand its containers are no processes here.
    let mut replay = Replay::start(&["--fake-tasks"]).await;
    replay.play("09-heron-topology", nothing).await;
    replay.play("10-heron-topology-killed", nothing).await;
}
