//! Package stores: each one is submitted through, and the agents really fetch from it; then it fails in every way.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use crate::bed::{Bed, Ran, http};
use crate::shelf::{Fault, Shelf};

/// Submits, looks where the agents fetched the package from, kills; then again: the store has the package, so it is not
/// sent a second time.
fn goes_through(bed: &Bed, name: &str, folder: &str) -> String {
    let file = bed.topology(name, 1);
    let first = bed.ok(&["submit", &file]);
    assert!(first.stderr.contains("uploading the package"), "{}", first.stderr);
    assert!(!first.stderr.contains("already"), "{}", first.stderr);
    let state = bed.cluster.state().to_string();
    let at = state.find(&format!("{folder}/{name}-")).expect("the tasks fetch from the store");
    let uri: String = state[at..].chars().take_while(|c| !matches!(c, '"' | '\\')).collect();
    bed.ok(&["kill", name]);
    bed.assert_nothing_left(name);
    let second = bed.ok(&["submit", &file]);
    assert!(second.stderr.contains("has the package already"), "{}", second.stderr);
    bed.ok(&["kill", name]);
    bed.assert_nothing_left(name);
    uri
}

/// A submission that fails with the store, and leaves nothing.
fn fails(bed: &Bed, name: &str, code: i32, parts: &[&str]) -> Ran {
    let file = bed.topology(name, 1);
    let ran = bed.run(&["submit", &file]);
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    for part in parts {
        assert!(ran.stderr.contains(part), "{part:?} is not in\n{}", ran.stderr);
    }
    bed.assert_nothing_left(name);
    ran
}

fn secret_file(bed: &Bed, text: &str) -> String {
    let path = bed.directory.path().join("secret");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn configure(bed: &mut Bed, uploader: &str, lines: &[&str]) {
    let mut config = vec![format!("heron.class.uploader: {uploader}")];
    config.extend(lines.iter().map(|line| (*line).to_owned()));
    bed.write_config(&config);
}

#[test]
fn a_web_server_takes_put_and_forms() {
    let mut bed = Bed::new();
    let shelf = Shelf::start();
    shelf.guard("Bearer geheim");
    let folder = format!("http://{}/files", shelf.address);
    let uri = format!("heron.uploader.http.uri: {folder}/");
    let secret = secret_file(&bed, "Bearer geheim\n");
    let authorization = format!("heron.uploader.http.authorization.file: {secret}");
    configure(&mut bed, "HttpUploader", &[&uri]);
    fails(&bed, "guarded", 8, &["not authorized", &folder]);
    configure(&mut bed, "HttpUploader", &[&uri, &authorization]);
    goes_through(&bed, "put", &folder);
    assert_eq!(shelf.count("PUT"), 2);

    let uri = format!("heron.uploader.http.uri: http://{}/form", shelf.address);
    configure(&mut bed, "HttpUploader", &[&uri, "heron.uploader.http.method: POST"]);
    let file = bed.topology("posted", 1);
    let plan = bed.json(&["submit", &file, "--dry-run"]);
    assert_eq!(plan["upload"]["uri"], "<as the server answers>");
    bed.ok(&["submit", &file]);
    assert!(bed.cluster.state().to_string().contains(&format!("{folder}/posted-")));
    bed.ok(&["kill", "posted"]);
    // What doesn't know PUT gets a form without being asked; what agents fetch from is known, so it is looked at first.
    let fetch = format!("heron.package.topology.uri: {folder}");
    configure(&mut bed, "HttpUploader", &[&uri, &fetch, &authorization]);
    bed.ok(&["submit", &file]);
    bed.ok(&["kill", "posted"]);
    assert_eq!(shelf.count("POST"), 1);
    bed.assert_nothing_left("posted");
}

#[test]
fn a_web_server_that_fails_leaves_nothing() {
    let mut bed = Bed::new();
    let shelf = Shelf::start();
    let folder = format!("http://me:geheim@{}/files", shelf.address);
    let store = format!("heron.uploader.http.uri: {folder}");
    configure(&mut bed, "HttpUploader", &[&store, "heron.fetch.allow.credentials: true"]);
    for (fault, code, expected) in [
        (Fault::Status(507), 1, "status 507: as it was told to"),
        (Fault::Status(403), 8, "not authorized (status 403)"),
        (Fault::Status(413), 1, "larger than the store takes"),
        (Fault::Loses, 1, "bytes after the upload, and should have"),
    ] {
        shelf.fault(Some(fault));
        let ran = fails(&bed, "refused", code, &[expected, "nothing was changed"]);
        assert!(!ran.stderr.contains("geheim"), "{}", ran.stderr);
        assert_eq!(shelf.names(), Vec::<String>::new(), "{fault:?}");
    }
    shelf.fault(Some(Fault::Silent));
    let file = bed.topology("refused", 1);
    let ran = bed.run(&["submit", &file, "--timeout", "3s"]);
    assert_eq!(ran.code, 9, "{}", ran.stderr);
    bed.assert_nothing_left("refused");
    interrupted(&bed, &shelf, &file);

    configure(&mut bed, "HttpUploader", &["heron.uploader.http.uri: http://127.0.0.1:1/x"]);
    fails(&bed, "refused", 7, &["failed to upload the package to the http store", "127.0.0.1:1"]);
}

/// An upload that hangs ends with Ctrl-C.
fn interrupted(bed: &Bed, shelf: &Shelf, file: &str) {
    let before = shelf.count("PUT");
    let child = bed
        .command(&["submit", file])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while shelf.count("PUT") == before {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert!(ran.stderr.contains("nothing was changed"), "{}", ran.stderr);
    bed.assert_nothing_left("refused");
}

#[test]
fn a_submission_that_is_taken_back_takes_its_package_back() {
    let mut bed = Bed::new();
    let shelf = Shelf::start();
    let folder = format!("http://{}/files", shelf.address);
    configure(&mut bed, "HttpUploader", &[&format!("heron.uploader.http.uri: {folder}")]);
    let file = bed.topology("unfetched", 1);
    let core = "heron.core.release.uri=file:///no/such/heron-core.tar.gz";
    let ran = bed.run(&["submit", &file, "--config-property", core]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!((shelf.count("PUT"), shelf.names()), (1, Vec::new()));
    bed.assert_nothing_left("unfetched");
}

#[test]
fn hdfs_is_written_through_its_gateway() {
    let mut bed = Bed::new();
    let shelf = Shelf::start();
    let uri = format!("heron.uploader.webhdfs.uri: http://{}/heron/jobs", shelf.address);
    let fetch = format!("heron.package.topology.uri: http://{}/files/heron/jobs", shelf.address);
    configure(&mut bed, "WebHdfsUploader", &[&uri, &fetch]);
    goes_through(&bed, "hadooped", &format!("http://{}/files/heron/jobs", shelf.address));
    assert_eq!(shelf.count("PUT data"), 1);
    shelf.fault(Some(Fault::Status(403)));
    fails(&bed, "refused", 8, &["failed to upload the package to the webhdfs store"]);
    shelf.fault(Some(Fault::Loses));
    fails(&bed, "refused", 1, &["bytes after the upload"]);
    assert_eq!(shelf.names().len(), 1, "{:?}", shelf.names());
    let plan = bed.json(&["submit", &bed.topology("planned", 1), "--dry-run"]);
    assert_eq!(plan["upload"]["store"], "webhdfs");
}

#[test]
fn a_directory_may_have_another_name_on_agents() {
    let mut bed = Bed::new();
    let here = bed.directory.path().join("here");
    let there = bed.directory.path().join("there");
    std::os::unix::fs::symlink(&here, &there).unwrap();
    let directory = format!("heron.uploader.localfs.file.system.directory: {}", here.display());
    let fetch = format!("heron.package.topology.uri: {}", there.display());
    configure(&mut bed, "LocalFileSystemUploader", &[&directory, &fetch]);
    goes_through(&bed, "mounted", &format!("file://{}", there.display()));
    assert_eq!(std::fs::read_dir(&here).unwrap().count(), 1);

    let file = bed.directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let directory = format!("heron.uploader.localfs.file.system.directory: {}", file.display());
    configure(&mut bed, "LocalFileSystemUploader", &[&directory]);
    fails(&bed, "refused", 1, &["to the local store", "choose another directory"]);
}

/// The servers that could be installed: S3, Azure.
static SERVERS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join("tests/support/store-servers.sh")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| root.join(line)).collect()
});

/// A server in a process of its own, which ends with the test.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts it, and waits until it says where it listens.
    fn start(program: &Path, arguments: &[&str]) -> Self {
        // Both names of a pipe's end: what it says where it listens on differs.
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$@\" 2>&1", "sh"]).arg(program).args(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let at = line.find("http://127.0.0.1:")?;
            let url: String = line[at..].chars().take_while(|c| !c.is_whitespace()).collect();
            (!url.ends_with(":0")).then_some(url)
        });
        // A server whose pipe is full stops.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, url: url.expect("the server says where it listens") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_bucket_of_s3_keeps_packages() {
    let mut bed = Bed::new();
    let server = Server::start(&SERVERS[0], &["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]);
    let endpoint = format!("heron.uploader.s3.uri: {}", server.url);
    let keys = ["heron.uploader.s3.access_key: AKIA", "heron.uploader.s3.secret_key: geheim"];
    let lines = [&endpoint, "heron.uploader.s3.bucket: packages", keys[0], keys[1]];
    configure(&mut bed, "org.apache.heron.uploader.s3.S3Uploader", &lines);
    let ran = fails(&bed, "nobucket", 1, &["status 404", "create it", "to the s3 store"]);
    assert!(!ran.stderr.contains("geheim"), "{}", ran.stderr);
    http("PUT", &format!("{}/packages", server.url), "");
    // Agents have no credentials: who keeps packages in a bucket lets them read.
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*",
                     "Resource":["arn:aws:s3:::packages","arn:aws:s3:::packages/*"]}]}"#;
    http("PUT", &format!("{}/packages?policy", server.url), policy);
    goes_through(&bed, "bucketed", &format!("{}/packages/bucketed", server.url));

    // From a file, with a prefix, and more than one part.
    let secret =
        secret_file(&bed, "[default]\naws_access_key_id=AKIA\naws_secret_access_key=geheim\n");
    let file = format!("heron.uploader.s3.credentials_path: {secret}");
    let lines = [
        &endpoint,
        "heron.uploader.s3.bucket: packages",
        "heron.uploader.s3.path_prefix: a/b/",
        &file,
    ];
    configure(&mut bed, "S3Uploader", &lines);
    let topology = bed.topology("large", 1);
    let mut noise = Vec::new();
    let mut seed = 1_u64;
    while noise.len() < 7_000_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        noise.extend((seed >> 16).to_le_bytes());
    }
    std::fs::File::create(bed.directory.path().join("topologies.pex"))
        .unwrap()
        .write_all(&noise)
        .unwrap();
    bed.ok(&["submit", &topology]);
    assert!(
        bed.cluster
            .state()
            .to_string()
            .contains(&format!("{}/packages/a/b/large/large-", server.url))
    );
    bed.ok(&["kill", "large"]);
    bed.assert_nothing_left("large");
    let core = "heron.core.release.uri=file:///no/such/heron-core.tar.gz";
    let undone = bed.topology("undone", 1);
    assert_eq!(bed.run(&["submit", &undone, "--config-property", core]).code, 1);
    let listed = http("GET", &format!("{}/packages?list-type=2", server.url), "");
    assert_eq!(
        (listed.matches("<Key>").count(), listed.contains("undone")),
        (2, false),
        "{listed}"
    );
}

/// The key of Microsoft's storage emulators, which their documentation tells.
const AZURE_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

#[test]
fn a_container_of_azure_keeps_packages() {
    let Some(program) = SERVERS.get(1) else {
        eprintln!("left out: there is no npm to install an Azure server with");
        return;
    };
    let mut bed = Bed::new();
    let options = "--disableTelemetry --skipApiVersionCheck --inMemoryPersistence --blobHost 127.0.0.1 --blobPort 0";
    let server = Server::start(program, &options.split(' ').collect::<Vec<_>>());
    let url = format!("{}/devstoreaccount1", server.url);
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/support/azure-container.py");
    let mut made = Command::new("python3");
    let mut made = made.arg(script).args([&url, "packages"]).stdin(Stdio::piped()).spawn().unwrap();
    made.stdin.take().unwrap().write_all(AZURE_KEY.as_bytes()).unwrap();
    assert!(made.wait().unwrap().success());
    let key = format!("heron.uploader.azure.credentials_path: {}", secret_file(&bed, AZURE_KEY));
    let uri = format!("heron.uploader.azure.uri: {url}");
    let account = "heron.uploader.azure.account: devstoreaccount1";
    configure(
        &mut bed,
        "AzureUploader",
        &[&uri, account, "heron.uploader.azure.container: packages", &key],
    );
    goes_through(&bed, "blobbed", &format!("{url}/packages/blobbed"));
    let core = "heron.core.release.uri=file:///no/such/heron-core.tar.gz";
    let undone = bed.run(&["submit", &bed.topology("undone", 1), "--config-property", core]);
    assert_eq!((undone.code, undone.stderr.contains("stays at")), (1, false), "{}", undone.stderr);
    let listed = http("GET", &format!("{url}/packages?restype=container&comp=list"), "");
    assert_eq!(
        (listed.matches("<Blob>").count(), listed.contains("undone")),
        (1, false),
        "{listed}"
    );
    configure(
        &mut bed,
        "AzureUploader",
        &[&uri, account, "heron.uploader.azure.container: none", &key],
    );
    fails(&bed, "nocontainer", 1, &["status 404", "to the azure store"]);
    let wrong = format!("heron.uploader.azure.credentials_path: {}", secret_file(&bed, "Z2VoZWlt"));
    configure(
        &mut bed,
        "AzureUploader",
        &[&uri, account, "heron.uploader.azure.container: packages", &wrong],
    );
    let ran = fails(&bed, "nokey", 8, &["not authorized"]);
    assert!(!ran.stderr.contains("Z2VoZWlt"), "{}", ran.stderr);
}
