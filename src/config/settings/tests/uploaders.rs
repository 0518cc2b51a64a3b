//! Which uploader follows from what, and what it is told.

use std::time::Duration;

use super::{good, of_lines, problems, with};
use crate::config::problem::ProblemKind;
use crate::config::settings::{BucketService, HttpMethod, Need, Uploader, with_topology};

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
fn agents_are_told_no_passwords() {
    let core = "heron.package.core.uri=http://u:geheim@h/c.tar.gz";
    let found = problems(with(core));
    assert_eq!(
        (found[0].key.as_str(), found[0].kind),
        ("heron.package.core.uri", ProblemKind::Unsupported)
    );
    assert!(!found[0].to_string().contains("geheim"), "{}", found[0]);
    good(&format!("{core}\nheron.fetch.allow.credentials=true"));
    assert!(of_lines(core).resolve(Need::State).settings.is_err(), "nothing else is set");
    let http = "uploader.class=HttpUploader\nheron.uploader.http.uri=https://u:p@h/";
    let folder = "heron.package.topology.uri=http://h/folder";
    assert_eq!(problems(with(http))[0].key, "heron.uploader.http.uri");
    good(&format!("{http}\n{folder}"));
    let signed = format!("{http}\n{folder}?sig=X");
    assert_eq!(problems(with(&signed))[0].key, "heron.package.topology.uri");
}

#[test]
fn addresses_of_stores_hold_no_passwords() {
    let folder = "heron.package.topology.uri=hdfs://h/folder\nheron.fetch.allow.credentials=true";
    for (lines, key) in [
        ("uploader.class=HdfsUploader", "heron.uploader.hdfs.topologies.directory.uri"),
        ("uploader.class=S3Uploader\nheron.uploader.s3.bucket=b", "heron.uploader.s3.uri"),
        ("uploader.class=GcsUploader\nheron.uploader.gcs.bucket=b", "heron.uploader.gcs.uri"),
        (
            "uploader.class=AzureUploader\nheron.uploader.azure.account=a\nheron.uploader.azure.container=c",
            "heron.uploader.azure.uri",
        ),
    ] {
        let found = problems(with(&format!("{lines}\n{folder}\n{key}=http://u:geheim@h/x")));
        assert_eq!((found.len(), found[0].key.as_str()), (1, key));
        assert!(!found[0].to_string().contains("geheim"), "{}", found[0]);
        good(&format!("{lines}\n{folder}\n{key}=http://h/x"));
    }
}

#[test]
fn agents_need_whole_addresses_of_hdfs() {
    let path = "uploader.class=HdfsUploader\nheron.uploader.hdfs.topologies.directory.uri=/heron/t";
    let base = "zk.connection.string=a:1\nstate.root.address=/h\nheron.mesos.master.uri=m:5050\n\
                heron.core.release.uri=http://h/c";
    let found = problems(of_lines(&format!("{base}\n{path}")).resolve(Need::Launch));
    assert_eq!((found.len(), found[0].kind), (1, ProblemKind::Conflict));
    let folder = format!("{base}\n{path}\nheron.package.topology.uri=hdfs://nn:8020/heron/t");
    assert!(problems(of_lines(&folder).resolve(Need::Launch)).is_empty());
}
