//! A real HDFS, by the real `hadoop`, or one that fails half-way.

use super::*;

#[test]
fn a_topology_runs_from_hdfs() {
    let directory = format!("{}/heron/topologies", hdfs());
    let env = hdfs_bed(&directory, &[]);
    let [first, second] = twice(&env, "inhdfs", |words| with_hadoop(&env, &hadoop_home(), words));
    let listed = hadoop_fs(&["-ls", "-C", &directory]).unwrap();
    let names: Vec<_> = listed.lines().collect();
    assert_eq!(names.len(), 1, "{listed}");
    assert!(names[0].starts_with(&format!("{directory}/inhdfs-")), "{listed}");
    assert!(first.contains(&format!("uploading the package to {directory}/inhdfs-")), "{first}");
    assert!(!second.contains("Deleted"), "{second}");
    // The time of the file tells that it was not written again.
    let time = hadoop_fs(&["-stat", "%Y", names[0]]).unwrap();
    let file = env.topology("inhdfs", 1);
    let home = hadoop_home();
    let ran = with_hadoop(&env, &home, &["submit", &file]).output().unwrap();
    assert!(ran.status.success());
    assert_eq!(hadoop_fs(&["-stat", "%Y", names[0]]).unwrap(), time);
    env.ok(&["kill", "inhdfs", "--keep-package"]);

    let web = HDFS.lock().unwrap().http.clone();
    let seen = http("GET", &format!("{web}/webhdfs/v1/heron/topologies?op=LISTSTATUS"), "");
    assert!(seen.contains("\"pathSuffix\":\"inhdfs-"), "{seen}");

    // The same name with another size is not the same package: it is replaced.
    std::fs::write(env.directory.path().join("short"), "short").unwrap();
    let short = env.directory.path().join("short").display().to_string();
    hadoop_fs(&["-put", "-f", &short, names[0]]).unwrap();
    let ran = with_hadoop(&env, &home, &["submit", &file]).output().unwrap();
    assert!(ran.status.success());
    assert_ne!(hadoop_fs(&["-stat", "%b", names[0]]).unwrap(), "5");
    assert_eq!(hadoop_fs(&["-ls", "-C", &directory]).unwrap().lines().count(), 1);
    let ran = Ran::from(with_hadoop(&env, &home, &["kill", "inhdfs"]).output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(hadoop_fs(&["-ls", "-C", &directory]).unwrap(), "", "{}", ran.stderr);
}

/// The same HDFS, without its client on this machine: only the agents have it.
#[test]
fn a_topology_runs_from_what_the_gateway_took() {
    let directory = format!("{}/heron/web", hdfs());
    let web = HDFS.lock().unwrap().http.clone();
    let env = hdfs_bed(&directory, &[]);
    let file = env.topology("inweb", 1);
    let webbed = |words: &[&str], core: &str| {
        let settings = [
            "heron.class.uploader=WebHdfsUploader".to_owned(),
            format!("heron.uploader.webhdfs.uri={web}/heron/web"),
            format!("heron.package.topology.uri={directory}"),
            core.to_owned(),
        ];
        let mut words = words.to_vec();
        for setting in settings.iter().filter(|setting| !setting.is_empty()) {
            words.extend(["--config-property", setting]);
        }
        env.run(&words)
    };
    // What is taken back takes its package back.
    let submit = ["submit", &file];
    let failed = webbed(&submit, "heron.core.release.uri=file:///no/such/heron-core.tar.gz");
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert!(!failed.stderr.contains("stays at"), "{}", failed.stderr);
    assert_eq!(hadoop_fs(&["-ls", "-C", &directory]).unwrap(), "");
    for known in [false, true] {
        let ran = webbed(&submit, "");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(ran.stderr.contains("has the package already"), known, "{}", ran.stderr);
        env.ok(&["kill", "inweb", "--keep-package"]);
        env.assert_nothing_left("inweb");
    }
    let listed = hadoop_fs(&["-ls", "-C", &directory]).unwrap();
    assert_eq!(listed.lines().count(), 1, "{listed}");
    // The same name with another size is not the same package: it is replaced.
    let short = env.directory.path().join("short");
    std::fs::write(&short, "short").unwrap();
    hadoop_fs(&["-put", "-f", short.to_str().unwrap(), listed.trim()]).unwrap();
    let ran = webbed(&submit, "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_ne!(hadoop_fs(&["-stat", "%b", listed.trim()]).unwrap(), "5");
    let ran = webbed(&["kill", "inweb"], "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(hadoop_fs(&["-ls", "-C", &directory]).unwrap(), "", "{}", ran.stderr);
}

#[test]
fn hdfs_that_refuses_or_is_not_there_is_told() {
    let directory = format!("{}/denied", hdfs());
    let env = hdfs_bed(&directory, &[]);
    let file = env.topology("nohdfs", 1);
    let home = hadoop_home();
    let mut command = with_hadoop(&env, &home, &["submit", &file]);
    command.env("HADOOP_USER_NAME", "nobody");
    let ran = Ran::from(command.output().unwrap());
    refused(&ran, 8, &["Permission denied: user=nobody", &directory]);

    let gone = "heron.uploader.hdfs.topologies.directory.uri=hdfs://localhost:1/x";
    let ran = with_hadoop(&env, &home, &["submit", &file, "--config-property", gone]).output();
    refused(&Ran::from(ran.unwrap()), 7, &["Connection refused", "hdfs://localhost:1/x"]);

    let unknown = "heron.uploader.hdfs.topologies.directory.uri=hdfs://no.such.host.invalid:8020/x";
    let ran = with_hadoop(&env, &home, &["submit", &file, "--config-property", unknown]).output();
    let ran = Ran::from(ran.unwrap());
    refused(&ran, 7, &["UnknownHostException"]);
    assert!(!ran.stderr.contains("Usage"), "{}", ran.stderr);

    let mut command = with_hadoop(&env, Path::new("/no/hadoop"), &["submit", &file]);
    command.env("PATH", "/no/path");
    let ran = Ran::from(command.output().unwrap());
    refused(&ran, 3, &["/no/hadoop/bin/hadoop", "no directory of PATH has hadoop", "HADOOP_HOME"]);
    env.assert_nothing_left("nohdfs");
    assert!(hadoop_fs(&["-stat", "%b", &directory]).is_err());
}

/// A client of Hadoop that does what `text` says with `-put`, and else what the real one does.
fn strange_hadoop(env: &TestEnv, text: &str) -> PathBuf {
    let home = env.directory.path().join("strange");
    let real = hadoop_home().join("bin/hadoop");
    let text = format!(
        "real={}\nif [[ \" $* \" == *\" -put \"* ]]; then\nplace=${{@: -1}}\n{text}\nfi\nexec \"$real\" \"$@\"",
        real.display()
    );
    script(&home.join("bin/hadoop"), &text);
    home
}

#[test]
fn nothing_of_a_failed_upload_stays_in_hdfs() {
    let directory = format!("{}/faults", hdfs());
    let limit = "heron.uploader.program.time.limit.seconds: 25";
    let env = hdfs_bed(&directory, &[limit]);
    let file = env.topology("halfway", 1);
    let half = "head -c 100 | \"$real\" fs -put - \"$place\"";
    for (text, code, parts) in [
        (
            "cat >/dev/null; exit 0",
            1,
            ["the store accepted the package, but", ".part is not there"],
        ),
        (&format!("{half}; exit 0"), 1, ["has 100 bytes after the upload", ".part"]),
        (
            &format!("{half}; echo 'No space left on device' >&2; exit 1"),
            1,
            ["No space left", "status 1"],
        ),
        (&format!("{half}; kill -9 $$"), 1, ["was killed by signal 9", "hadoop"]),
        (&format!("{half}; sleep 1000"), 7, ["still running after 25 s", "time.limit"]),
    ] {
        let home = strange_hadoop(&env, text);
        let ran = with_hadoop(&env, &home, &["submit", &file]).output().unwrap();
        refused(&Ran::from(ran), code, &parts);
        assert_eq!(hadoop_fs(&["-ls", "-C", &directory]).unwrap(), "", "{text}");
        env.assert_nothing_left("halfway");
    }
}

#[test]
fn an_interrupted_upload_leaves_nothing_in_hdfs() {
    let directory = format!("{}/interrupted", hdfs());
    let env = hdfs_bed(&directory, &[]);
    let file = env.topology("broken", 1);
    let mark = env.directory.path().join("began");
    let text = format!(
        "head -c 100 | \"$real\" fs -put - \"$place\"; sleep 1000 & echo $! >{0}.new; mv {0}.new {0}; wait",
        mark.display()
    );
    let home = strange_hadoop(&env, &text);
    let ran = interrupted(with_hadoop(&env, &home, &["submit", &file]), &mark);
    refused(&ran, 130, &["interrupted while uploading the package", "nothing was changed"]);
    assert_eq!(hadoop_fs(&["-ls", "-C", &directory]).unwrap(), "");
    env.assert_nothing_left("broken");
}
