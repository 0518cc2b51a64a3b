//! Package stores: each one is submitted through, and the agents really fetch from it; then it fails in every way.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use serde_json::json;

use crate::environment::{Ran, TestEnv, http, signal};
use crate::shelf::{Fault, Shelf};

/// Submits, looks where the agents fetched the package from, kills, and keeps the package; then again: the store has it, so
/// it is not sent a second time, and this time it goes with the topology.
fn goes_through(env: &TestEnv, name: &str, folder: &str) {
    let file = env.topology(name, 1);
    let first = env.ok(&["submit", &file]);
    assert!(first.stderr.contains("uploading the package"), "{}", first.stderr);
    assert!(!first.stderr.contains("already"), "{}", first.stderr);
    let state = env.cluster.state().to_string();
    let at = state.find(&format!("{folder}/{name}-")).expect("the tasks fetch from the store");
    let uri: String = state[at..].chars().take_while(|c| !matches!(c, '"' | '\\')).collect();
    let killed = env.json(&["kill", name, "--keep-package"]);
    let stays = json!({ "uri": uri, "removed": false, "why": "--keep-package" });
    assert_eq!(killed["package"], stays);
    env.assert_nothing_left(name);
    let second = env.ok(&["submit", &file]);
    assert!(second.stderr.contains("has the package already"), "{}", second.stderr);
    let killed = env.json(&["kill", name]);
    assert_eq!(killed["package"], json!({ "uri": uri, "removed": true, "why": null }));
    env.assert_nothing_left(name);
}

/// A submission that fails with the store, and leaves nothing.
fn fails(env: &TestEnv, name: &str, code: i32, parts: &[&str]) -> Ran {
    let file = env.topology(name, 1);
    let ran = env.run(&["submit", &file]);
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    for part in parts {
        assert!(ran.stderr.contains(part), "{part:?} is not in\n{}", ran.stderr);
    }
    env.assert_nothing_left(name);
    ran
}

fn secret_file(env: &TestEnv, text: &str) -> String {
    let path = env.directory.path().join("secret");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn configure(env: &mut TestEnv, uploader: &str, lines: &[&str]) {
    let mut config = vec![format!("heron.class.uploader: {uploader}")];
    config.extend(lines.iter().map(|line| (*line).to_owned()));
    env.write_config(&config);
}

#[test]
fn a_web_server_takes_put_and_forms() {
    let mut env = TestEnv::new();
    let shelf = Shelf::start();
    shelf.guard("Bearer geheim");
    let folder = format!("http://{}/files", shelf.address);
    let uri = format!("heron.uploader.http.uri: {folder}/");
    let secret = secret_file(&env, "Bearer geheim\n");
    let authorization = format!("heron.uploader.http.authorization.file: {secret}");
    configure(&mut env, "HttpUploader", &[&uri]);
    fails(&env, "guarded", 8, &["not authorized", &folder]);
    configure(&mut env, "HttpUploader", &[&uri, &authorization]);
    goes_through(&env, "put", &folder);
    assert_eq!((shelf.count("PUT"), shelf.names()), (2, Vec::new()));

    let uri = format!("heron.uploader.http.uri: http://{}/form", shelf.address);
    configure(&mut env, "HttpUploader", &[&uri, "heron.uploader.http.method: POST"]);
    let file = env.topology("posted", 1);
    let plan = env.json(&["submit", &file, "--dry-run"]);
    assert_eq!(plan["upload"]["uri"], "<as the server answers>");
    env.ok(&["submit", &file]);
    assert!(env.cluster.state().to_string().contains(&format!("{folder}/posted-")));
    // Whoever may not delete it leaves it there, and the topology is killed all the same.
    let killed = env.ok(&["kill", "posted"]);
    assert!(killed.stderr.contains("the package stays at"), "{}", killed.stderr);
    assert!(killed.stderr.contains("not authorized (status 401)"), "{}", killed.stderr);
    assert!(killed.stdout.contains(&format!("its package stays at {folder}/posted-")));
    env.assert_nothing_left("posted");
    // What doesn't know PUT gets a form without being asked; what agents fetch from is known, so it is looked at first.
    let fetch = format!("heron.package.topology.uri: {folder}");
    configure(&mut env, "HttpUploader", &[&uri, &fetch, &authorization]);
    env.ok(&["submit", &file]);
    env.ok(&["kill", "posted"]);
    assert_eq!((shelf.count("POST"), shelf.names()), (1, Vec::new()));
    env.assert_nothing_left("posted");
}

#[test]
fn a_web_server_that_fails_leaves_nothing() {
    let mut env = TestEnv::new();
    let shelf = Shelf::start();
    let folder = format!("http://me:geheim@{}/files", shelf.address);
    let store = format!("heron.uploader.http.uri: {folder}");
    configure(&mut env, "HttpUploader", &[&store, "heron.fetch.allow.credentials: true"]);
    for (fault, code, expected) in [
        (Fault::Status(507), 1, "status 507: as it was told to"),
        (Fault::Status(403), 8, "not authorized (status 403)"),
        (Fault::Status(413), 1, "larger than the store takes"),
        (Fault::Loses, 1, "bytes after the upload, and should have"),
    ] {
        shelf.fault(Some(fault));
        let ran = fails(&env, "refused", code, &[expected, "nothing was changed"]);
        assert!(!ran.stderr.contains("geheim"), "{}", ran.stderr);
        assert_eq!(shelf.names(), Vec::<String>::new(), "{fault:?}");
    }
    shelf.fault(Some(Fault::Silent));
    let file = env.topology("refused", 1);
    let ran = env.run(&["submit", &file, "--timeout", "3s"]);
    assert_eq!(ran.code, 9, "{}", ran.stderr);
    env.assert_nothing_left("refused");
    interrupted(&env, &shelf, &file);

    configure(&mut env, "HttpUploader", &["heron.uploader.http.uri: http://127.0.0.1:1/x"]);
    fails(&env, "refused", 7, &["failed to upload the package to the http store", "127.0.0.1:1"]);
}

/// An upload that hangs ends with Ctrl-C.
fn interrupted(env: &TestEnv, shelf: &Shelf, file: &str) {
    let before = shelf.count("PUT");
    let child = env.start(&["submit", file]);
    while shelf.count("PUT") == before {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    signal(&child, nix::sys::signal::Signal::SIGINT);
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert!(ran.stderr.contains("nothing was changed"), "{}", ran.stderr);
    env.assert_nothing_left("refused");
}

#[test]
fn a_submission_that_is_taken_back_takes_its_package_back() {
    let mut env = TestEnv::new();
    let shelf = Shelf::start();
    let folder = format!("http://{}/files", shelf.address);
    configure(&mut env, "HttpUploader", &[&format!("heron.uploader.http.uri: {folder}")]);
    let file = env.topology("unfetched", 1);
    let core = "heron.core.release.uri=file:///no/such/heron-core.tar.gz";
    let ran = env.run(&["submit", &file, "--config-property", core]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!((shelf.count("PUT"), shelf.names()), (1, Vec::new()));
    env.assert_nothing_left("unfetched");
}

#[test]
fn hdfs_is_written_through_its_gateway() {
    let mut env = TestEnv::new();
    let shelf = Shelf::start();
    let uri = format!("heron.uploader.webhdfs.uri: http://{}/heron/jobs", shelf.address);
    let fetch = format!("heron.package.topology.uri: http://{}/files/heron/jobs", shelf.address);
    configure(&mut env, "WebHdfsUploader", &[&uri, &fetch]);
    goes_through(&env, "hadooped", &format!("http://{}/files/heron/jobs", shelf.address));
    assert_eq!(shelf.count("PUT data"), 1);
    shelf.fault(Some(Fault::Status(403)));
    fails(&env, "refused", 8, &["failed to upload the package to the webhdfs store"]);
    shelf.fault(Some(Fault::Loses));
    fails(&env, "refused", 1, &["bytes after the upload"]);
    assert_eq!(shelf.names(), Vec::<String>::new());
    let plan = env.json(&["submit", &env.topology("planned", 1), "--dry-run"]);
    assert_eq!(plan["upload"]["store"], "webhdfs");
}

#[test]
fn a_directory_may_have_another_name_on_agents() {
    let mut env = TestEnv::new();
    let here = env.directory.path().join("here");
    let there = env.directory.path().join("there");
    std::os::unix::fs::symlink(&here, &there).unwrap();
    let directory = format!("heron.uploader.localfs.file.system.directory: {}", here.display());
    let fetch = format!("heron.package.topology.uri: {}", there.display());
    configure(&mut env, "LocalFileSystemUploader", &[&directory, &fetch]);
    goes_through(&env, "mounted", &format!("file://{}", there.display()));
    assert_eq!(std::fs::read_dir(&here).unwrap().count(), 0);

    let file = env.directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let directory = format!("heron.uploader.localfs.file.system.directory: {}", file.display());
    configure(&mut env, "LocalFileSystemUploader", &[&directory]);
    fails(&env, "refused", 1, &["to the local store", "choose another directory"]);
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
    let mut env = TestEnv::new();
    let server = Server::start(&SERVERS[0], &["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]);
    let endpoint = format!("heron.uploader.s3.uri: {}", server.url);
    let keys = ["heron.uploader.s3.access_key: AKIA", "heron.uploader.s3.secret_key: geheim"];
    let lines = [&endpoint, "heron.uploader.s3.bucket: packages", keys[0], keys[1]];
    configure(&mut env, "org.apache.heron.uploader.s3.S3Uploader", &lines);
    let ran = fails(&env, "nobucket", 1, &["status 404", "create it", "to the s3 store"]);
    assert!(!ran.stderr.contains("geheim"), "{}", ran.stderr);
    http("PUT", &format!("{}/packages", server.url), "");
    // Agents have no credentials: who keeps packages in a bucket lets them read.
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*",
                     "Resource":["arn:aws:s3:::packages","arn:aws:s3:::packages/*"]}]}"#;
    http("PUT", &format!("{}/packages?policy", server.url), policy);
    goes_through(&env, "bucketed", &format!("{}/packages/bucketed", server.url));

    // From a file, with a prefix, and more than one part.
    let secret =
        secret_file(&env, "[default]\naws_access_key_id=AKIA\naws_secret_access_key=geheim\n");
    let file = format!("heron.uploader.s3.credentials_path: {secret}");
    let lines = [
        &endpoint,
        "heron.uploader.s3.bucket: packages",
        "heron.uploader.s3.path_prefix: a/b/",
        &file,
    ];
    configure(&mut env, "S3Uploader", &lines);
    let topology = env.topology("large", 1);
    let mut noise = Vec::new();
    let mut seed = 1_u64;
    while noise.len() < 7_000_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        noise.extend((seed >> 16).to_le_bytes());
    }
    std::fs::File::create(env.directory.path().join("topologies.pex"))
        .unwrap()
        .write_all(&noise)
        .unwrap();
    env.ok(&["submit", &topology]);
    assert!(
        env.cluster
            .state()
            .to_string()
            .contains(&format!("{}/packages/a/b/large/large-", server.url))
    );
    env.ok(&["kill", "large"]);
    env.assert_nothing_left("large");
    let core = "heron.core.release.uri=file:///no/such/heron-core.tar.gz";
    let undone = env.topology("undone", 1);
    assert_eq!(env.run(&["submit", &undone, "--config-property", core]).code, 1);
    let listed = http("GET", &format!("{}/packages?list-type=2", server.url), "");
    assert_eq!(
        (listed.matches("<Key>").count(), listed.contains("undone")),
        (0, false),
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
    let mut env = TestEnv::new();
    let options = "--disableTelemetry --skipApiVersionCheck --inMemoryPersistence --blobHost 127.0.0.1 --blobPort 0";
    let server = Server::start(program, &options.split(' ').collect::<Vec<_>>());
    let url = format!("{}/devstoreaccount1", server.url);
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/support/azure-container.py");
    let mut made = Command::new("python3");
    let mut made = made.arg(script).args([&url, "packages"]).stdin(Stdio::piped()).spawn().unwrap();
    made.stdin.take().unwrap().write_all(AZURE_KEY.as_bytes()).unwrap();
    assert!(made.wait().unwrap().success());
    let key = format!("heron.uploader.azure.credentials_path: {}", secret_file(&env, AZURE_KEY));
    let uri = format!("heron.uploader.azure.uri: {url}");
    let account = "heron.uploader.azure.account: devstoreaccount1";
    configure(
        &mut env,
        "AzureUploader",
        &[&uri, account, "heron.uploader.azure.container: packages", &key],
    );
    goes_through(&env, "blobbed", &format!("{url}/packages/blobbed"));
    let core = "heron.core.release.uri=file:///no/such/heron-core.tar.gz";
    let undone = env.run(&["submit", &env.topology("undone", 1), "--config-property", core]);
    assert_eq!((undone.code, undone.stderr.contains("stays at")), (1, false), "{}", undone.stderr);
    let listed = http("GET", &format!("{url}/packages?restype=container&comp=list"), "");
    assert_eq!(
        (listed.matches("<Blob>").count(), listed.contains("undone")),
        (0, false),
        "{listed}"
    );
    configure(
        &mut env,
        "AzureUploader",
        &[&uri, account, "heron.uploader.azure.container: none", &key],
    );
    fails(&env, "nocontainer", 1, &["status 404", "to the azure store"]);
    let wrong = format!("heron.uploader.azure.credentials_path: {}", secret_file(&env, "Z2VoZWlt"));
    configure(
        &mut env,
        "AzureUploader",
        &[&uri, account, "heron.uploader.azure.container: packages", &wrong],
    );
    let ran = fails(&env, "nokey", 8, &["not authorized"]);
    assert!(!ran.stderr.contains("Z2VoZWlt"), "{}", ran.stderr);
}
