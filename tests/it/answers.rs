//! What is answered before anything is touched: dry runs, reading verbs, and exit codes by the table.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::environment::{Ran, TestEnv};

fn refused(ran: &Ran, code: i32, parts: &[&str]) {
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
    for part in parts {
        assert!(ran.stderr.contains(part), "{part:?} is not in\n{}", ran.stderr);
    }
}

#[test]
fn a_dry_run_asks_what_the_real_one_asks() {
    let mut env = TestEnv::new();
    let file = env.topology("asked", 1);
    let free = env.json(&["submit", &file, "--dry-run"]);
    assert_eq!(free["topology"]["name"], "asked");
    let text = env.ok(&["submit", &file, "--dry-run"]).stdout;
    let longest = text.lines().map(str::len).max().unwrap();
    assert!(longest < 400, "{longest} characters in a line of\n{text}");
    // What is shown of the command is the command: a shell takes the lines for one.
    let lines: Vec<&str> = text.lines().skip_while(|line| !line.contains("exec ")).collect();
    let shown: Vec<&str> = lines.iter().map(|line| line.trim_end_matches('\\')).collect();
    let command = free["containers"][0]["command"].as_str().unwrap();
    let words = shlex::split(command).unwrap();
    assert!(shlex::split(&shown.join(" ")).unwrap().starts_with(&words), "{text}");
    assert_eq!(json!(words[1..]), free["containers"][0]["argv"]);

    env.ok(&["submit", &file]);
    env.topology("asked", 2);
    let taken = env.run(&["submit", &file, "--dry-run"]);
    refused(&taken, 6, &["asked", "exists already"]);
    assert_eq!(env.run(&["submit", &file]).code, 6);
    let offline = env.ok(&["submit", &file, "--dry-run", "--offline"]);
    assert!(offline.stderr.contains("--offline"), "{}", offline.stderr);

    let large = env.topology("large", 1);
    let much = "heron.mesos.tmanager.container.ram: 1000000000000000";
    let lines: Vec<String> = vec![much.to_owned()];
    env.write_config(&lines);
    refused(&env.run(&["submit", &large, "--dry-run"]), 11, &["container 0", "mem"]);
    env.write_config(&[]);
    env.ok(&["kill", "asked"]);
}

#[test]
fn reading_verbs_find_a_topology_wherever_it_is() {
    let env = TestEnv::new();
    let file = env.topology("elsewhere", 1);
    env.ok(&["submit", "test/colleague/prod", &file]);
    let status = env.json(&["status", "elsewhere"]);
    assert_eq!(status["topology"]["role"], "colleague");
    let typed = env.ok(&["status", "test/me/prod", "elsewhere"]);
    assert!(typed.stderr.contains("is at test/colleague/prod"), "{}", typed.stderr);
    // What changes something still wants the right place.
    refused(&env.run(&["kill", "elsewhere"]), 6, &["test/colleague/prod"]);

    let names = |words: &[&str]| -> Vec<Value> {
        let listed = env.json(words);
        listed["topologies"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect()
    };
    assert_eq!(names(&["list"]), ["elsewhere"]);
    assert_eq!(names(&["list", "test/colleague"]), ["elsewhere"]);
    assert_eq!(names(&["list", "test/colleague/prod"]), ["elsewhere"]);
    assert!(names(&["list", "test/colleague/devel"]).is_empty());
    env.ok(&["kill", "test/colleague/prod", "elsewhere"]);
}

#[test]
fn what_is_typed_wrong_is_wrong_usage() {
    let env = TestEnv::new();
    refused(&env.run(&["submit", "gone.jar", "Main"]), 2, &["there is no file", "gone.jar"]);
    refused(&env.run(&["submit", "gone.defn"]), 2, &["there is no file"]);
    let file = env.topology("typed", 2);
    env.ok(&["submit", &file]);
    let update = |flags: &[&str]| {
        let mut words = vec!["update", "typed"];
        words.extend(flags);
        env.run(&words)
    };
    refused(&update(&["--component-parallelism", "nobody:2"]), 2, &["nobody"]);
    refused(&update(&["--runtime-config", "nobody:a.b:c"]), 2, &["nobody", "only "]);
    refused(&update(&["--container-number", "900"]), 2, &["packed"]);
    refused(&update(&["--container-number", "900", "--dry-run"]), 2, &["packed"]);
    env.ok(&["kill", "typed"]);
}

#[test]
fn a_user_without_a_name_must_name_a_role() {
    let env = TestEnv::new();
    let config = std::fs::read_to_string(&env.config).unwrap();
    let without: Vec<&str> = config.lines().filter(|line| !line.starts_with("role")).collect();
    std::fs::write(&env.config, without.join("\n")).unwrap();
    let programs = env.directory.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    let getent = programs.join("getent");
    let knows = |script: &str| {
        std::fs::write(&getent, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&getent, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let listed = |words: &[&str]| {
        let mut command = env.command(words);
        command.env_remove("USER").env("PATH", &programs);
        Ran::from(command.output().unwrap())
    };
    knows("exit 2");
    refused(&listed(&["list"]), 3, &["name a role", "role"]);
    assert_eq!(listed(&["list", "--config-property", "role=web"]).code, 0);
    knows("echo \"someone:x:$2:1::/:/bin/sh\"");
    assert_eq!(listed(&["list"]).code, 0);
}

#[test]
fn whoever_is_waited_for_is_named() {
    let env = TestEnv::new();
    let file = env.topology("awaited", 1);
    env.ok(&["submit", &file]);
    // A restart that finds no room holds the lease until it gives up.
    env.cluster.control("/hold-offers", &json!({}));
    let mut holder = env.command(&["restart", "awaited", "1", "--timeout", "15s"]);
    let mut holder = holder.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(holder.stderr.take().unwrap()).lines();
    said.find(|line| line.as_ref().is_ok_and(|line| line.contains("restarting"))).unwrap().unwrap();
    let waiting = env.run(&["restart", "awaited", "1", "--timeout", "3s"]);
    refused(&waiting, 9, &["waiting for restart on host", "is left to restart on host"]);
    let words = waiting.stderr.matches("waiting for restart on host").count();
    assert_eq!(words, 1, "{}", waiting.stderr);
    let _ = holder.kill();
    holder.wait().unwrap();
    env.cluster.control("/resume-offers", &json!({}));
}
