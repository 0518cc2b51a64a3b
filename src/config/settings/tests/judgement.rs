//! What is needed, what is refused, and what is warned about.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{GOOD, good, of_lines, problems, sources, with};
use crate::config::engine::Engine;
use crate::config::load::{Sources, load};
use crate::config::problem::{ProblemKind, Problems, WarningKind};
use crate::config::settings::{Need, Resolved, Uploader};
use crate::config::units::Bytes;

#[test]
fn little_is_needed() {
    let settings = good("");
    assert_eq!(settings.engine, Engine::Mesos);
    assert_eq!((settings.cluster.as_str(), settings.role.as_str()), ("dc", "alice"));
    assert_eq!(settings.environ, "default");
    assert_eq!(settings.state.backend.connection(), "zk1:2181,zk2:2181");
    assert_eq!(settings.state.journal_root, "/heron/frameworks");
    assert_eq!(settings.uploader, Uploader::Null);
    let mesos = settings.mesos.unwrap();
    assert_eq!((mesos.task_user.as_str(), mesos.roles), ("alice", vec!["*".to_owned()]));
    assert_eq!(mesos.failover_timeout, Duration::from_hours(87_600));
    assert_eq!(mesos.kill_grace, Duration::from_secs(10));
    assert!(!mesos.https);
    assert_eq!(settings.resources.tmanager_ram, Bytes::mib(1024));
}

#[test]
fn everything_missing_is_listed_at_once() {
    let found = problems(of_lines("heron.config.verbose_gc=true").resolve(Need::Launch));
    let keys: Vec<_> = found.iter().map(|problem| problem.key.as_str()).collect();
    let expected = [
        "heron.statemgr.connection.string",
        "heron.statemgr.root.path",
        "heron.mesos.master.uri",
        "heron.package.core.uri",
        "heron.class.uploader",
    ];
    assert_eq!(keys, expected);
    assert!(found.iter().all(|problem| problem.kind == ProblemKind::Missing));
    let mesos = found[2].to_string();
    assert!(mesos.contains("mesos.master.uri.dc.default"), "{mesos}");
}

#[test]
fn each_command_asks_for_what_it_needs() {
    let state = of_lines("zk.connection.string=a:1\nstate.root.address=/heron");
    assert!(state.resolve(Need::State).settings.unwrap().mesos.is_none());
    assert_eq!(problems(state.resolve(Need::Engine)).len(), 1);
    assert_eq!(problems(state.resolve(Need::Launch)).len(), 3);
}

#[test]
fn every_malformed_value_is_listed_with_its_place() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = "zk.connection.string: zk1\nstate.root.address: heron\n\
                instance.ram.default: lots\nheron.mesos.master.uri: zk://a:1\n\
                heron.core.release.uri: http://h/c\nheron.topology.pkg.uri: http://h/t\n\
                zk.connection.timeout.ms: 20x\n";
    std::fs::write(file.path(), text).unwrap();
    let config_file = Some(file.path().to_owned());
    let loaded = load(&Sources { config_file, ..sources() }).unwrap();
    let found = problems(loaded.resolve(Need::Launch));
    let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 5, "{shown:#?}");
    let expected = format!(
        "zk.connection.timeout.ms = \"20x\" ({}:7): expected milliseconds, or with a unit such as 30s or 2h; more than 0",
        file.path().display()
    );
    assert_eq!(shown[4], expected);
    assert!(
        Problems(found).to_string().starts_with("the configuration has 5 problems:\n  zk.conn")
    );
}

#[test]
fn only_values_that_count_are_judged() {
    let config_file = tempfile::NamedTempFile::new().unwrap();
    let text = "zk.connection.timeout.ms: bad\nzk.connection.string: bad\nstate.root.address: /h\n";
    std::fs::write(config_file.path(), text).unwrap();
    let properties = ["heron.statemgr.connection.string=a:1", "zk.connection.timeout.ms=1s"];
    let properties = properties.map(str::to_owned).to_vec();
    let config_file = Some(config_file.path().to_owned());
    let loaded = load(&Sources { config_file, properties, ..sources() }).unwrap();
    assert_eq!(problems(loaded.resolve(Need::State)), []);
}

#[test]
fn passwords_are_never_shown() {
    let resolved = with("my.password=geheim\nheron.mesos.scheme=geheim://u:geheim@h");
    let shown = format!("{resolved:?} {}", resolved.settings.as_ref().unwrap_err());
    assert!(!shown.contains("u:geheim"), "{shown}");
    let settings = good("");
    assert!(!format!("{settings:?}").contains("pa55"));
    let master = settings.mesos.unwrap().master;
    assert_eq!(master.to_string(), "zk://********@zk1:2181/mesos");
    assert_eq!(master.expose(), "zk://u:pa55@zk1:2181/mesos");
}

#[test]
fn a_short_failover_timeout_is_raised_and_a_long_one_is_kept() {
    let resolved = with("heron.mesos.framework.failover.timeout.seconds=60");
    assert!(resolved.warnings.iter().any(|warning| warning.kind == WarningKind::Raised));
    let timeout = |resolved: Resolved| resolved.settings.unwrap().mesos.unwrap().failover_timeout;
    assert_eq!(timeout(resolved), Duration::from_hours(87_600));
    let resolved = with("heron.mesos.framework.failover.timeout.seconds=2w");
    assert!(resolved.warnings.iter().all(|warning| warning.kind != WarningKind::Raised));
    assert_eq!(timeout(resolved), Duration::from_hours(336));
}

#[test]
fn the_master_of_a_cluster_counts_there_only() {
    let master = |lines: &str| good(lines).mesos.unwrap().master.expose().to_owned();
    let both =
        "dc=c1\nenviron=prod\nmesos.master.uri.c1.prod=one:5050\nmesos.master.uri.c2.prod=two:5050";
    assert_eq!(master(both), "one:5050");
    assert_eq!(master("mesos.master.uri.c1.prod=one:5050"), "zk://u:pa55@zk1:2181/mesos");
    assert_eq!(master("mesos.master.uri.dc.environ=old:5050"), "old:5050");
    let lines =
        "zk.connection.string=a:1\nstate.root.address=/h\nmesos.master.uri.c2.prod=two:5050";
    let shown = problems(of_lines(lines).resolve(Need::Engine))[0].to_string();
    assert!(shown.contains("mesos.master.uri.c2.prod (--config-property)"), "{shown}");
}

#[test]
fn engines_follow_from_classes() {
    let engine = |lines: &str| good(lines).engine;
    assert_eq!(
        engine("launcher.class=com.twitter.heron.scheduler.local.LocalLauncher"),
        Engine::Local
    );
    assert_eq!(
        engine("heron.class.scheduler=org.apache.heron.scheduler.aurora.AuroraScheduler"),
        Engine::Aurora
    );
    let null = "scheduler.class=com.twitter.heron.scheduler.util.Nullity$NullScheduler";
    assert_eq!(engine(null), Engine::Mesos);
    let yarn = problems(with("heron.class.launcher=org.apache.heron.scheduler.yarn.YarnLauncher"));
    assert_eq!(yarn[0].kind, ProblemKind::Unsupported);
    let both = problems(with("launcher.class=MesosLauncher\nscheduler.class=AuroraScheduler"));
    assert_eq!(both[0].kind, ProblemKind::Conflict);
}

#[test]
fn a_loader_that_contradicts_the_classes_is_a_conflict() {
    let properties = GOOD.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut properties: Vec<_> = properties.map(str::to_owned).collect();
    properties.push("launcher.class=AuroraLauncher".to_owned());
    let loader = Some("MesosConfigLoader".to_owned());
    let loaded = load(&Sources { loader, properties, ..sources() }).unwrap();
    assert_eq!(problems(loaded.resolve(Need::Launch))[0].kind, ProblemKind::Conflict);
}

#[test]
fn the_journal_lives_with_the_state() {
    let other = with("heron.mesos.framework.zookeeper.endpoint=other:2181");
    assert!(other.warnings.iter().any(|warning| warning.text.contains("zk1:2181")));
    let same = with("heron.mesos.framework.zookeeper.endpoint=zk2:2181,zk1:2181");
    assert!(same.warnings.is_empty(), "{:?}", same.warnings);
}

#[test]
fn topology_keys_are_carried_with_plain_numbers() {
    let settings = good("topology.container.ram=1GB\ntopology.mine= x y\nstmgr.ram.default=128MB");
    let expected = [
        ("topology.container.ram", "1073741824"),
        ("topology.mine", " x y"),
        ("topology.stmgr.ram", "134217728"),
    ];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(settings.topology_config, BTreeMap::from(expected));
}

#[test]
fn containers_get_their_tuning_and_nothing_of_ours() {
    let settings = good("heron.streammgr.cache.drain.size.mb=200\nheron.logging.directory=logs/");
    let overrides = settings.container_overrides;
    assert_eq!(overrides["heron.streammgr.cache.drain.size.mb"], "200");
    assert_eq!(overrides["heron.statemgr.root.path"], "/heron");
    assert!(!overrides.contains_key("heron.mesos.master.uri"));
    assert_eq!(settings.sandbox.logging_directory, "logs");
}

#[test]
fn slashes_at_the_end_of_the_root_are_left_out_with_a_warning() {
    let resolved =
        of_lines("zk.connection.string=a:1\nstate.root.address=/heron/").resolve(Need::State);
    assert_eq!(resolved.warnings.len(), 1);
    assert_eq!(resolved.settings.unwrap().state.root, "/heron");
}

#[test]
fn values_that_dont_count_are_warned_about() {
    let resolved =
        with("zk.connection.string=other:1\nheron.core.release.package=x\nrole=a\nrole=a");
    let found = resolved.warnings.iter().filter(|w| w.kind == WarningKind::Duplicate);
    let keys: Vec<_> = found.map(|warning| warning.key.as_deref().unwrap()).collect();
    assert_eq!(keys, ["zk.connection.string", "heron.core.release.uri"]);
}

#[test]
fn container_0_gets_what_mesos_can_give() {
    let found = problems(with("heron.mesos.tmanager.container.ram=16MB"));
    assert_eq!((found.len(), found[0].kind), (1, ProblemKind::Malformed));
}

#[test]
fn an_unknown_java_home_is_the_usual_one() {
    let resolved = with("heron.java.home.path=${JAVA_HOME}");
    assert_eq!(resolved.settings.unwrap().sandbox.java_home, "/usr/lib/jvm/default-java");
}

#[test]
fn client_yaml_may_insist_on_a_role() {
    let found = problems(with("heron.config.is.role.required=true"));
    assert_eq!((found[0].key.as_str(), found[0].kind), ("heron.config.role", ProblemKind::Missing));
    assert_eq!(good("heron.config.is.role.required=true\nrole=bob").role, "bob");
}

#[test]
fn keys_that_were_typed_are_known_or_somebody_elses() {
    let refused = |line: &str| {
        let found = problems(with(line));
        found.iter().filter(|p| p.kind == ProblemKind::UnknownKey).count() == 1
    };
    for slip in ["zk.connection.strng=x", "roel=bob", "heron.nonsense=1", "mesos.x=1", "zk.y=2"] {
        assert!(refused(slip), "{slip}");
    }
    let others = with("my.own.key=1\ntopology.mine=2\nanother.one=3");
    let told: Vec<_> =
        others.warnings.iter().filter(|warning| warning.kind == WarningKind::PassedOn).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].text.starts_with("my.own.key, another.one are no keys"), "{}", told[0].text);
    assert_eq!(others.settings.unwrap().container_overrides["my.own.key"], "1");
    // Files are never refused for them.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "zk.connection.strng: x\nheron.nonsense: 1\n").unwrap();
    let config_file = Some(file.path().to_owned());
    let properties = GOOD.lines().map(str::trim).filter(|line| !line.is_empty());
    let properties = properties.map(str::to_owned).collect();
    let loaded = load(&Sources { config_file, properties, ..sources() }).unwrap();
    let resolved = loaded.resolve(Need::Launch);
    let unknown = resolved.warnings.iter().filter(|w| w.kind == WarningKind::UnknownKey).count();
    assert_eq!((problems(resolved).len(), unknown), (0, 2));
}

#[test]
fn supervisors_get_nothing_that_is_secret() {
    let store = "heron.class.uploader=LocalFileSystemUploader";
    let base = format!("{store}\nheron.mesos.master.uri=zk://zk1:2181/mesos\n");
    let wanted = good(&format!("{base}heron.supervisor.instances=2")).supervisors;
    assert_eq!((wanted.instances, wanted.cpu, wanted.ram.get()), (2, 0.1, 32 << 20));
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().display();
    let secret = format!("{base}heron.mesos.principal=p\nheron.mesos.secret.file={path}\n");
    assert_eq!(problems(with(&secret)), []);
    let found = problems(with(&format!("{secret}heron.supervisor.instances=1")));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].reason.contains("heron.supervisor.files.directory"), "{found:?}");
    let there = "heron.supervisor.files.directory=/etc/heron";
    assert_eq!(problems(with(&format!("{secret}heron.supervisor.instances=1\n{there}"))), []);
    // The address has a password.
    assert_eq!(problems(with(store)), []);
    let found = problems(with(&format!("{store}\nheron.supervisor.instances=1")));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(!found[0].to_string().contains("pa55"), "{found:?}");
    // Nothing brings the program to the agents.
    let found =
        problems(with("heron.mesos.master.uri=zk://zk1:2181/mesos\nheron.supervisor.instances=1"));
    assert_eq!((found.len(), found[0].key.as_str()), (1, "heron.supervisor.uri"));
}

#[test]
fn names_that_upset_a_terminal_are_refused() {
    for key in ["dc", "role", "environ", "heron.mesos.task.user", "heron.config.submit_user"] {
        let found = problems(with(&format!("{key}=a\u{1b}[2Jb")));
        assert_eq!((found.len(), found[0].kind), (1, ProblemKind::Malformed), "{key}");
    }
}

#[test]
fn limits_of_nothing_are_refused() {
    let keys = [
        "zk.connection.timeout.ms",
        "heron.topology.main.timeout",
        "heron.uploader.program.time.limit.seconds",
    ];
    for key in keys {
        assert_eq!(problems(with(&format!("{key}=0"))).len(), 1, "{key}");
        assert_eq!(problems(with(&format!("{key}=1h30m"))).len(), 0, "{key}");
    }
    assert_eq!(good("heron.mesos.kill.grace.seconds=0").mesos.unwrap().kill_grace, Duration::ZERO);
}
