//! The files of every era, as they stand, and our own.

use std::time::Duration;

use super::{problems, repository, sources};
use crate::config::engine::Engine;
use crate::config::keys;
use crate::config::load::{Sources, load};
use crate::config::problem::WarningKind;
use crate::config::settings::{Backend, Need, Uploader};
use crate::config::units::Bytes;

/// The file people really used on Mesos in 2016, as it stands.
#[test]
fn the_mesos_file_of_2016() {
    let config_path = Some(repository("tests/data/conf-2016/mesos_scheduler.conf"));
    let loader = Some("com.twitter.heron.scheduler.util.DefaultConfigLoader".to_owned());
    let overrides = Some(String::new());
    let loaded = load(&Sources { loader, config_path, overrides, ..sources() }).unwrap();
    let resolved = loaded.resolve(Need::Launch);
    let settings = resolved.settings.unwrap();
    assert_eq!(settings.engine, Engine::Mesos);
    assert_eq!(
        (settings.cluster.as_str(), settings.role.as_str(), settings.environ.as_str()),
        ("example", "vagrant", "devel")
    );
    assert_eq!(settings.state.root, "/storm/heron/cluster");
    assert_eq!(settings.state.journal_root, "/heron-mesos");
    assert_eq!(settings.state.session_timeout, Duration::from_mins(1));
    assert_eq!(settings.state.connection_timeout, Duration::from_secs(20));
    assert_eq!(settings.uploader, Uploader::Null);
    let topology = "file:///vagrant/dist/defn-tmp/topology.tar.gz";
    assert_eq!(settings.topology_uri.as_deref(), Some(topology));
    assert_eq!(settings.core_uri, "file:///vagrant/dist/ubuntu/heron-core-0.1.0-SNAPSHOT.tar.gz");
    assert_eq!(settings.sandbox.java_home, "/usr/lib/jvm/java-8-openjdk-amd64");
    assert_eq!(settings.resources.instance_ram, Bytes::mib(128));
    assert_eq!(settings.topology_config["topology.container.ram"], "1073741824");
    assert_eq!(settings.topology_config["topology.stmgr.ram"], "134217728");
    assert_eq!(settings.release.user, "heron");
    assert_eq!(settings.release.tag, "heron-core-release");
    assert_eq!(settings.release.version, "live");
    let mesos = settings.mesos.unwrap();
    assert_eq!((mesos.master.expose(), mesos.task_user.as_str()), ("master:5050", "vagrant"));
    assert!(mesos.failover_timeout > Duration::from_hours(365 * 24));
    let urgent: Vec<_> = resolved.warnings.iter().filter(|w| w.kind.is_urgent()).collect();
    assert_eq!(urgent.len(), 1, "{urgent:?}");
    assert_eq!(urgent[0].kind, WarningKind::Raised);
    assert!(resolved.warnings.iter().all(|w| w.kind != WarningKind::UnknownKey));
}

#[test]
fn the_other_files_of_2016() {
    let config_path = Some(repository("tests/data/conf-2016"));
    let loader = Some("com.twitter.heron.scheduler.aurora.AuroraConfigLoader".to_owned());
    let overrides = Some("example/vagrant/devel".to_owned());
    let loaded = load(&Sources { loader, config_path, overrides, ..sources() }).unwrap();
    let resolved = loaded.resolve(Need::Launch);
    assert!(resolved.warnings.iter().all(|w| w.kind != WarningKind::UnknownKey));
    // The null uploader needs a package, which this file doesn't name: it was Aurora's own.
    let found = problems(resolved);
    assert!(found.iter().all(|p| p.key != "heron.statemgr.connection.string"), "{found:?}");
    let settings = loaded.resolve(Need::Engine).settings.unwrap();
    assert_eq!(settings.engine, Engine::Aurora);
    assert_eq!(settings.state.backend.connection(), "master:2181");

    let config_file = Some(repository("tests/data/conf-2016/local_scheduler.conf"));
    let loaded = load(&Sources { config_file, ..sources() }).unwrap();
    let settings = loaded.resolve(Need::Launch).settings.unwrap();
    assert_eq!(settings.engine, Engine::Local);
    assert_eq!(settings.state.backend, Backend::LocalFiles);
    assert_eq!(settings.state.root, "/home/alice/.herondata/repository/state/dc");
}

/// The YAML directory of the 0.20.5 line for Mesos, as it stands.
#[test]
fn the_yaml_directory_of_the_last_release() {
    let config_path = Some(repository("tests/data/yaml-0.20.5-mesos"));
    let overrides = Some("local/bob/devel".to_owned());
    let java_home = Some("/usr/lib/jvm/java-11".to_owned());
    let loaded = load(&Sources { config_path, overrides, java_home, ..sources() }).unwrap();
    let resolved = loaded.resolve(Need::Launch);
    assert!(resolved.warnings.iter().all(|w| w.kind != WarningKind::UnknownKey));
    let settings = resolved.settings.unwrap();
    assert_eq!(settings.engine, Engine::Mesos);
    assert_eq!(settings.state.backend, Backend::LocalFiles);
    assert_eq!(settings.state.root, "/home/alice/.herondata/repository/state/local");
    assert_eq!(settings.core_uri, "file:///home/alice/.heron/dist/heron-core.tar.gz");
    assert_eq!(settings.sandbox.java_home, "/usr/lib/jvm/java-11");
    let directory = "/home/alice/.herondata/repository/topologies/local/bob/${TOPOLOGY}".to_owned();
    assert_eq!(settings.uploader, Uploader::LocalFileSystem { directory });
    assert_eq!(settings.mesos.unwrap().master.expose(), "127.0.0.1:5050");
}

fn own_conf() -> String {
    std::fs::read_to_string(repository("conf/mesos_scheduler.conf")).unwrap()
}

#[test]
fn our_own_file_is_good() {
    let config_file = Some(repository("conf/mesos_scheduler.conf"));
    let loaded = load(&Sources { config_file, ..sources() }).unwrap();
    let resolved = loaded.resolve(Need::Launch);
    let urgent: Vec<_> = resolved.warnings.iter().map(|w| w.kind).collect();
    assert!(!urgent.contains(&WarningKind::UnknownKey) && !urgent.iter().any(|k| k.is_urgent()));
    let settings = resolved.settings.unwrap();
    assert_eq!(settings.engine, Engine::Mesos);
    assert_eq!(settings.state.root, "/heron");
}

/// Every example in the file must be good too, and every default the one in the table.
#[test]
fn our_own_file_is_complete_and_true() {
    let shown = |line: &str| line.starts_with('#') && !line.starts_with("# ") && line.len() > 1;
    let uncommented: Vec<String> = own_conf()
        .lines()
        .map(|line| if shown(line) { line[1..].to_owned() } else { line.to_owned() })
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), uncommented.join("\n")).unwrap();
    let config_file = Some(file.path().to_owned());
    let loaded = load(&Sources { config_file, ..sources() }).unwrap();
    let resolved = loaded.resolve(Need::Launch);
    assert!(resolved.warnings.iter().all(|w| w.kind != WarningKind::UnknownKey));
    resolved.settings.unwrap();
    for line in own_conf().lines().filter(|line| shown(line)) {
        let (key, value) = line[1..].split_once(": ").unwrap();
        let spec = keys::lookup(key).spec().unwrap();
        assert_eq!(spec.unused, None, "{key} is advertised, but does nothing");
        if let Some(default) = spec.default {
            assert_eq!(value, default, "{key}");
        }
    }
    // Every key of the groups that Mesos users need is mentioned.
    let groups = ["State in ZooKeeper", "Mesos", "Resources and packing"];
    for group in keys::GROUPS.iter().filter(|g| groups.contains(&g.title)) {
        for spec in group.keys.iter().filter(|spec| spec.unused.is_none()) {
            let skipped =
                ["zkhost", "zkport", "zkroot", "heron.mesos.framework.zookeeper.endpoint"];
            let mentioned = loaded.config.get(spec.name).is_some();
            assert!(mentioned || skipped.contains(&spec.name), "{} is missing", spec.name);
        }
    }
}
