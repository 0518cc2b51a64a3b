//! Commands of the user's own, and uploaders that are not there.

use super::*;

fn command_bed(more: &[&str]) -> (TestEnv, PathBuf) {
    let store = tempfile::tempdir().unwrap().keep();
    let at = store.display();
    let mut config = lines([
        "heron.class.uploader: CommandUploader",
        &format!("heron.uploader.command.check: stat -c '%s bytes' {at}/{{name}}"),
        &format!("heron.uploader.command.undo: rm -f {at}/{{name}}"),
        &format!("heron.uploader.command.uri: file://{at}/{{name}}"),
    ]);
    config.extend(more.iter().map(|line| line.replace("STORE", &at.to_string())));
    (TestEnv::with(&TestOptions { config, ..TestOptions::default() }), store)
}

#[test]
fn a_topology_runs_from_what_a_command_brought() {
    let upload = r#"heron.uploader.command.upload: sh -c 'cp "$1" STORE/"$2"; echo brought to "$3"' - {file} {name} {uri}"#;
    let (env, store) = command_bed(&[upload]);
    let [first, second] = twice(&env, "bycommand", |words| env.command(words));
    let there = files(&store);
    assert_eq!(there.len(), 1, "{there:?}");
    let said = format!("brought to file://{}/{}", store.display(), there[0]);
    assert!(first.contains(&said), "{first}");
    assert!(!second.contains("brought to"), "{second}");
    let file = env.topology("bycommand", 1);
    let quiet = env.ok(&["submit", &file]);
    assert!(!quiet.stderr.contains("bytes"), "{}", quiet.stderr);
    env.ok(&["kill", "bycommand"]);
    assert_eq!(files(&store), Vec::<String>::new());

    // Without a command that removes it, it stays.
    let mut env = env;
    let at = store.display();
    env.write_config(&lines([
        "heron.class.uploader: CommandUploader",
        &upload.replace("STORE", &at.to_string()),
        &format!("heron.uploader.command.uri: file://{at}/{{name}}"),
    ]));
    env.ok(&["submit", &file]);
    let killed = env.ok(&["kill", "bycommand"]);
    assert!(killed.stderr.contains("heron.uploader.command.undo"), "{}", killed.stderr);
    assert_eq!(files(&store).len(), 1);
}

#[test]
fn commands_that_fail_hang_or_lie_are_told_and_undone() {
    let time = "heron.uploader.program.time.limit.seconds: 3";
    let (mut env, store) = command_bed(&[]);
    let file = env.topology("failing", 1);
    let at = store.display().to_string();
    let half = format!("head -c 9 {{file}} >{at}/{{name}};");
    for (text, code, part) in [
        (format!("sh -c '{half} echo out of luck >&2; exit 4'"), 1, "out of luck"),
        (format!("sh -c '{half} kill -9 $$'"), 1, "killed by signal 9"),
        (format!("sh -c '{half} sleep 1000'"), 7, "still running after 3 s"),
        (format!("sh -c '{half}'"), 1, "has 9 bytes after the upload"),
        ("true {file}".to_owned(), 1, "the store accepted the package, but file://"),
        ("no-such-program {file}".to_owned(), 3, "there is no program `no-such-program`"),
        ("/no/such/program {file}".to_owned(), 3, "/no/such/program"),
        ("cp {file} 'open".to_owned(), 3, "a quote is not closed"),
        ("cp x y".to_owned(), 3, "it has no {file}"),
    ] {
        let config = lines([
            "heron.class.uploader: CommandUploader",
            &format!("heron.uploader.command.check: stat -c %s {at}/{{name}}"),
            &format!("heron.uploader.command.undo: rm -f {at}/{{name}}"),
            &format!("heron.uploader.command.uri: file://{at}/{{name}}"),
            &format!("heron.uploader.command.upload: {text}"),
            time,
        ]);
        env.write_config(&config);
        refused(&env.run(&["submit", &file]), code, &[part]);
        assert_eq!(files(&store), Vec::<String>::new(), "{text}");
    }
    env.assert_nothing_left("failing");
}

#[test]
fn what_uploaders_need_is_asked_for_at_once() {
    let mut env = TestEnv::new();
    let file = env.topology("asked", 1);
    for (uploader, parts) in [
        ("HdfsUploader", &["heron.uploader.hdfs.topologies.directory.uri"][..]),
        ("ScpUploader", &["heron.uploader.scp.command.connection", "heron.uploader.scp.dir.path"]),
        (
            "SftpUploader",
            &["heron.uploader.sftp.command.connection", "heron.uploader.sftp.dir.path"],
        ),
        ("CommandUploader", &["heron.uploader.command.upload", "heron.uploader.command.uri"]),
        (
            "org.apache.heron.uploader.dlog.DLUploader",
            &["no Mesos agent can fetch from DistributedLog", "ScpUploader"],
        ),
        ("com.example.MyUploader", &["doesn't know this uploader", "CommandUploader"]),
    ] {
        env.write_config(&lines([&format!("heron.class.uploader: {uploader}")]));
        refused(&env.run(&["submit", &file]), 3, parts);
    }
    env.write_config(&lines([
        "heron.class.uploader: CommandUploader",
        "heron.uploader.command.upload: cp {file} /x",
        "heron.uploader.command.undo: rm /x",
        "heron.uploader.command.uri: file:///x",
    ]));
    refused(&env.run(&["submit", &file]), 3, &["it has no {name}", "heron.uploader.command.check"]);
}
