use serde_json::Value;

use super::*;
use crate::topology::definition::Definition;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/executor/");

/// The word count of `executor-command-0.20.5.txt`.
pub(crate) fn word_count(release: &str) -> ExecutorCommand {
    ExecutorCommand {
        release: Release::parse(release).unwrap(),
        layout: Layout::default(),
        topology_name: "wordcount".to_owned(),
        topology_id: "wordcount82e79bae-17cf-462c-88e0-b6e25066356b".to_owned(),
        topology_binary_file: "wordcount.pex".to_owned(),
        state_manager_connection: "127.0.0.1:2181".to_owned(),
        state_manager_root: "/heron".to_owned(),
        instance_jvm_options: String::new(),
        component_jvm_options: String::new(),
        additional_classpath: String::new(),
        component_ram: vec![("count_bolt".to_owned(), 1 << 30), ("word_spout".to_owned(), 1 << 30)],
        java_home: "/usr/lib/jvm/default-java".to_owned(),
        verbose_gc: false,
        cluster: "local".to_owned(),
        role: "root".to_owned(),
        environ: "default".to_owned(),
        metricscache_mode: "cluster".to_owned(),
        healthmgr_mode: "cluster".to_owned(),
        is_stateful: false,
        stateful_storage_classpath: String::new(),
        checkpoint_manager_ram: 1 << 30,
        instance_distribution: String::new(),
    }
}

fn ports() -> [u16; 9] {
    [7100, 7101, 7102, 7103, 7104, 7105, 7106, 7107, 7108]
}

fn flags(argv: &[String]) -> Vec<&str> {
    argv.iter().skip(1).map(|argument| argument.split('=').next().unwrap()).collect()
}

#[test]
fn the_newest_command_is_herons_own() {
    let recorded = include_str!("../../../tests/data/executor-command-0.20.5.txt");
    let expected: Vec<&str> =
        recorded.lines().skip(1).take_while(|line| !line.starts_with("###")).collect();
    assert_eq!(expected.len(), 46);
    let argv = word_count("0.20.5").argv(0, &Ports::numbers(ports())).unwrap();
    assert_eq!(argv, expected);
}

fn config<'a>(case: &'a Value, key: &str) -> &'a str {
    let entries = case["input"]["topology"]["topology_config"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["key"] == key);
    entry.map_or("", |entry| entry["value"].as_str().unwrap())
}

/// What the configuration layers make of a case; they are tested elsewhere.
fn configured(case: &Value, file: &str) -> ExecutorCommand {
    let input = &case["input"];
    let text = |key: &str| input[key].as_str().unwrap().to_owned();
    let topology = &input["topology"];
    let stateful = config(case, "topology.reliability.mode") == "EFFECTIVELY_ONCE";
    let ram = config(case, "topology.stateful.checkpointmanager.ram");
    let mut command = ExecutorCommand {
        topology_name: topology["name"].as_str().unwrap().to_owned(),
        topology_id: topology["id"].as_str().unwrap().to_owned(),
        topology_binary_file: text("topology_binary_file"),
        state_manager_connection: "LOCALMODE".to_owned(),
        state_manager_root: format!("/home/alice/.herondata/repository/state/{}", text("cluster")),
        instance_jvm_options: config(case, "topology.worker.childopts").to_owned(),
        component_jvm_options: config(case, "topology.component.jvmopts").to_owned(),
        additional_classpath: config(case, "topology.additional.classpath").to_owned(),
        component_ram: ram_map(case["expected"]["component_ram_map"].as_str().unwrap_or("a:1")),
        java_home: "/usr/lib/jvm/java-11".to_owned(),
        cluster: text("cluster"),
        role: text("role"),
        environ: text("environ"),
        metricscache_mode: "disabled".to_owned(),
        healthmgr_mode: "disabled".to_owned(),
        is_stateful: stateful,
        checkpoint_manager_ram: if ram.is_empty() { 1 << 30 } else { ram.parse().unwrap() },
        ..word_count("0.20.5")
    };
    match file {
        "021.json" => command.verbose_gc = true,
        "027.json" => {
            command.state_manager_connection = "zk1:2181,zk2:2181/chroot".to_owned();
            command.state_manager_root = "/heron/prod-8/svc_heron/prod".to_owned();
        }
        "028.json" => {
            command.layout.lib = "./heron-core/libs/v4".to_owned();
            command.layout.bin = "/srv/heron/bin".to_owned();
            command.java_home = "/usr/java/jdk-12".to_owned();
        }
        "029.json" => {
            command.metricscache_mode = "cluster".to_owned();
            command.healthmgr_mode = "cluster".to_owned();
        }
        "030.json" => {
            command.stateful_storage_classpath = "${HERON_LIB}/mystorage/*".to_owned();
        }
        "033.json" => {
            let own = "${NO_SUCH_TOKEN}/instance/*:${HERON_LIB}/x/*".to_owned();
            command.layout.own.insert(Classpath::Instance.key(), own);
            command.state_manager_root = "/home/alice/WaverageTopology323/${NOT_A_KEY}".to_owned();
        }
        "034.json" => {
            command.layout.own.insert(Classpath::HealthManager.key(), "a b /c*".to_owned());
            command.state_manager_root = "/home/alice/state".to_owned();
        }
        "035.json" => {
            command.layout.own.insert(Classpath::MetricsManager.key(), String::new());
            command.state_manager_root = String::new();
        }
        "038.json" => command.java_home = "${JAVA_HOME}".to_owned(),
        _ => {}
    }
    command
}

fn ram_map(text: &str) -> Vec<(String, u64)> {
    let entry = |entry: &str| {
        let (name, bytes) = entry.split_once(':').unwrap();
        (name.to_owned(), bytes.parse().unwrap())
    };
    text.split(',').map(entry).collect()
}

fn recorded_ports(case: &Value) -> Ports {
    let ports = &case["input"]["ports"];
    let names = [
        "server",
        "tmanager-ctl",
        "tmanager-stats",
        "shell-port",
        "metrics-mgr",
        "scheduler",
        "metrics-cache-m",
        "metrics-cache-s",
        "ckptmgr",
    ];
    let number = |text: &Value| text.as_str().unwrap_or("0").parse().unwrap();
    let debugger = ports["jvm-remote-debugger"].as_str().unwrap_or_default();
    let debugger = debugger.split_terminator(',').map(|port| port.parse().unwrap()).collect();
    Ports::Numbers { ports: names.map(|name| number(&ports[name])), debugger }
}

#[test]
fn every_recorded_command_line_is_herons_own() {
    let index: Value =
        serde_json::from_slice(&std::fs::read(format!("{DATA}index.json")).unwrap()).unwrap();
    let (mut compared, mut refused) = (0, Vec::new());
    for entry in index["cases"].as_array().unwrap() {
        let file = entry["file"].as_str().unwrap();
        let bytes = std::fs::read(format!("{DATA}{file}")).unwrap();
        let case: Value = serde_json::from_slice(&bytes).unwrap();
        let command = configured(&case, file);
        for (container, shard) in [("container_0", 0), ("container_3", 3)] {
            let Some(expected) = case["expected"][container]["argv"].as_array() else {
                continue;
            };
            let mut expected: Vec<&str> =
                expected.iter().map(|arg| arg.as_str().unwrap()).collect();
            if file == "017.json" {
                // Heron's class path for a .JAR has never worked; see `file_kind::classpath`.
                let classpath =
                    expected.iter_mut().find(|arg| arg.starts_with("--classpath=")).unwrap();
                assert_eq!(*classpath, "--classpath=libs/*:Topology.JAR.jar");
                *classpath = "--classpath=Topology.JAR";
            }
            let ports = recorded_ports(&case);
            assert_eq!(command.argv(shard, &ports).unwrap(), expected, "{file} {container}");
            compared += 1;
        }
        if case["expected"]["container_0"].is_null() {
            refused.push(file.to_owned());
        }
    }
    assert_eq!(compared, 2 * 32);
    assert_eq!(refused, ["007.json", "009.json", "016.json", "018.json", "024.json", "026.json"]);
}

/// Heron refuses these; of 007, 009 and 026 the types make it impossible to say such a thing at all.
#[test]
fn what_heron_refuses_is_refused_or_put_right() {
    let case = |file: &str| -> Value {
        serde_json::from_slice(&std::fs::read(format!("{DATA}{file}")).unwrap()).unwrap()
    };
    let no_suffix = configured(&case("018.json"), "018.json");
    let error = no_suffix.argv(0, &Ports::numbers(ports())).unwrap_err();
    assert!(matches!(error, ExecutorError::Kind(_)), "{error}");

    let tar_gz = configured(&case("016.json"), "016.json");
    let argv = tar_gz.argv(0, &Ports::numbers(ports())).unwrap();
    assert!(argv.contains(&"--pkg-type=tar".to_owned()), "{argv:?}");
    assert!(argv.contains(&"--classpath=libs/*:topology.jar".to_owned()), "{argv:?}");

    let base64 = case("024.json")["input"]["topology_defn_base64"].as_str().unwrap().to_owned();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64).unwrap();
    let error = Definition::decode(bytes).unwrap_err().to_string();
    assert!(error.contains("topology.reliability.mode is \"effectively_once\""), "{error}");
}

#[test]
fn flags_are_those_that_each_release_takes() {
    let numbers = Ports::Numbers { ports: ports(), debugger: vec![1, 2] };
    let all = |release: &str| {
        let command = ExecutorCommand { verbose_gc: true, ..word_count(release) };
        let argv = command.argv(1, &numbers).unwrap();
        flags(&argv).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    // Each step of history: what is new, what is gone.
    let history: [(&str, &[&str], &[&str]); 7] = [
        ("0.17.1", &["--jvm-remote-debugger-ports"], &[]),
        ("0.17.2", &["--state-manager-config-file"], &[]),
        ("0.17.8", &["--metricscache-manager-mode"], &[]),
        ("0.18.0", &[], &[]),
        ("0.19.0", &["--checkpoint-manager-ram"], &[]),
        (
            "0.20.3",
            &[
                "--tmanager-binary",
                "--server-port",
                "--tmanager-controller-port",
                "--tmanager-stats-port",
                "--metricscache-manager-server-port",
            ],
            &[
                "--tmaster-binary",
                "--master-port",
                "--tmaster-controller-port",
                "--tmaster-stats-port",
                "--metricscache-manager-master-port",
            ],
        ),
        ("0.20.4", &["--verbose-gc"], &[]),
    ];
    let mut before = all("0.16.4");
    assert_eq!(before.len(), 42);
    for (release, new, gone) in history {
        let now = all(release);
        let added: Vec<_> = now.iter().filter(|flag| !before.contains(flag)).collect();
        let removed: Vec<_> = before.iter().filter(|flag| !now.contains(flag)).collect();
        assert_eq!(added, new, "{release}");
        assert_eq!(removed, gone, "{release}");
        before = now;
    }
    assert_eq!(before.len(), 47);
    assert_eq!(before, all("0.20.5"));
}

#[test]
fn tmaster_releases_run_the_tmaster() {
    let argv = word_count("0.17.8").argv(0, &Ports::numbers(ports())).unwrap();
    assert!(argv.contains(&"--tmaster-binary=./heron-core/bin/heron-tmaster".to_owned()));
    assert!(argv.contains(&"--master-port=7100".to_owned()));
}

#[test]
fn positional_forms_have_as_many_arguments_as_the_executor_counts() {
    let counts = [
        ("0.14.0", 31),
        ("0.14.2", 31),
        ("0.14.3", 32),
        ("0.14.4", 31),
        ("0.14.7", 34),
        ("0.14.8", 38),
        ("0.15.0", 38),
        ("0.15.1", 40),
        ("0.15.3", 41),
        ("0.16.3", 41),
    ];
    for (release, count) in counts {
        let argv = word_count(release).argv(1, &Ports::numbers(ports())).unwrap();
        assert_eq!(argv.len() - 1, count, "{release}");
        assert!(argv.iter().skip(1).all(|argument| !argument.starts_with("--")));
    }
}

#[test]
fn the_positional_form_of_0_16_3_is_in_order() {
    let argv = word_count("0.16.3").argv(2, &Ports::numbers(ports())).unwrap();
    let expected = [
        "./heron-core/bin/heron-executor",
        "2",
        "wordcount",
        "wordcount82e79bae-17cf-462c-88e0-b6e25066356b",
        "wordcount.defn",
        "127.0.0.1:2181",
        "/heron",
        "./heron-core/bin/heron-tmaster",
        "./heron-core/bin/heron-stmgr",
        "./heron-core/lib/metricsmgr/*",
        "\"\"",
        "libs/*:wordcount.pex.jar",
        "7100",
        "7101",
        "7102",
        "./heron-conf/heron_internals.yaml",
        "./heron-conf/override.yaml",
        "count_bolt:1073741824,word_spout:1073741824",
        "\"\"",
        "pex",
        "wordcount.pex",
        "/usr/lib/jvm/default-java",
        "7103",
        "./heron-core/bin/heron-shell",
        "7104",
        "local",
        "root",
        "default",
        "./heron-core/lib/instance/*",
        "./heron-conf/metrics_sinks.yaml",
        "./heron-core/lib/scheduler/*:./heron-core/lib/packing/*:./heron-core/lib/statemgr/*",
        "7105",
        "./heron-core/bin/heron-python-instance",
        "./heron-core/lib/metricscachemgr/*",
        "7106",
        "7107",
        "false",
        "./heron-core/lib/ckptmgr/*:./heron-core/lib/statefulstorage/*:",
        "7108",
        "./heron-conf/stateful.yaml",
        "cluster",
        "./heron-core/lib/healthmgr/*",
    ];
    assert_eq!(argv, expected);
}

#[test]
fn what_a_command_line_can_not_say_is_an_error() {
    let empty = ExecutorCommand { component_ram: Vec::new(), ..word_count("0.20.5") };
    assert_eq!(empty.topology_argv(), Err(ExecutorError::NoComponents));
    let reserved = ExecutorCommand { role: "<shard>".to_owned(), ..word_count("0.20.5") };
    let error = reserved.topology_argv().unwrap_err();
    assert!(matches!(error, ExecutorError::Reserved { name: "--role", .. }), "{error}");
}
