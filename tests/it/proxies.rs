//! Proxies: what goes to the world goes through them and obeys `no_proxy`; what stays in the cluster never does.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::environment::{Ran, TestEnv, TestOptions};
use crate::shelf::Shelf;

/// Names that only the proxy knows, and what is behind them.
#[derive(Clone)]
enum Behind {
    /// A server.
    Server(String),
    /// Files of a directory.
    Files(PathBuf),
    /// Somebody who lets nobody in.
    Nobody,
}

/// A proxy that remembers what it was asked for: method and URL.
struct Proxy {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(names: &[(&'static str, Behind)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let names: BTreeMap<_, _> = names.iter().cloned().collect();
        let list = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (names, list) = (names.clone(), Arc::clone(&list));
                std::thread::spawn(move || pass_on(stream, &names, &list));
            }
        });
        Self { url, seen }
    }

    /// What was asked for that holds a text, since the last look.
    fn take(&self, text: &str) -> Vec<String> {
        let all = std::mem::take(&mut *self.seen.lock().unwrap());
        all.into_iter().filter(|asked| asked.contains(text)).collect()
    }
}

/// Passes one request on, and its answer back.
fn pass_on(
    stream: TcpStream,
    names: &BTreeMap<&str, Behind>,
    seen: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut client = BufReader::new(stream);
    let mut line = String::new();
    client.read_line(&mut line).ok()?;
    let (method, rest) = line.split_once(' ')?;
    let url = rest.split(' ').next()?;
    seen.lock().unwrap().push(format!("{method} {url}"));
    let (authority, path) = url.strip_prefix("http://")?.split_once('/')?;
    let (mut head, mut length) = (format!("{method} /{path} HTTP/1.1\r\n"), 0);
    loop {
        let mut line = String::new();
        client.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(given) = lower.strip_prefix("content-length:") {
            length = given.trim().parse().ok()?;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    head.push_str("Connection: close\r\n\r\n");
    let mut body = vec![0; length];
    client.read_exact(&mut body).ok()?;
    let answer = match names.get(authority).cloned().unwrap_or(Behind::Server(authority.to_owned()))
    {
        Behind::Server(address) => {
            let mut server = TcpStream::connect(address).ok()?;
            server.write_all(head.as_bytes()).ok()?;
            server.write_all(&body).ok()?;
            let mut answer = Vec::new();
            server.read_to_end(&mut answer).ok()?;
            answer
        }
        Behind::Files(directory) => {
            let content = std::fs::read(directory.join(path)).ok()?;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len());
            [head.into_bytes(), content].concat()
        }
        Behind::Nobody => b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_vec(),
    };
    client.get_mut().write_all(&answer).ok()
}

/// Runs the binary with variables of the environment.
fn run(env: &TestEnv, words: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = env.command(words);
    command.envs(variables.iter().copied());
    Ran::from(command.output().unwrap())
}

#[track_caller]
fn succeeds(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
}

#[test]
fn packages_go_through_the_proxy_and_the_cluster_is_asked_straight() {
    let mut env = TestEnv::new();
    let shelf = Shelf::start();
    let behind = Behind::Server(shelf.address.clone());
    let proxy = Proxy::start(&[("store.invalid", behind.clone()), ("nn.invalid", behind)]);
    let all = [("http_proxy", proxy.url.as_str()), ("all_proxy", proxy.url.as_str())];
    let file = env.topology("proxied", 1);
    for (uploader, key, asked) in [
        (
            "HttpUploader",
            "heron.uploader.http.uri: http://store.invalid/files",
            "http://store.invalid/files/",
        ),
        (
            "WebHdfsUploader",
            "heron.uploader.webhdfs.uri: http://nn.invalid/files",
            "http://nn.invalid/webhdfs/v1/",
        ),
    ] {
        env.write_config(&[
            format!("heron.class.uploader: {uploader}"),
            key.to_owned(),
            format!("heron.package.topology.uri: http://{}/files", shelf.address),
        ]);
        if uploader == "HttpUploader" {
            succeeds(&run(&env, &["submit", &file], &all));
            succeeds(&run(&env, &["deactivate", "proxied"], &all));
            succeeds(&run(&env, &["restart", "proxied", "1"], &all));
            succeeds(&run(&env, &["kill", "proxied"], &all));
            let seen = proxy.seen.lock().unwrap().clone();
            assert!(seen.iter().all(|line| line.contains("store.invalid")), "{seen:?}");
        } else {
            // Where agents would find it is another matter.
            let ran = run(&env, &["submit", &file, "--wait", "none"], &all);
            succeeds(&ran);
            succeeds(&run(&env, &["kill", "proxied"], &all));
        }
        let asked: Vec<_> = proxy.take(asked);
        assert!(asked.iter().any(|line| line.starts_with("PUT ")), "{asked:?}");
    }
    // Whoever needs none is asked straight.
    env.write_config(&[
        "heron.class.uploader: HttpUploader".to_owned(),
        format!("heron.uploader.http.uri: http://{}/files", shelf.address),
    ]);
    let without = [all[0], all[1], ("no_proxy", "localhost,127.0.0.1")];
    succeeds(&run(&env, &["submit", &file], &without));
    succeeds(&run(&env, &["kill", "proxied"], &without));
    assert_eq!(proxy.take(""), Vec::<String>::new());
    // A variable that a web server sets from a header is none.
    succeeds(&run(&env, &["submit", &file], &[("HTTP_PROXY", &proxy.url)]));
    succeeds(&run(&env, &["kill", "proxied"], &[]));
    assert_eq!(proxy.take(""), Vec::<String>::new());
}

#[test]
fn buckets_are_reached_through_the_proxy() {
    let mut env = TestEnv::new();
    let proxy = Proxy::start(&[("s3.invalid", Behind::Nobody), ("own.invalid", Behind::Nobody)]);
    let file = env.topology("bucketed", 1);
    let mut lines = vec![
        "heron.class.uploader: S3Uploader".to_owned(),
        "heron.uploader.s3.bucket: packages".to_owned(),
        "heron.uploader.s3.uri: http://s3.invalid".to_owned(),
        "heron.uploader.s3.access_key: AKIA".to_owned(),
        "heron.uploader.s3.secret_key: geheim".to_owned(),
    ];
    env.write_config(&lines);
    let ran = run(&env, &["submit", &file], &[("http_proxy", &proxy.url)]);
    assert_eq!(ran.code, 8, "{}", ran.stderr);
    assert_ne!(proxy.take("http://s3.invalid/packages"), Vec::<String>::new());
    // The bucket's own setting counts more.
    lines.push(format!("heron.uploader.s3.proxy_uri: {}", proxy.url));
    env.write_config(&lines);
    let ran = run(&env, &["submit", &file], &[("http_proxy", "http://127.0.0.1:1")]);
    assert_eq!(ran.code, 8, "{}", ran.stderr);
    assert_ne!(proxy.take("http://s3.invalid/packages"), Vec::<String>::new());
    env.assert_nothing_left("bucketed");
}

#[test]
fn a_topology_and_the_release_of_the_core_are_fetched_through_the_proxy() {
    let release = "0.17.8".to_owned();
    let env = TestEnv::with(&TestOptions { release, ..TestOptions::default() });
    let file = env.topology("distant", 1);
    let core = PathBuf::from(env.core.strip_prefix("file://").unwrap());
    let proxy = Proxy::start(&[
        ("files.invalid", Behind::Files(env.directory.path().to_owned())),
        ("core.invalid", Behind::Files(core.parent().unwrap().to_owned())),
    ]);
    let name = core.file_name().unwrap().to_str().unwrap();
    let uri = format!("heron.core.release.uri=http://core.invalid/{name}");
    let words = ["submit", &file, "--dry-run", "-o", "json", "--config-property", &uri];
    let ran = run(&env, &words, &[("http_proxy", &proxy.url)]);
    succeeds(&ran);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["release"]["version"], "0.17.8", "{document}");
    assert_ne!(proxy.take("http://core.invalid/"), Vec::<String>::new());
    // Where it can't be looked into, that is said.
    let ran = run(&env, &words, &[]);
    succeeds(&ran);
    assert!(
        ran.stderr.contains("the newest: ") && ran.stderr.contains("no such host"),
        "{}",
        ran.stderr
    );

    let words = [
        "submit",
        "http://files.invalid/distant.defn",
        "--topology-binary",
        "http://files.invalid/topologies.pex",
        "--dry-run",
    ];
    succeeds(&run(&env, &words, &[("http_proxy", &proxy.url)]));
    assert_eq!(proxy.take("http://files.invalid/").len(), 2);
}
