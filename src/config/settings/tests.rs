//! Settings from the files of every era, and every problem at once.

use std::path::{Path, PathBuf};

use super::super::load::{Loaded, Sources, load};
use super::super::problem::{Problem, ProblemKind, Problems, WarningKind};
use super::*;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn sources() -> Sources {
    Sources { user: "alice".to_owned(), home: "/home/alice".to_owned(), ..Sources::default() }
}

/// A configuration of overrides alone, one line each.
fn of_lines(lines: &str) -> Loaded {
    let properties = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let properties = properties.map(str::to_owned).collect();
    load(&Sources { properties, ..sources() }).unwrap()
}

const GOOD: &str = "
    zk.connection.string=zk1:2181,zk2:2181
    state.root.address=/heron
    heron.mesos.master.uri=zk://u:pa55@zk1:2181/mesos
    heron.core.release.uri=http://host/heron-core.tar.gz
    heron.topology.pkg.uri=http://host/topology.tar.gz
";

fn with(lines: &str) -> Resolved {
    of_lines(&format!("{GOOD}{lines}")).resolve(Need::Launch)
}

fn good(lines: &str) -> Settings {
    with(lines).settings.unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(resolved: Resolved) -> Vec<Problem> {
    resolved.settings.err().map(|Problems(list)| list).unwrap_or_default()
}

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
    let found = problems(of_lines("heron.verbose=true").resolve(Need::Launch));
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
        "zk.connection.timeout.ms = \"20x\" ({}:7): expected milliseconds, or with a unit such as 30s or 2h",
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
fn uploaders_follow_from_classes() {
    let uploader = |lines: &str| good(lines).uploader;
    let null = "uploader.class=com.twitter.heron.scheduler.util.Nullity$NullUploader";
    assert_eq!(uploader(null), Uploader::Null);
    let directory = |lines: &str| match uploader(lines) {
        Uploader::LocalFileSystem { directory } => directory,
        other => panic!("{other:?}"),
    };
    let local = "heron.class.uploader=org.apache.heron.uploader.localfs.LocalFileSystemUploader";
    assert_eq!(directory(local), "/home/alice/.herondata/repository/dc/alice/${TOPOLOGY}");
    let given = "heron.uploader.localfs.file.system.directory=/mnt/x";
    assert_eq!(directory(&format!("{local}\n{given}")), "/mnt/x");
    let old = "uploader.class=x.FileSystemUploader\nheron.uploader.file.system.path=/mnt/x/";
    assert_eq!(with_topology(&directory(old), "ack"), "/mnt/x/dc/alice/default/ack");
    let http = "uploader.class=HttpUploader\nheron.uploader.http.uri=http://h/\nheron.uploader.http.method=post";
    let method = Some(HttpMethod::Post);
    let uri = "http://h/".to_owned();
    assert_eq!(uploader(http), Uploader::Http { uri, method, authorization_file: None });
    let found = problems(with("uploader.class=a.DLUploader"));
    assert_eq!(found[0].key, "uploader.class");
}

#[test]
fn buckets_have_a_service_a_name_and_credentials_that_are_not_shown() {
    let uploader = |lines: &str| match good(lines).uploader {
        Uploader::Bucket(bucket) => bucket,
        other => panic!("{other:?}"),
    };
    let s3 = "uploader.class=a.s3.S3Uploader\nheron.uploader.s3.bucket=b";
    let amazon = uploader(s3);
    let (endpoint, keys, profile) = (None, None, None);
    let region = "us-west-2".to_owned();
    let service = BucketService::S3 { region, endpoint, path_style: false, keys, profile };
    assert_eq!((amazon.service, amazon.name.as_str(), amazon.prefix.as_str()), (service, "b", "/"));
    let minio = uploader(&format!(
        "{s3}\nheron.uploader.s3.uri=http://minio:9000\nheron.uploader.s3.access_key=k\n\
         heron.uploader.s3.secret_key=geheim"
    ));
    assert!(!format!("{minio:?}").contains("geheim"), "{minio:?}");
    let BucketService::S3 { path_style, keys, .. } = minio.service else { panic!() };
    assert!(path_style);
    assert_eq!(keys, Some(("k".to_owned(), "geheim".to_owned().into())));
    let azure = uploader(
        "uploader.class=AzureUploader\nheron.uploader.azure.account=a\nheron.uploader.azure.container=c",
    );
    assert_eq!(azure.service, BucketService::Azure { account: "a".to_owned(), endpoint: None });
    let missing = |lines: &str| {
        let found = problems(with(lines));
        found.into_iter().map(|problem| problem.key).collect::<Vec<_>>()
    };
    let half = "uploader.class=S3Uploader\nheron.uploader.s3.access_key=k";
    assert_eq!(missing(half), ["heron.uploader.s3.bucket", "heron.uploader.s3.secret_key"]);
    assert_eq!(missing("uploader.class=GcsUploader"), ["heron.uploader.gcs.bucket"]);
    let azure = ["heron.uploader.azure.account", "heron.uploader.azure.container"];
    assert_eq!(missing("uploader.class=AzureUploader"), azure);
    assert_eq!(missing("uploader.class=WebHdfsUploader"), ["heron.uploader.webhdfs.uri"]);
}

#[test]
fn a_package_is_no_folder_to_fetch_from() {
    let http = "uploader.class=HttpUploader\nheron.uploader.http.uri=http://h/";
    let resolved = with(http);
    assert_eq!(resolved.settings.unwrap().topology_uri, None);
    assert!(resolved.warnings.iter().any(|warning| warning.text.contains("names a package")));
    let folder = good(&format!("{http}\nheron.package.topology.uri=hdfs://h/jobs/"));
    assert_eq!(folder.topology_uri.as_deref(), Some("hdfs://h/jobs/"));
    assert!(good("").topology_uri.is_some());
}

#[test]
fn uploaders_that_run_programs_are_told_all_they_need() {
    use ProblemKind::{Conflict, Malformed, Missing, Unsupported};
    let time_limit = Duration::from_mins(10);
    let hdfs = "heron.class.uploader=org.apache.heron.uploader.hdfs.HdfsUploader\n\
                heron.uploader.hdfs.topologies.directory.uri=hdfs://n/t/${TOPOLOGY}";
    let directory = "hdfs://n/t/${TOPOLOGY}".to_owned();
    let expected = Uploader::Hdfs { directory, configuration: None, time_limit };
    assert_eq!(good(hdfs).uploader, expected);

    let scp = "uploader.class=ScpUploader\nheron.uploader.scp.command.options=-P 22 -i 'a b'\n\
               heron.uploader.scp.command.connection=u@h\nheron.uploader.scp.dir.path=/x\n\
               heron.uploader.program.time.limit.seconds=1m";
    let options = vec!["-P".to_owned(), "22".to_owned(), "-i".to_owned(), "a b".to_owned()];
    let expected = Uploader::Ssh {
        sftp: false,
        copy: (options, "u@h".to_owned()),
        shell: (Vec::new(), "u@h".to_owned()),
        directory: "/x".to_owned(),
        time_limit: Duration::from_mins(1),
    };
    assert_eq!(good(scp).uploader, expected);

    let command = "uploader.class=CommandUploader\nheron.uploader.command.upload=up {file}\n\
                   heron.uploader.command.uri=http://h/{name}";
    let expected = Uploader::Command {
        upload: vec!["up".to_owned(), "{file}".to_owned()],
        check: None,
        undo: None,
        uri: "http://h/{name}".to_owned(),
        time_limit,
    };
    assert_eq!(good(command).uploader, expected);

    let kinds = |lines: &str| -> Vec<_> {
        let base = "zk.connection.string=a:1\nstate.root.address=/h\nheron.mesos.master.uri=m:5050\n\
                    heron.core.release.uri=http://h/c";
        let loaded = of_lines(&format!("{base}\n{lines}"));
        // Commands that upload nothing don't care.
        assert!(loaded.resolve(Need::State).settings.is_ok());
        let found = problems(loaded.resolve(Need::Launch));
        found.iter().map(|problem| problem.kind).collect()
    };
    assert_eq!(kinds("uploader.class=HdfsUploader"), [Missing]);
    assert_eq!(kinds("uploader.class=ScpUploader"), [Missing, Missing]);
    assert_eq!(kinds("uploader.class=SftpUploader"), [Missing, Missing]);
    assert_eq!(kinds("uploader.class=CommandUploader"), [Missing, Missing]);
    assert_eq!(kinds("uploader.class=a.dlog.DLUploader"), [Unsupported]);
    assert_eq!(kinds("uploader.class=com.example.Mine"), [Unsupported]);
    let quote = command.replace("{file}", "'{file}");
    assert_eq!(kinds(&quote), [Malformed]);
    let undo = format!("{command}\nheron.uploader.command.undo=rm {{name}}");
    assert_eq!(kinds(&undo), [Conflict]);
    assert_eq!(kinds(&command.replace("{file}", "x").replace("{name}", "")), [Conflict; 2]);
}

#[test]
fn a_null_uploader_without_a_package_is_a_conflict() {
    let lines = "zk.connection.string=a:1\nstate.root.address=/h\nheron.mesos.master.uri=m:5050\n\
                 heron.core.release.uri=http://h/c\nuploader.class=a.Nullity$NullUploader";
    let found = problems(of_lines(lines).resolve(Need::Launch));
    assert_eq!((found.len(), found[0].kind), (1, ProblemKind::Conflict));
    assert!(of_lines(lines).resolve(Need::Engine).settings.is_ok());
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
    assert!(settings.verbose);
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
    assert_eq!(settings.aurora.binds["HERON_PACKAGE"], "heron-core-0.1.0-SNAPSHOT.tar.gz");

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
    assert_eq!(
        settings.stateful_config["heron.statefulstorage.localfs.root.path"],
        "./checkpoints"
    );
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
        let spec = super::super::keys::lookup(key).spec().unwrap();
        if let Some(default) = spec.default {
            assert_eq!(value, default, "{key}");
        }
    }
    // Every key of the groups that Mesos users need is mentioned.
    let groups = ["State in ZooKeeper", "Mesos", "Resources and packing"];
    for group in super::super::keys::GROUPS.iter().filter(|g| groups.contains(&g.title)) {
        for spec in group.keys.iter().filter(|spec| spec.unused.is_none()) {
            let skipped =
                ["zkhost", "zkport", "zkroot", "heron.mesos.framework.zookeeper.endpoint"];
            let mentioned = loaded.config.get(spec.name).is_some();
            assert!(mentioned || skipped.contains(&spec.name), "{} is missing", spec.name);
        }
    }
}
