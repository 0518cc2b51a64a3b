//! What each verb of the table is given.

use heron_cli::verbs::definition;

use super::planted::text;
use super::world::World;

/// Every command that there is, by its words: `kill`, `config context add`.
fn leaves() -> Vec<String> {
    let mut leaves = Vec::new();
    let mut ways: Vec<(String, clap::Command)> = vec![(String::new(), definition())];
    while let Some((words, command)) = ways.pop() {
        let below: Vec<_> = command.get_subcommands().cloned().collect();
        if below.is_empty() {
            leaves.push(words.trim_start().to_owned());
        }
        ways.extend(
            below.into_iter().map(|below| (format!("{words} {}", below.get_name()), below)),
        );
    }
    leaves
}

/// Never ends by itself; it connects as `restart` does.
const ENDLESS: &str = "supervise";

/// A command line for every verb, in an order in which one can follow the other; `file` is a topology's.
///
/// # Panics
/// If a verb of the table is not here.
pub fn life(world: &World, file: &str) -> Vec<Vec<String>> {
    let here = world.env.directory.path();
    let at = &world.store.address;
    // It redirects to another server.
    let web = format!(
        "http://me:{}@{at}/moved/planted.defn?sig={}",
        text("topology-password"),
        text("topology-query")
    );
    let binary = format!("--topology-binary={}", here.join("topologies.pex").display());
    let made = here.join("made.conf").display().to_string();
    let own = world.env.config.display().to_string();
    let man = here.join("man").display().to_string();
    let lines: Vec<Vec<&str>> = vec![
        vec!["submit", file, "--dry-run"],
        vec!["submit", &web, &binary, "--dry-run"],
        vec!["submit", &web, &binary],
        vec!["diff", &web, &binary],
        vec!["list"],
        vec!["status", "planted"],
        vec!["wait", "planted", "--for", "running"],
        vec!["logs", "planted"],
        vec!["events", "planted"],
        vec!["doctor"],
        vec!["check", "fetch", "--topology", "planted"],
        vec!["deactivate", "planted"],
        vec!["activate", "planted"],
        vec!["restart", "planted", "1"],
        vec!["update", "planted", "--container-number=2", "--dry-run"],
        vec!["update", "planted", "--container-number=2"],
        vec!["update", "planted", "--runtime-config=a.b:c"],
        vec!["submit", "--replace", &web, &binary],
        vec!["rollback", "planted"],
        vec!["config", "show", "--origin", "--include-overridden", "--defaults"],
        vec!["config", "get", "heron.mesos.master.uri"],
        vec!["config", "get", "heron.core.release.uri"],
        vec!["config", "get", "heron.uploader.http.uri"],
        vec!["config", "get", "heron.uploader.s3.access_key"],
        vec!["config", "get", "heron.uploader.s3.secret_key"],
        vec!["config", "get", "heron.uploader.s3.proxy_uri"],
        vec!["config", "get", "heron.uploader.command.upload"],
        vec!["config", "check"],
        vec!["config", "keys", "secret"],
        vec![
            "config",
            "init",
            &made,
            "--force",
            "--zookeeper=h:1",
            "--root=/x",
            "--master=h:1",
            "--core=http://h/x",
            "--packages=/x",
        ],
        vec!["config", "convert", &own],
        vec!["config", "context", "add", "another", "--force"],
        vec!["config", "context", "list"],
        vec!["config", "context", "show", "planted"],
        vec!["config", "context", "use", "planted"],
        vec!["config", "context", "remove", "another"],
        vec!["version"],
        vec!["classpath"],
        vec!["completions", "bash"],
        vec!["explain", "failed"],
        vec!["man", &man],
        vec!["kill", "planted"],
    ];
    for leaf in leaves().into_iter().filter(|leaf| leaf != ENDLESS) {
        let words: Vec<&str> = leaf.split(' ').collect();
        assert!(lines.iter().any(|line| line.starts_with(&words)), "`{leaf}` is not in the list");
    }
    let owned = |line: Vec<&str>| line.into_iter().map(str::to_owned).collect();
    lines.into_iter().map(owned).collect()
}
