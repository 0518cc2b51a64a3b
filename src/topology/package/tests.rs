use prost::Message as _;

use super::*;

fn definition(id: &str) -> Definition {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/definitions/znodes.wordcount");
    let bytes = std::fs::read(path).unwrap();
    let mut topology = crate::proto::api::Topology::decode(bytes.as_slice()).unwrap();
    topology.id = id.to_owned();
    Definition::decode(topology.encode_to_vec()).unwrap()
}

fn conf() -> BTreeMap<String, Vec<u8>> {
    let long = format!("{}/z.txt", "long".repeat(40));
    [("statemgr.yaml", "a"), ("override.yaml", "{}"), (long.as_str(), "z")]
        .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
        .into()
}

struct Fixture {
    directory: tempfile::TempDir,
    definition: Definition,
    conf: BTreeMap<String, Vec<u8>>,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("w.pex"), vec![7; 100_000]).unwrap();
        Self { directory, definition: definition("wordcount1"), conf: conf() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn build(&self, name: &str) -> Result<Fingerprint, PackageError> {
        let binary = self.path("w.pex");
        let contents = Contents {
            binary: &binary,
            binary_name: "w.pex",
            definition: &self.definition,
            conf: &self.conf,
        };
        build(&contents, &self.path(name), 1 << 30)
    }
}

#[test]
fn a_package_holds_what_a_container_needs() {
    let fixture = Fixture::new();
    let written = fixture.build("topology.tar.gz").unwrap();
    assert_eq!(fingerprint(&fixture.path("topology.tar.gz")).unwrap(), written);

    let file = File::open(fixture.path("topology.tar.gz")).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut found = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header().clone();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!(header.mtime().unwrap(), MTIME);
        let name = entry.path().unwrap().display().to_string();
        found.push((name, header.mode().unwrap(), entry.size()));
    }
    let long = format!("heron-conf/{}/z.txt", "long".repeat(40));
    let defn = fixture.definition.bytes.len() as u64;
    assert_eq!(
        found,
        [
            (long, 0o644, 1),
            ("heron-conf/override.yaml".to_owned(), 0o644, 2),
            ("heron-conf/statemgr.yaml".to_owned(), 0o644, 1),
            ("w.pex".to_owned(), 0o755, 100_000),
            ("wordcount.defn".to_owned(), 0o644, defn),
        ]
    );
}

#[test]
fn the_systems_tar_unpacks_it() {
    let fixture = Fixture::new();
    fixture.build("topology.tar.gz").unwrap();
    std::fs::create_dir(fixture.path("out")).unwrap();
    let output = std::process::Command::new("tar")
        .args(["xf", "topology.tar.gz", "-C", "out"])
        .current_dir(fixture.directory.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let unpacked = std::fs::read(fixture.path("out/wordcount.defn")).unwrap();
    assert_eq!(unpacked, fixture.definition.bytes);
}

#[test]
fn the_same_content_gives_the_same_bytes() {
    let (one, other) = (Fixture::new(), Fixture::new());
    assert_eq!(one.build("a").unwrap(), other.build("b").unwrap());
    let bytes = std::fs::read(one.path("a")).unwrap();
    assert_eq!(bytes, std::fs::read(other.path("b")).unwrap());
    assert_eq!(&bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], "a header without a time");
}

#[test]
fn what_can_not_be_packed_leaves_nothing_behind() {
    let mut fixture = Fixture::new();
    std::fs::remove_file(fixture.path("w.pex")).unwrap();
    let error = fixture.build("p").unwrap_err();
    assert!(matches!(error, PackageError::Read { .. }), "{error}");
    assert!(!fixture.path("p").exists());
    std::fs::create_dir(fixture.path("w.pex")).unwrap();
    let error = fixture.build("p").unwrap_err();
    assert!(matches!(error, PackageError::Read { .. }), "{error}");
    assert!(!fixture.path("p").exists());
    let error = fixture.build("no/such/directory").unwrap_err();
    assert!(matches!(error, PackageError::Write { .. }), "{error}");

    fixture.definition.topology.name = "w.pex".to_owned();
    let binary = fixture.path("w.pex");
    let contents = Contents {
        binary: &binary,
        binary_name: "w.pex.defn",
        definition: &fixture.definition,
        conf: &fixture.conf,
    };
    let error = build(&contents, &fixture.path("p"), 1 << 30).unwrap_err();
    assert_eq!(error.to_string(), "the package would have two files named w.pex.defn");
}

#[test]
fn what_is_there_already_is_neither_written_nor_removed() {
    let fixture = Fixture::new();
    let (victim, link) = (fixture.path("victim"), fixture.path("p"));
    std::fs::write(&victim, "mine").unwrap();
    std::os::unix::fs::symlink(&victim, &link).unwrap();
    let error = fixture.build("p").unwrap_err();
    assert!(matches!(error, PackageError::Write { .. }), "{error}");
    assert_eq!(std::fs::read(&victim).unwrap(), b"mine");
    assert!(link.is_symlink());
}

#[test]
fn the_digest_tells_everything_but_the_id() {
    let conf = conf();
    let binary = Fingerprint { sha256: "ab".to_owned(), size: 1 };
    let digest = |definition: &Definition,
                  name: &str,
                  binary: &Fingerprint,
                  conf: &BTreeMap<String, Vec<u8>>,
                  also: &[(&str, &str)]| {
        let contents = Contents { binary: Path::new("x"), binary_name: name, definition, conf };
        content_digest(&contents, binary, also).unwrap()
    };
    let first = digest(&definition("a"), "w.pex", &binary, &conf, &[]);
    assert_eq!(first.len(), 64);
    assert_eq!(digest(&definition("b"), "w.pex", &binary, &conf, &[]), first);

    let mut paused = definition("a");
    paused.bytes = edit::with_setting(&paused.bytes, "k", "v", edit::Absent::Add).unwrap();
    let other = Fingerprint { sha256: "cd".to_owned(), size: 1 };
    let mut more = conf.clone();
    more.insert("x.yaml".to_owned(), Vec::new());
    let different = [
        digest(&paused, "w.pex", &binary, &conf, &[]),
        digest(&definition("a"), "v.pex", &binary, &conf, &[]),
        digest(&definition("a"), "w.pex", &other, &conf, &[]),
        digest(&definition("a"), "w.pex", &binary, &more, &[]),
        digest(&definition("a"), "w.pex", &binary, &conf, &[("command", "x")]),
        digest(&definition("a"), "w.pex", &binary, &conf, &[("command", "y")]),
    ];
    let distinct: std::collections::BTreeSet<_> = different.iter().chain([&first]).collect();
    assert_eq!(distinct.len(), 7);
}
