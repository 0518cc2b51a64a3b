use super::*;

const INTERVAL: &str = "heron.streammgr.client.reconnect.tmanager.interval.sec";
const ATTEMPTS: &str = "heron.streammgr.client.reconnect.tmanager.max.attempts";

/// How soon instances look for their stream manager.
const INSTANCES: &str = "heron.instance.reconnect.streammgr.interval.sec: 1\nheron.instance.reconnect.streammgr.times: 300\n";

fn conf(release: &str) -> HeronConf {
    HeronConf {
        release: Release::parse(release).unwrap(),
        zookeeper: "zk1:2181,zk2:2181/chroot".to_owned(),
        root: "/heron".to_owned(),
        logging_directory: "log-files".to_owned(),
        java_home: "/usr/lib/jvm/default-java".to_owned(),
        core_uri: "http://files/heron-core.tar.gz".to_owned(),
        packing_class: "RoundRobinPacking".to_owned(),
        build_user: "heron".to_owned(),
        release_yaml: None,
        own: BTreeMap::new(),
        overrides: Vec::new(),
    }
}

fn with_own(name: &str, text: &str) -> HeronConf {
    let own = BTreeMap::from([(name.to_owned(), text.as_bytes().to_vec())]);
    HeronConf { own, ..conf("0.20.5") }
}

fn text(conf: &HeronConf, name: &str) -> String {
    String::from_utf8(conf.files().unwrap().remove(name).unwrap()).unwrap()
}

fn parsed(conf: &HeronConf, name: &str) -> Map<String, Value> {
    yaml::read(name, text(conf, name).as_bytes()).unwrap()
}

fn recorded(name: &str) -> Map<String, Value> {
    let path = format!("{}/tests/data/yaml-0.20.5-mesos/{name}", env!("CARGO_MANIFEST_DIR"));
    yaml::read(name, &std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn what_the_runtime_reads_is_what_heron_ships() {
    for name in ["heron_internals.yaml", "metrics_sinks.yaml", "stateful.yaml", "packing.yaml"] {
        let mut expected = recorded(name);
        if name == INTERNALS {
            // A shorter pause of updates; tried for as long.
            expected.insert(INTERVAL.to_owned(), 1.into());
            expected.insert(ATTEMPTS.to_owned(), 300.into());
            expected.insert("heron.instance.reconnect.streammgr.interval.sec".to_owned(), 1.into());
            expected.insert("heron.instance.reconnect.streammgr.times".to_owned(), 300.into());
        }
        assert!(!expected.is_empty());
        assert_eq!(parsed(&conf("0.20.5"), name), expected, "{name}");
        // The class may be given in full, and with the package of another era.
        let packing_class = "com.twitter.heron.scheduler.util.RoundRobinPacking".to_owned();
        assert_eq!(parsed(&HeronConf { packing_class, ..conf("0.20.5") }, name), expected);
    }
}

#[test]
fn every_file_of_the_directory_is_there_and_a_map() {
    let names: Vec<String> = conf("0.20.5").files().unwrap().into_keys().collect();
    assert_eq!(
        names,
        [
            "client.yaml",
            "heron_internals.yaml",
            "metrics_sinks.yaml",
            "override.yaml",
            "packing.yaml",
            "release.yaml",
            "scheduler.yaml",
            "stateful.yaml",
            "statemgr.yaml",
            "uploader.yaml"
        ]
    );
    for (name, bytes) in conf("0.20.5").files().unwrap() {
        yaml::read(&name, &bytes).unwrap();
    }
    assert_eq!(text(&conf("0.20.5"), "override.yaml"), "{}\n");
}

#[test]
fn the_state_manager_is_the_one_of_the_release() {
    let class = |release: &str| {
        let map = parsed(&conf(release), "statemgr.yaml");
        assert_eq!(map[STATE_CONNECTION], "zk1:2181,zk2:2181/chroot");
        assert_eq!(map[STATE_ROOT], "/heron");
        map[STATE_CLASS].as_str().unwrap().to_owned()
    };
    let suffix = "heron.statemgr.zookeeper.curator.CuratorStateManager";
    assert_eq!(class("0.20.5"), format!("org.apache.{suffix}"));
    assert_eq!(class("0.17.8"), format!("com.twitter.{suffix}"));
}

#[test]
fn state_in_files_has_its_own_state_manager() {
    let local = HeronConf { zookeeper: "LOCALMODE".to_owned(), ..conf("0.20.5") };
    let map = parsed(&local, "statemgr.yaml");
    assert_eq!(map[STATE_CLASS], "org.apache.heron.statemgr.localfs.LocalFileSystemStateManager");
    assert_eq!(map.len(), 3);
}

#[test]
fn packing_classes_are_those_of_the_release() {
    let class = "com.twitter.heron.packing.binpacking.FirstFitDecreasingPacking";
    let conf = HeronConf { packing_class: class.to_owned(), ..conf("0.20.5") };
    assert_eq!(
        parsed(&conf, "packing.yaml")["heron.class.packing.algorithm"],
        "org.apache.heron.packing.binpacking.FirstFitDecreasingPacking"
    );
}

#[test]
fn old_releases_get_their_own_names() {
    let old = conf("0.17.8");
    let internals = parsed(&old, "heron_internals.yaml");
    assert_eq!(internals["heron.tmaster.network.master.options.maximum.packet.mb"], 16);
    assert!(internals.keys().all(|key| !key.contains("tmanager")));
    let sinks = parsed(&old, "metrics_sinks.yaml");
    assert_eq!(sinks["sinks"][1], "tmaster-sink");
    let sink = &sinks["tmaster-sink"];
    assert_eq!(sink["class"], "com.twitter.heron.metricsmgr.sink.tmaster.TMasterSink");
    assert_eq!(sink["tmaster-client"]["reconnect-interval-second"], 5);
    assert_eq!(parsed(&conf("0.20.2"), "metrics_sinks.yaml")["sinks"][1], "tmaster-sink");
    let first = parsed(&conf("0.14.0"), "metrics_sinks.yaml");
    assert_eq!(first["sinks"], serde_json::json!(["file-sink", "tmaster-sink"]));
}

#[test]
fn files_of_the_user_win_but_the_state_manager_agrees_with_ours() {
    let own = "heron.logging.directory: own\n";
    let packed = text(&with_own(INTERNALS, own), INTERNALS);
    assert_eq!(packed, format!("{own}{INSTANCES}{INTERVAL}: 1\n{ATTEMPTS}: 300\n"));
    assert_eq!(text(&with_own("sub/any.txt", "x"), "sub/any.txt"), "x");

    let own = "heron.class.state.manager: org.apache.heron.statemgr.localfs.LocalFileSystemStateManager\n\
        heron.statemgr.connection.string: LOCALMODE\n\
        heron.statemgr.root.path: ${HOME}/x/${NO_SUCH}\n\
        heron.statemgr.zookeeper.retry.count: 3\nheron.statemgr.flag: True\n";
    let map = parsed(&with_own("statemgr.yaml", own), "statemgr.yaml");
    assert_eq!(
        serde_json::to_string(&map).unwrap(),
        r#"{"heron.class.state.manager":"org.apache.heron.statemgr.zookeeper.curator.CuratorStateManager","heron.statemgr.connection.string":"zk1:2181,zk2:2181/chroot","heron.statemgr.root.path":"/heron","heron.statemgr.zookeeper.retry.count":3,"heron.statemgr.flag":true}"#
    );
}

#[test]
fn stream_managers_look_for_their_tmanager_soon_unless_the_user_says_otherwise() {
    let packed = |own: &str| text(&with_own(INTERNALS, own), INTERNALS);
    let shipped = format!("# as shipped\n{INTERVAL}: 10 # seconds\na.b: 1\n{ATTEMPTS}: 30");
    let sooner = format!("# as shipped\n{INTERVAL}: 1\na.b: 1\n{ATTEMPTS}: 300\n{INSTANCES}");
    assert_eq!(packed(&shipped), sooner);
    let own = [
        format!("{INTERVAL}: 5\n{ATTEMPTS}: 30\n"),
        format!("{INTERVAL}: 10\n{ATTEMPTS}: 31\n"),
        format!("{ATTEMPTS}: 60\n"),
    ];
    for own in own {
        assert_eq!(packed(&own), format!("{own}{INSTANCES}"));
    }
    for own in [format!("\"{INTERVAL}\": 10\n"), "- no map\n".to_owned()] {
        assert_eq!(packed(&own), own);
    }
    let old = HeronConf {
        own: BTreeMap::from([(INTERNALS.to_owned(), b"a.b: 1\n".to_vec())]),
        ..conf("0.17.8")
    };
    let old = parsed(&old, INTERNALS);
    assert_eq!(old["heron.streammgr.client.reconnect.tmaster.interval.sec"], 1);
}

#[test]
fn what_the_executor_could_not_read_is_an_error() {
    let mut token = conf("0.20.5");
    token.root = "/heron/${ROLE}".to_owned();
    let error = token.files().unwrap_err();
    assert_eq!(
        error.to_string(),
        "heron.statemgr.root.path is \"/heron/${ROLE}\": heron-executor knows only ${HOME}, \
         ${CLUSTER} and ${JAVA_HOME} in statemgr.yaml"
    );
    token.root = "/heron/${CLUSTER}".to_owned();
    assert!(token.files().is_ok());
    for name in ["statemgr.yaml", "override.yaml"] {
        let error = with_own(name, "- a list").files().unwrap_err();
        assert!(error.to_string().starts_with(name), "{error}");
    }
    let release = HeronConf { release_yaml: Some(b"[".to_vec()), ..conf("0.20.5") };
    assert!(release.files().is_err());
}

#[test]
fn overrides_are_typed_and_only_for_the_containers() {
    let pairs = [
        ("heron.logging.maximum.files", "7"),
        ("heron.flag", "true"),
        ("heron.text", "a: b"),
        ("heron.statemgr.root.path", "/elsewhere"),
        ("heron.mesos.master.uri", "zk://user:password@host/mesos"),
        ("heron.uploader.http.uri", "http://user:password@host/"),
        ("heron.some.secret_key", "hidden"),
        ("heron.some.url", "http://user:hidden@host/"),
        ("cluster", "x"),
    ];
    let overrides =
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let own = BTreeMap::from([(
        "override.yaml".to_owned(),
        b"heron.logging.maximum.files: 3\nheron.own: x\n".to_vec(),
    )]);
    let conf = HeronConf { own, overrides, ..conf("0.20.5") };
    assert_eq!(
        text(&conf, "override.yaml"),
        "heron.flag: true\nheron.logging.maximum.files: 7\nheron.own: \"x\"\nheron.text: \"a: b\"\n"
    );
    let left_out: Vec<String> = conf.left_out().iter().map(ToString::to_string).collect();
    assert_eq!(left_out, ["heron.some.secret_key (a secret)", "heron.some.url (a secret)"]);
}
