//! `check fetch`: good packages, every way in which one can be bad, and nothing left behind.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::environment::{Ran, TestEnv, TestOptions, signal};

/// A web server with the env's core package under these names; what begins with `slow` is never answered. Counts requests.
fn serve(env: &TestEnv, names: &[&str]) -> (String, Arc<AtomicUsize>) {
    let directory = env.directory.path().join("web");
    std::fs::create_dir_all(&directory).unwrap();
    for name in names {
        std::fs::copy(env.core.trim_start_matches("file://"), directory.join(name)).unwrap();
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let mut words = request.split_whitespace();
            let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or("/"));
            let path = path.trim_start_matches('/').split('?').next().unwrap_or_default();
            if path.starts_with("slow") {
                held.push(stream);
                continue;
            }
            counted.fetch_add(usize::from(method == "GET"), Ordering::SeqCst);
            let (status, content) = match std::fs::read(directory.join(path)) {
                Ok(content) => ("200 OK", content),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                content.len()
            );
            let _ = stream.write_all(head.as_bytes());
            if method != "HEAD" {
                let _ = stream.write_all(&content);
            }
        }
    });
    (format!("http://{address}"), count)
}

fn core_property(uri: &str) -> String {
    format!("--config-property=heron.core.release.uri={uri}")
}

/// The one fetch of a check on one agent, which must end with this code.
fn only(env: &TestEnv, uri: &str, code: i32) -> Value {
    let property = core_property(uri);
    let ran = env.run(&["check", "fetch", &property, "-o", "json", "--timeout", "60s"]);
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["good"], code == 0);
    assert_eq!(document["agents"].as_array().unwrap().len(), 1);
    document["agents"][0]["fetches"][0].clone()
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < limit, "{what} does not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn assert_no_framework(env: &TestEnv) {
    assert_eq!(env.cluster.state()["frameworks"], json!([]));
    assert_eq!(env.cluster.live_tasks(), Vec::<Value>::new());
}

fn tar_of(path: &Path, files: &[(&str, &str, u32)]) {
    let file = std::fs::File::create(path).unwrap();
    let mut tar =
        tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast()));
    for (name, content, mode) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(*mode);
        header.set_cksum();
        tar.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
}

#[test]
fn every_agent_fetches_what_is_there() {
    let env = TestEnv::new();
    let ran = env.ok(&["check", "fetch", "--all-agents"]);
    assert_eq!(ran.stdout.matches("  good  ").count(), 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("0.20.5"), "{}", ran.stdout);

    let document = env.json(&["check", "fetch", "--all-agents"]);
    assert_eq!(document["good"], true);
    assert_eq!(document["release"]["source"], "package");
    let agents = document["agents"].as_array().unwrap();
    assert_eq!(agents.len(), 3);
    let size = std::fs::metadata(env.core.trim_start_matches("file://")).unwrap().len();
    for agent in agents {
        let fetched = &agent["fetches"][0];
        assert_eq!(fetched["result"], "good");
        assert_eq!(fetched["bytes"], size);
        assert_eq!(fetched["release"], "0.20.5");
        assert!(fetched["seconds"].as_f64().is_some());
    }
    let id = agents[1]["agent_id"].as_str().unwrap();
    let one = env.json(&["check", "fetch", "--agent", id]);
    assert_eq!(one["agents"].as_array().unwrap().len(), 1);
    assert_eq!(one["agents"][0]["agent_id"], id);
    assert_eq!(env.run(&["check", "fetch", "--agent", "nobody"]).code, 5);
    assert_no_framework(&env);
}

#[test]
fn ports_that_connections_may_take_are_warned_of() {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
    let first: u16 = range.split_whitespace().next().unwrap().parse().unwrap();
    let cluster = |from: u16| {
        let ports = format!("[{from}-{}]", from + 29);
        ["--agents", "1", "--ports", &ports].map(str::to_owned).to_vec()
    };
    let checked = |from: u16| {
        let env = TestEnv::with(&TestOptions { cluster: cluster(from), ..TestOptions::default() });
        let ran = env.ok(&["check", "fetch"]);
        let document = env.json(&["check", "fetch"]);
        (ran.stdout, document["agents"][0]["warnings"].as_array().unwrap().clone())
    };
    let (text, warnings) = checked(first - 10);
    assert!(text.contains("20 of the 30 ports that it offers"), "{text}");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let (text, warnings) = checked(first - 100);
    assert!(!text.contains("ports that it offers") && warnings.is_empty(), "{text}");
}

#[test]
fn a_topologys_package_is_fetched_too() {
    let env = TestEnv::new();
    let file = env.topology("fetched", 1);
    env.ok(&["submit", &file]);
    let running = env.json(&["check", "fetch", "--topology", "fetched"]);
    let fetches = running["agents"][0]["fetches"].as_array().unwrap();
    assert_eq!(fetches.len(), 2, "{running}");
    assert_eq!((&fetches[1]["kind"], &fetches[1]["result"]), (&json!("topology"), &json!("good")));
    let package = fetches[1]["uri"].as_str().unwrap();
    // A package that can't be fetched does not keep the others from being looked at.
    let words =
        ["check", "fetch", "--topology-package", "file:///no/such/topology.tar.gz", "-o", "json"];
    let ran = env.run(&words);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let fetches = &document["agents"][0]["fetches"];
    assert_eq!((&fetches[0]["result"], &fetches[1]["result"]), (&json!("good"), &json!("failed")));
    // The two taken for each other.
    let property = core_property(package);
    let swapped =
        env.run(&["check", "fetch", &property, "--topology-package", &env.core, "-o", "json"]);
    assert_eq!(swapped.code, 1, "{}", swapped.stderr);
    let document: Value = serde_json::from_str(&swapped.stdout).unwrap();
    for fetched in document["agents"][0]["fetches"].as_array().unwrap() {
        assert_eq!(fetched["result"], "wrong_layout", "{fetched}");
    }
    env.ok(&["kill", "fetched"]);
    assert_eq!(env.run(&["check", "fetch", "--topology", "fetched"]).code, 5);
    assert_no_framework(&env);
}

#[test]
fn a_package_that_can_not_be_fetched_is_told_in_the_fetchers_words() {
    let env = TestEnv::new();
    let (server, _) = serve(&env, &[]);
    let missing = only(&env, &format!("{server}/none.tar.gz"), 1);
    assert_eq!(missing["result"], "failed");
    assert!(missing["problem"].as_str().unwrap().contains("404"), "{missing}");

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = only(&env, &format!("http://{closed}/heron-core.tar.gz"), 1);
    assert_eq!(refused["result"], "failed");
    assert!(refused["problem"].as_str().unwrap().contains("refused"), "{refused}");

    let unknown = only(&env, "hdfs://namenode/heron-core.tar.gz", 1);
    assert!(unknown["problem"].as_str().unwrap().contains("hdfs://namenode"), "{unknown}");

    let good = std::fs::read(env.core.trim_start_matches("file://")).unwrap();
    std::fs::write(env.directory.path().join("web/cut.tar.gz"), &good[..good.len() / 2]).unwrap();
    let cut = only(&env, &format!("{server}/cut.tar.gz"), 1);
    assert_eq!(cut["result"], "failed");
    assert!(cut["problem"].as_str().unwrap().contains("extract"), "{cut}");
    assert_no_framework(&env);
}

#[test]
fn a_package_that_is_not_as_it_must_be_is_told() {
    let env = TestEnv::new();
    let path = env.directory.path().join("other.tar.gz");
    tar_of(&path, &[("heron/bin/heron-executor", "x", 0o755)]);
    let uri = format!("file://{}", path.display());
    let other = only(&env, &uri, 1);
    assert_eq!(other["result"], "wrong_layout");
    assert!(other["problem"].as_str().unwrap().contains("heron,"), "{other}");
    let missing = other["missing"].as_array().unwrap();
    assert!(missing.contains(&json!("heron-core/bin/heron-executor")), "{other}");
    assert!(missing.contains(&json!("heron-core/lib/instance")), "{other}");

    tar_of(&path, &[("heron-core/bin/heron-executor", "x", 0o644)]);
    let plain = only(&env, &uri, 1);
    let missing = plain["missing"][0].as_str().unwrap();
    assert_eq!(missing, "heron-core/bin/heron-executor (it may not be run)");

    let property = "--config-property=heron.release.version=0.17.8";
    let ran = env.run(&["check", "fetch", property]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    // 0.17.8 wants a heron-tmaster.
    assert!(ran.stdout.contains("heron-core/bin/heron-tmaster"), "{}", ran.stdout);
    let property = "--config-property=heron.release.version=0.20.3";
    let ran = env.run(&["check", "fetch", property]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("set heron.release.version to 0.20.5"), "{}", ran.stdout);
    assert_no_framework(&env);
}

#[test]
fn a_core_without_the_name_of_an_archive_is_unpacked() {
    let env = TestEnv::new();
    let (server, _) = serve(&env, &["release"]);
    for name in ["release", "release?version=0.20.5"] {
        let uri = format!("{server}/{name}");
        let fetched = only(&env, &uri, 0);
        assert_eq!((&fetched["result"], &fetched["uri"]), (&json!("good"), &json!(uri)));
    }
    let file = env.topology("nameless", 1);
    let property = core_property(&format!("{server}/release"));
    let submitted = env.json(&["submit", &file, &property]);
    assert_eq!(submitted["release"]["source"], "package");
    env.ok(&["kill", "nameless"]);
    env.assert_nothing_left("nameless");
}

#[test]
fn a_core_with_a_version_is_fetched_once_per_agent() {
    let env = TestEnv::with(&TestOptions {
        cluster: vec!["--agents".into(), "1".into()],
        ..TestOptions::default()
    });
    let (server, count) = serve(&env, &["heron-core-0.20.5.tar.gz", "heron-core.tar.gz"]);
    let file = env.topology("cached", 2);
    let release = "--config-property=heron.release.version=0.20.5";
    // Three containers each.
    for (name, fetches) in [("heron-core-0.20.5.tar.gz", 1..=3), ("heron-core.tar.gz", 3..=3)] {
        let property = core_property(&format!("{server}/{name}"));
        count.store(0, Ordering::SeqCst);
        env.ok(&["submit", &file, &property, release]);
        assert!(fetches.contains(&count.load(Ordering::SeqCst)), "{name}: {count:?}");
        env.ok(&["kill", "cached"]);
        count.store(0, Ordering::SeqCst);
        let fetched = env.json(&["check", "fetch", "--cached", &property, release]);
        let versioned = name.contains("0.20.5");
        assert_eq!(count.load(Ordering::SeqCst), usize::from(!versioned), "{name}");
        // What comes out of the cache leaves no archive in the sandbox.
        assert_eq!(fetched["agents"][0]["fetches"][0]["bytes"].is_null(), versioned, "{fetched}");
        env.ok(&["check", "fetch", &property, release]);
        assert!(count.load(Ordering::SeqCst) >= 1, "a check fetches anew unless told otherwise");
    }
}

#[test]
fn a_full_agent_is_explained() {
    let env = TestEnv::with(&TestOptions {
        cluster: "--agents 2 --cpus 3 --mem 3000".split(' ').map(str::to_owned).collect(),
        ..TestOptions::default()
    });
    let file = env.topology("filler", 1);
    env.ok(&["submit", &file]);
    let words =
        ["check", "fetch", "--all-agents", "--mem", "2600", "--timeout", "8s", "-o", "json"];
    let ran = env.run(&words);
    assert_eq!(ran.code, 11, "{}\n{}", ran.stdout, ran.stderr);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let why = document["agents"].as_array().unwrap().iter().map(|agent| &agent["fetches"][0]);
    let without: Vec<&Value> = why.filter(|fetched| fetched["result"] == "no_offer").collect();
    assert!(!without.is_empty(), "{document}");
    for fetched in without {
        assert!(fetched["problem"].as_str().unwrap().contains("mem"), "{fetched}");
    }
    let ran = env.run(&["check", "fetch", "--cpus", "100", "--timeout", "4s"]);
    assert_eq!(ran.code, 11, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("cpus (100 wanted"), "{}", ran.stdout);
    env.ok(&["kill", "filler"]);
    assert_no_framework(&env);
}

/// A check that hangs in fetching on one agent.
fn hanging(env: &TestEnv, server: &str, timeout: &str) -> Child {
    let property = core_property(&format!("{server}/slow.tar.gz"));
    let release = "--config-property=heron.release.version=0.20.5";
    let words = ["check", "fetch", &property, release, "--timeout", timeout, "-o", "json"];
    let child = env.start(&words);
    eventually("the launch", || env.cluster.live_tasks().len() == 1);
    child
}

#[test]
fn whatever_ends_a_check_nothing_of_it_stays() {
    let env = TestEnv::new();
    let (server, _) = serve(&env, &[]);
    let timed_out = Ran::from(hanging(&env, &server, "3s").wait_with_output().unwrap());
    assert_eq!(timed_out.code, 9, "{}", timed_out.stderr);
    let document: Value = serde_json::from_str(&timed_out.stdout).unwrap();
    assert_eq!(document["agents"][0]["fetches"][0]["result"], "timed_out");
    assert_no_framework(&env);

    let child = hanging(&env, &server, "60s");
    signal(&child, nix::sys::signal::Signal::SIGINT);
    let interrupted = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(interrupted.code, 130, "{}", interrupted.stderr);
    assert!(interrupted.stdout.contains("nothing of the check is left"), "{}", interrupted.stdout);
    assert_no_framework(&env);

    let child = hanging(&env, &server, "60s");
    signal(&child, nix::sys::signal::Signal::SIGKILL);
    assert_eq!(child.wait_with_output().unwrap().status.signal(), Some(9));
    eventually("the end of the framework", || env.cluster.state()["frameworks"] == json!([]));
    assert_no_framework(&env);

    let child = hanging(&env, &server, "60s");
    env.cluster.control("/drop-stream", &json!({}));
    let dropped = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(dropped.code, 7, "{}\n{}", dropped.stdout, dropped.stderr);
    assert_no_framework(&env);
}

#[test]
fn an_agent_that_is_lost_meanwhile_is_told() {
    let env = TestEnv::with(&TestOptions {
        cluster: "--agents 1 --agent-ping-timeout-ms 300".split(' ').map(str::to_owned).collect(),
        ..TestOptions::default()
    });
    let (server, _) = serve(&env, &[]);
    let child = hanging(&env, &server, "60s");
    env.cluster.control("/lose-agent", &json!({ "agent": 0 }));
    let lost = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(lost.code, 1, "{}\n{}", lost.stdout, lost.stderr);
    let document: Value = serde_json::from_str(&lost.stdout).unwrap();
    assert_eq!(document["agents"][0]["fetches"][0]["result"], "agent_lost", "{document}");
    assert_eq!(env.cluster.state()["frameworks"], json!([]));
}
