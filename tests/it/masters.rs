//! Masters, and what stands before them: credentials, redirects, refusals.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::environment::{TestEnv, zookeeper};

/// A server that answers everything alike, and remembers who asked for what: path, and whether with credentials.
#[derive(Clone)]
struct Gate {
    address: String,
    seen: Arc<Mutex<Vec<(String, bool)>>>,
    answer: fn(&str) -> (StatusCode, HeaderMap),
}

impl Gate {
    fn start(answer: fn(&str) -> (StatusCode, HeaderMap)) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let gate = Self { address, seen: Arc::default(), answer };
        let state = gate.clone();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let app = Router::new().fallback(answered).with_state(state);
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
        });
        gate
    }

    fn property(&self) -> String {
        format!("heron.mesos.master.uri={}", self.address)
    }

    fn seen(&self) -> Vec<(String, bool)> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answered(State(gate): State<Gate>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let shown = request.headers().contains_key(header::AUTHORIZATION);
    gate.seen.lock().unwrap().push((path.clone(), shown));
    let (status, mut headers) = (gate.answer)(&path);
    if let Some(to) = headers.get_mut(header::LOCATION) {
        let text = to.to_str().unwrap().replace("SELF", &gate.address);
        *to = text.parse().unwrap();
    }
    (status, headers).into_response()
}

fn located(status: StatusCode, to: &str) -> (StatusCode, HeaderMap) {
    let mut headers = HeaderMap::new();
    headers.insert(header::LOCATION, to.parse().unwrap());
    (status, headers)
}

/// A principal with its secret, as properties.
fn secret(env: &TestEnv) -> [String; 2] {
    let path = env.directory.path().join("mesos.secret");
    std::fs::write(&path, "hunter2").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let file = format!("heron.mesos.secret.file={}", path.display());
    ["heron.mesos.principal=heron".to_owned(), file]
}

#[test]
fn a_gateway_that_refuses_everything_ends_it_at_once() {
    let env = TestEnv::new();
    let file = env.topology("refused", 1);
    let unauthorized = Gate::start(|_| (StatusCode::UNAUTHORIZED, HeaderMap::new()));
    let forbidden = Gate::start(|_| (StatusCode::FORBIDDEN, HeaderMap::new()));
    for (gate, word) in [(unauthorized, "401"), (forbidden, "403")] {
        for words in [&["submit", &file][..], &["submit", &file, "--dry-run"], &["check", "fetch"]]
        {
            let began = Instant::now();
            let property = gate.property();
            let mut words = words.to_vec();
            words.extend(["--config-property", &property]);
            let ran = env.run(&words);
            assert_eq!(ran.code, 8, "{words:?}: {}", ran.stderr);
            assert!(
                ran.stderr.contains(word) && ran.stderr.contains(&gate.address),
                "{}",
                ran.stderr
            );
            // Ten seconds are what a leader is waited for.
            assert!(began.elapsed() < Duration::from_secs(8), "{words:?}: {:?}", began.elapsed());
        }
    }
    env.assert_nothing_left("refused");
}

#[test]
fn a_whole_url_in_a_redirect_means_its_schemes_port() {
    let env = TestEnv::new();
    let gate = Gate::start(|path| match path {
        "/redirect" => located(StatusCode::TEMPORARY_REDIRECT, "https://127.0.0.1/mesos"),
        _ => (StatusCode::NOT_FOUND, HeaderMap::new()),
    });
    let ran =
        env.run(&["check", "fetch", "--config-property", &gate.property(), "--timeout", "3s"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(ran.stderr.contains("it points to https://127.0.0.1"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("5050"), "{}", ran.stderr);
}

#[test]
fn whether_a_master_lives_is_asked_without_credentials() {
    let env = TestEnv::new();
    let gate = Gate::start(|path| match path {
        "/redirect" => located(StatusCode::TEMPORARY_REDIRECT, "//SELF"),
        "/health" => (StatusCode::OK, HeaderMap::new()),
        _ => (StatusCode::FORBIDDEN, HeaderMap::new()),
    });
    let [principal, secret] = secret(&env);
    let property = gate.property();
    let properties = [principal, secret, property];
    let mut words = vec!["check", "fetch"];
    words.extend(properties.iter().flat_map(|property| ["--config-property", property]));
    assert_eq!(env.run(&words).code, 8);
    let seen = gate.seen();
    let shown = |path: &str| {
        let of: Vec<bool> =
            seen.iter().filter(|(at, _)| at == path).map(|(_, shown)| *shown).collect();
        assert!(!of.is_empty(), "{path} was not asked for: {seen:?}");
        of.into_iter().all(|shown| shown)
    };
    assert!(shown("/redirect") && shown("/api/v1/scheduler"), "{seen:?}");
    assert!(!shown("/health"), "{seen:?}");
}

#[test]
fn a_secret_on_a_plain_line_is_warned_of_once() {
    let env = TestEnv::new();
    let file = env.topology("warned", 1);
    // Masters of an election are wherever they are; those on this machine are nobody's business.
    let name = env.root.rsplit('/').next().unwrap();
    let master = format!("heron.mesos.master.uri=zk://{}/it-mesos/{name}", zookeeper());
    let [principal, secret] = secret(&env);
    for verb in [&["submit", &file][..], &["restart", "warned", "1"], &["kill", "warned"]] {
        let mut words = verb.to_vec();
        for property in [&principal, &secret, &master] {
            words.extend(["--config-property", property]);
        }
        let ran = env.ok(&words);
        let warnings = ran.stderr.matches("crosses the network in readable form").count();
        assert_eq!(warnings, 1, "{verb:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    env.assert_nothing_left("warned");
}
