//! Secrets that are planted everywhere where they belong, and where they don't, are used and are seen nowhere: not in what
//! is printed, with -vvv, in text and JSON, when all goes well and when it doesn't; nor in znodes, packages, files that are
//! left, command lines of processes, and what Mesos is told.
//!
//! The secrets are in one table (`planted`), the verbs are those of the table of verbs (`life`). A secret that nothing has
//! used proves nothing, and fails the test as one that is seen does.

mod life;
mod planted;
mod processes;
mod signatures;
mod stores;
mod wire;
mod world;

use std::io::Read as _;
use std::process::Stdio;

use heron_cli::net::zookeeper::Scheme;
use heron_cli::verbs::{self, Work};

use crate::shelf::Fault;
use planted::{Group, text};
use world::World;

/// Words with flags in front of them.
fn with<'a>(flags: &[&'a str], words: &'a [String]) -> Vec<&'a str> {
    flags.iter().copied().chain(words.iter().map(String::as_str)).collect()
}

fn strs(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

fn borrowed<'a>(variables: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    variables.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Every verb, as it should go; and servers that refuse who has other secrets.
fn a_life(scheme: Scheme, format: &str) {
    let world = World::new(scheme);
    let variables = stores::variables();
    let variables = borrowed(&variables);
    let file = world.env.topology("planted", 1);
    world.shelf.put("planted.defn", std::fs::read(&file).unwrap());
    let everything = stores::everything(&world);
    let flags: Vec<&str> = ["-vvv", format].into_iter().chain(strs(&everything)).collect();
    let lines = life::life(&world, &file);
    for line in &lines {
        if line[0] == "kill" {
            world.look_around();
        }
        world.ok(&with(&flags, line), &variables);
    }
    world.look_around();
    let [mesos, zookeeper] = wrong_secrets(&world);
    world.denied("mesos-secret", &[&flags[..], &[&mesos, "check", "fetch"]].concat());
    if scheme == Scheme::Sasl {
        world.denied("zookeeper-sasl", &[&flags[..], &[&zookeeper, "list"]].concat());
    }
    world.assert_kept(&[Group::Cluster, Group::Topology]);
}

/// Flags for a principal's secret, and for a user of ZooKeeper, that are others than the right ones.
fn wrong_secrets(world: &World) -> [String; 2] {
    [("heron.mesos.secret.file", "wrong"), ("heron.statemgr.zookeeper.auth.file", "heron:wrong")]
        .map(|(key, text)| format!("--config-property={key}={}", world.secret(key, text)))
}

#[test]
fn no_verb_shows_a_secret_in_text() {
    a_life(Scheme::Sasl, "-otext");
}

#[test]
fn no_verb_shows_a_secret_in_json() {
    a_life(Scheme::Digest, "-ojson");
}

#[test]
fn no_store_shows_a_secret() {
    let world = World::new(Scheme::Digest);
    let file = world.env.topology("planted", 1);
    let mut stores = stores::all(&world);
    let mut null = None;
    while let Some(store) = null.take().or_else(|| (!stores.is_empty()).then(|| stores.remove(0))) {
        let mut variables = stores::variables();
        variables.extend(store.variables.clone());
        variables.push(("HERON_LOG", "trace".to_owned()));
        let traced = borrowed(&variables);
        let quiet = &traced[..traced.len() - 1];
        let flags = strs(&store.flags);
        let submit = ["submit".to_owned(), file.clone()];
        if store.uploads {
            world.shelf.fault(Some(Fault::Echoes));
            for format in ["-ojson", "-otext"] {
                let flags: Vec<&str> = [&flags[..], &["-vvv", format]].concat();
                let ran = world.run(&with(&flags, &submit), &traced);
                let refuses = !matches!(store.name, "command");
                assert!(ran.code != 0 || !refuses, "{}: {}", store.name, ran.stderr);
            }
            world.shelf.fault(None);
        }
        let told = [&with(&flags, &submit)[..], &["-vvv", "-ojson", "--dry-run"]].concat();
        world.ok(&told, quiet);
        let ran = world.run(&with(&[&flags[..], &["-vvv"]].concat(), &submit), quiet);
        assert_eq!(ran.code, 0, "{}: {}", store.name, ran.stderr);
        let killed = [&flags[..], &["-vvv", "-ojson"]].concat();
        let mut kill = vec!["kill".to_owned(), "planted".to_owned()];
        // This one's package is there for the store that finds it there.
        let is_found = store.name == "http-password";
        kill.extend(is_found.then(|| "--keep-package".to_owned()));
        world.ok(&with(&killed, &kill), &traced);
        if is_found {
            null = Some(stores::null(&world));
        }
    }
    redirected(&world, &file);
    world.look_around();
    world.assert_kept(&[Group::Store]);
}

/// What would carry credentials to another server does not go there.
fn redirected(world: &World, file: &str) {
    let header = text("http-authorization");
    let header = world.secret("header", &format!("Bearer {header}"));
    let flags = [
        format!("--config-property=heron.uploader.http.uri=http://{}/moved", world.store.address),
        format!("--config-property=heron.uploader.http.authorization.file={header}"),
        "--config-property=heron.class.uploader=HttpUploader".to_owned(),
    ];
    for format in ["-ojson", "-otext"] {
        let flags = [&strs(&flags)[..], &["-vvv", format]].concat();
        let ran = world.run(&with(&flags, &["submit".to_owned(), file.to_owned()]), &[]);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(ran.code == 1 && said.contains("it redirects to"), "{said}");
    }
}

/// A configuration with secrets where none belong.
fn misplaced(world: &World) -> String {
    let own = std::fs::read_to_string(&world.env.config).unwrap();
    let lines = [
        format!("zk.connection.string: heron:{}@127.0.0.1:2181", text("state-password")),
        format!("heron.mesos.master.uri: http://mesos:{}@127.0.0.1:1", text("master-password")),
        format!("heron.core.release.uri: http://core:{}@127.0.0.1:1/x", text("core-password")),
        format!("heron.package.topology.uri: http://p:{}@127.0.0.1:1", text("package-password")),
        format!(
            "heron.uploader.hdfs.topologies.directory.uri: s3a://key:{}@bucket/x",
            text("hadoop-password")
        ),
        format!("heron.uploader.s3.uri: http://key:{}@127.0.0.1:1", text("endpoint-password")),
        "heron.uploader.s3.bucket: packages".to_owned(),
    ];
    world.secret("misplaced.conf", &format!("{own}{}", lines.join("\n")))
}

#[test]
fn no_failure_shows_a_secret() {
    let world = World::new(Scheme::Sasl);
    let variables = stores::variables();
    let variables = borrowed(&variables);
    let file = world.env.topology("planted", 1);
    world.shelf.put("planted.defn", std::fs::read(&file).unwrap());
    let everything = stores::everything(&world);
    let misplaced = misplaced(&world);
    let property = |key: &str, value: &str| format!("--config-property={key}={value}");
    let uploader = |name: &str| property("heron.class.uploader", name);
    let misplaced = format!("--config-file={misplaced}");
    // Each way to fail: its flags, and whether verbs feel it that use neither cluster nor configuration.
    let ways = [
        (vec!["--nonsense".to_owned()], true),
        (vec![misplaced.clone(), uploader("HdfsUploader")], false),
        (vec![misplaced, uploader("S3Uploader")], false),
        (wrong_secrets(&world).to_vec(), false),
        (
            vec![
                property("heron.statemgr.client.connection.string", "127.0.0.1:1"),
                property("heron.mesos.master.uri", "127.0.0.1:1"),
                "--timeout=1s".to_owned(),
            ],
            false,
        ),
    ];
    for line in life::life(&world, &file) {
        let argv = std::iter::once("heron-cli".to_owned()).chain(line.iter().cloned());
        let parsed = verbs::parse(argv.map(Into::into)).unwrap();
        let in_cluster = matches!(parsed.cli.command.verb().unwrap().work, Work::Cluster(..));
        for (way, felt) in &ways {
            for format in ["-ojson", "-otext"] {
                let flags = [&strs(&everything)[..], &strs(way), &["-vvv", format]].concat();
                let words = with(&flags, &line);
                let ran = world.run(&words, &variables);
                assert!(ran.code != 0 || !(*felt || in_cluster), "{words:?}: {}", ran.stdout);
            }
        }
    }
    mistyped(&world);
    unfetched(&world, &file, &everything);
    world.look_around();
    world.assert_kept(&[Group::Refused]);
}

/// What was typed is quoted to say what is wrong with it.
fn mistyped(world: &World) {
    let (password, query) = (text("topology-password"), text("topology-query"));
    let url = format!("http://me:{password}@{}/x.jar?sig={query}", world.store.address);
    let flag = format!("--nonsense={url}");
    let lines: [&[&str]; 8] = [
        &["submit", &url, "Class", "--dry-rn"],
        &["submit", &url],
        &["list", &flag],
        &["kill", &url, "b", "c"],
        &["restart", "t", &url],
        &["status", "a/b/c/d", &url],
        &["config", "get", &url],
        &["config", "context", "use", &url],
    ];
    for words in lines {
        for format in ["-ojson", "-otext"] {
            let ran = world.run(&[&["-vvv", format], words].concat(), &[]);
            assert!(matches!(ran.code, 2 | 3), "{words:?}: {}", ran.stderr);
        }
    }
}

/// Agents that can't fetch say so, with the address, in logs that are quoted.
fn unfetched(world: &World, file: &str, everything: &[String]) {
    let gone = format!(
        "--config-property=heron.core.release.uri=http://{}/files/gone.tar.gz?X-Amz-Signature={}",
        world.store.address,
        text("core-query")
    );
    for format in ["-ojson", "-otext"] {
        let flags = [&strs(everything)[..], &[&gone, "-vvv", format]].concat();
        for words in [vec!["submit", file], vec!["check", "fetch"]] {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            let ran = world.run(&with(&flags, &words), &[]);
            let said = format!("{}{}", ran.stdout, ran.stderr);
            assert!(ran.code == 1 && said.contains("gone.tar.gz"), "{words:?}: {said}");
        }
    }
}

/// `config convert` prints the file that it is given; a terminal doesn't get the secrets in it.
#[test]
fn a_converted_file_shows_no_secret_on_a_terminal() {
    let world = World::new(Scheme::Digest);
    let config = world.env.config.display().to_string();
    let converted = world.run(&["config", "convert", &config], &[]).stdout;
    let secret = text("election-password");
    assert!(converted.contains(&secret), "it is no file any more: {converted}");
    let pty = nix::pty::openpty(None, None).unwrap();
    let mut command = world.env.command(&["config", "convert", &config]);
    let mut child = command.stdout(pty.slave).stderr(Stdio::null()).spawn().unwrap();
    // The terminal's own side of the program's end must be closed, or the end would never be seen.
    drop(command);
    let (mut said, mut terminal) = (Vec::new(), std::fs::File::from(pty.master));
    let mut bytes = [0; 1024];
    while let Ok(count @ 1..) = terminal.read(&mut bytes) {
        said.extend_from_slice(&bytes[..count]);
    }
    assert!(child.wait().unwrap().success());
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("zk://********@") && !said.contains(&secret), "{said}");
}
