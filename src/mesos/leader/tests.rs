use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use zookeeper_client::{Acl, Acls, AuthId, Client, CreateMode, Permission};

use super::*;
use crate::mesos::http::{Authorization, HttpSettings};
use crate::mesos::tests::golden;
use crate::mesos::tests::server::{
    Reply, TestServer, answer, dead_port, hasty, http, http_with, json, redirect, text,
};

fn address(text: &str) -> MasterAddress {
    text.parse().expect(text)
}

async fn find(http: &Http, text: &str) -> Result<Leader, LeaderError> {
    Leader::find(http, &address(text), &LeaderOptions::default()).await
}

async fn leading() -> TestServer {
    TestServer::start(|request| {
        let host = request.header("host").expect("a host");
        redirect(&format!("//{host}"))
    })
    .await
}

#[tokio::test]
async fn masters_are_asked_and_their_answers_followed() {
    let leader = leading().await;
    let to = format!("//127.0.0.1:{}", leader.port);
    let follower = TestServer::start(move |_| redirect(&to)).await;
    let bare = format!("127.0.0.1:{}", leader.port);
    let bare_follower = TestServer::start(move |_| redirect(&bare)).await;
    for asked in [&leader, &follower, &bare_follower] {
        let found = find(&http(), &format!("127.0.0.1:{}", asked.port)).await.expect("a leader");
        assert_eq!(found.url, leader.url());
        assert!(asked.lines().iter().all(|line| line == "GET /redirect"));
    }
    let dead = dead_port().await;
    let unsteady =
        TestServer::start(|_| text("503 Service Unavailable", "No leader elected")).await;
    let text =
        format!("127.0.0.1:{dead},http://127.0.0.1:{},127.0.0.1:{}", unsteady.port, follower.port);
    assert_eq!(find(&http(), &text).await.expect("a leader").url, leader.url());
}

#[tokio::test]
async fn a_recorded_redirect_is_understood() {
    let recorded = golden::answer_to(
        "07-leader-and-redirect",
        "GET /redirect HTTP/1.1\r\nHost: 127.0.0.1:5060",
    );
    let server = TestServer::start(move |_| Reply::Bytes(recorded.clone())).await;
    let next = redirect_of(&http(), &server.url()).await.expect("a location");
    assert_eq!(next.to_string(), "http://127.0.0.1:5050");
}

#[tokio::test]
async fn a_leader_behind_a_tunnel_is_taken_by_the_name_asked() {
    let dead = dead_port().await;
    let server = TestServer::start(move |request| match request.line() {
        "GET /redirect" => redirect(&format!("//127.0.0.1:{dead}")),
        _ => json("{\"frameworks\":[]}"),
    })
    .await;
    let found = find(&http(), &format!("127.0.0.1:{}", server.port)).await.expect("a leader");
    assert_eq!(found.url, server.url());
    assert_eq!(server.lines(), ["GET /redirect", "GET /frameworks?framework_id=-"]);

    let follower = TestServer::start(move |_| redirect(&format!("//127.0.0.1:{dead}"))).await;
    let error = find(&http(), &format!("127.0.0.1:{}", follower.port)).await.expect_err("stale");
    assert_eq!(
        error.to_string(),
        format!(
            "no leading master: 127.0.0.1:{}: it points to http://127.0.0.1:{dead}: connection refused",
            follower.port
        )
    );
}

#[tokio::test]
async fn every_master_asked_gets_its_reason() {
    let dead = dead_port().await;
    let waiting = TestServer::start(|_| text("503 Service Unavailable", "No leader elected")).await;
    let locked = TestServer::start(|_| {
        answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n", b"")
    })
    .await;
    let circle = TestServer::start(|request| {
        let host = request.header("host").expect("a host");
        let other = if host.starts_with("localhost") { "127.0.0.1" } else { "localhost" };
        redirect(&format!("//{other}:{}", host.rsplit(':').next().expect("a port")))
    })
    .await;
    let text = format!(
        "127.0.0.1:{dead},127.0.0.1:{},http://127.0.0.1:{},127.0.0.1:{},no-such-host.invalid:5050",
        waiting.port, locked.port, circle.port
    );
    let error = find(&http(), &text).await.expect_err("nobody leads");
    let LeaderError::NoneLeads { attempts } = &error else { panic!("{error}") };
    let reasons: Vec<_> = attempts.iter().map(|attempt| attempt.reason.as_str()).collect();
    assert_eq!(
        reasons[..3],
        [
            "connection refused",
            "No leader elected (503)",
            "not authenticated (401, Basic realm=\"r\")"
        ]
    );
    assert!(
        reasons[3].starts_with("redirected more than 5 times, at last to http://"),
        "{}",
        reasons[3]
    );
    assert_eq!(reasons[4], "no such host");
    assert_eq!(attempts[2].endpoint, format!("http://127.0.0.1:{}", locked.port));
    assert!(error.is_transient());
}

#[tokio::test]
async fn who_is_refused_everywhere_need_not_ask_again() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let gateway = TestServer::start(move |_| answer(status, "", b"who are you?")).await;
        let host = format!("127.0.0.1:{}", gateway.port);
        let error = find(&http(), &host).await.expect_err("refused");
        assert!(!error.is_transient(), "{error}");
        assert!(error.hint().contains("principal"), "{error}");
        let LeaderError::NoneLeads { attempts } = error else { panic!("{error}") };
        assert!(attempts[0].denied && !attempts[0].may_pass);

        let dead = dead_port().await;
        let error = find(&http(), &format!("{host},127.0.0.1:{dead}")).await.expect_err("refused");
        assert!(error.is_transient(), "the other one may come back: {error}");
        // Whether it lives can't be told without saying who asks; the next question does.
        let leader = Leader { url: gateway.url(), source: String::new() };
        leader.check(&http()).await.expect("somebody answers");
    }
}

#[tokio::test]
async fn silence_is_bounded() {
    let silent = TestServer::start(|_| Reply::Hang(vec![])).await;
    let text = format!("127.0.0.1:{}", silent.port);
    let error = find(&hasty(), &text).await.expect_err("silence");
    assert_eq!(error.to_string(), format!("no leading master: {text}: timed out"));
    let options = LeaderOptions { timeout: Duration::from_millis(50), ..LeaderOptions::default() };
    let error = Leader::find(&http(), &address(&text), &options).await.expect_err("silence");
    assert!(matches!(error, LeaderError::TimedOut { .. }), "{error}");
}

#[tokio::test]
async fn an_address_may_come_from_a_file() {
    let leader = leading().await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("master");
    let text = format!("file://{}", path.display());
    assert!(matches!(find(&http(), &text).await, Err(LeaderError::File { .. })));
    std::fs::write(&path, format!("127.0.0.1:{}\n", leader.port)).expect("a file");
    assert_eq!(find(&http(), &text).await.expect("a leader").url, leader.url());
    for wrong in ["", "ftp://x", &text] {
        std::fs::write(&path, wrong).expect("a file");
        let error = find(&http(), &text).await.expect_err("no address");
        assert!(matches!(error, LeaderError::FileContent { .. }), "{error}");
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn a_leader_that_does_not_answer_is_stale() {
    let url = LeaderUrl::new(Scheme::Http, "127.0.0.1", dead_port().await).expect("a URL");
    let leader = Leader { url, source: "znode /mesos/json.info_0000000002".into() };
    let error = leader.check(&http()).await.expect_err("stale");
    assert!(
        error
            .to_string()
            .starts_with("no leading master: znode /mesos/json.info_0000000002 names http://"),
        "{error}"
    );
    let server = TestServer::start(|_| answer("200 OK", "", b"")).await;
    let leader = Leader { url: server.url(), source: String::new() };
    let authorization = Authorization::Header("hunter2".into());
    let known = http_with(HttpSettings { authorization, ..HttpSettings::default() });
    leader.check(&known).await.expect("an answer");
    assert_eq!(server.lines(), ["GET /health"]);
    assert_eq!(server.requests()[0].header("authorization"), None);
}

#[tokio::test]
async fn zookeeper_servers_get_their_reasons() {
    let dead = dead_port().await;
    let text = format!("zk://u:hidden@127.0.0.1:{dead},no-such-host.invalid:2181/mesos");
    let options = LeaderOptions { timeout: Duration::from_millis(500), ..LeaderOptions::default() };
    let error = Leader::find(&http(), &address(&text), &options).await.expect_err("nobody");
    let error = error.to_string();
    assert!(error.contains(&format!("127.0.0.1:{dead} refused the connection")), "{error}");
    assert!(error.contains("no-such-host.invalid:2181 no such host"), "{error}");
    assert!(!error.contains("hidden"), "{error}");
    let other = TestServer::start(|_| text_of_http()).await;
    let text = format!("zk://127.0.0.1:{}/mesos", other.port);
    let error = Leader::find(&http(), &address(&text), &options).await.expect_err("no ZooKeeper");
    assert!(matches!(error, LeaderError::Election(ElectionError::Connect(_))), "{error}");
}

fn text_of_http() -> Reply {
    text("400 Bad Request", "")
}

/// A ZooKeeper of Debian's package. It ends with us: the shell kills it when our end of its input closes.
struct ZooKeeper {
    port: u16,
    _shell: Child,
    _directory: tempfile::TempDir,
}

impl ZooKeeper {
    #[allow(clippy::zombie_processes)] // it ends with us
    async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let port = dead_port().await;
        let configuration = format!(
            "tickTime=500\ndataDir={}\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n",
            directory.path().display()
        );
        let file = directory.path().join("zoo.cfg");
        std::fs::write(&file, configuration).expect("a file");
        let script = "java -Xmx64m -XX:TieredStopAtLevel=1 -cp '/usr/share/java/*' \
             org.apache.zookeeper.server.quorum.QuorumPeerMain \"$0\" </dev/null & read -r _; kill -9 $!";
        let shell = Command::new("sh")
            .args(["-c", script])
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        for _ in 0..600 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Self { port, _shell: shell, _directory: directory };
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("ZooKeeper did not start; is Debian's package zookeeper installed?");
    }

    /// Open connections, that of the question included.
    fn connections(&self) -> usize {
        let mut stream =
            std::net::TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream.write_all(b"srvr").expect("a question");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let line =
            text.lines().find_map(|line| line.strip_prefix("Connections: ")).expect("a count");
        line.parse().expect("a number")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_leader_is_found_in_zookeeper() {
    let server = ZooKeeper::start().await;
    let hosts = format!("127.0.0.1:{}", server.port);
    let zk = Client::connect(&hosts).await.expect("a session");
    let text = format!("zk://{hosts}/mesos");
    let http = http();

    let error = find(&http, &text).await.expect_err("no path");
    assert_eq!(
        error.to_string(),
        format!("{text}: no leading master: znode /mesos does not exist")
    );
    assert!(zk.check_stat("/mesos").await.expect("an answer").is_none(), "nothing is created");

    let open = CreateMode::Persistent.with_acls(Acls::anyone_all());
    zk.create("/mesos", b"", &open).await.expect("a node");
    zk.create("/mesos/log_replicas", b"", &open).await.expect("a node");
    let error = find(&http, &text).await.expect_err("no master");
    assert!(
        matches!(error, LeaderError::Election(ElectionError::NoMaster { children: 1, .. })),
        "{error}"
    );

    let info = |port: u16| {
        format!(
            "{{\"address\":{{\"hostname\":\"localhost\",\"ip\":\"127.0.0.1\",\"port\":{port}}},\"ip\":16777343,\"port\":{port}}}"
        )
    };
    zk.create("/mesos/json.info_0000000012", info(5060).as_bytes(), &open).await.expect("a node");
    zk.create("/mesos/json.info_0000000003", info(5050).as_bytes(), &open).await.expect("a node");
    let leader = find(&http, &text).await.expect("a leader");
    assert_eq!(leader.url.to_string(), "http://127.0.0.1:5050");
    assert_eq!(leader.source, "znode /mesos/json.info_0000000003");
    let options =
        LeaderOptions { scheme: Scheme::Https, prefer_hostname: true, ..LeaderOptions::default() };
    let leader = Leader::find(&http, &address(&text), &options).await.expect("a leader");
    assert_eq!(leader.url.to_string(), "https://localhost:5050");

    // An older master leads.
    zk.create("/mesos/info_0000000002", b"\x10\xff\x80\x80\x08\x18\xba\x27", &open)
        .await
        .expect("a node");
    assert_eq!(
        find(&http, &text).await.expect("a leader").url.to_string(),
        "http://127.0.0.1:5050"
    );
    zk.create("/mesos/json.info_0000000001", b"{}", &open).await.expect("a node");
    let error = find(&http, &text).await.expect_err("no address");
    assert!(matches!(error, LeaderError::Election(ElectionError::BadNode { .. })), "{error}");

    credentials_are_used(&server, &hosts, &info(5070)).await;

    drop(zk);
    let mut connections = server.connections();
    for _ in 0..100 {
        if connections == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        connections = server.connections();
    }
    assert_eq!(connections, 1, "all sessions are closed");
}

async fn credentials_are_used(server: &ZooKeeper, hosts: &str, info: &str) {
    let zk = Client::connector()
        .with_auth("digest", b"user:p@ss")
        .connect(hosts)
        .await
        .expect("a session");
    let acl = [Acl::new(Permission::ALL, AuthId::authed())];
    let locked = CreateMode::Persistent.with_acls(Acls::new(&acl));
    zk.create("/locked", b"", &locked).await.expect("a node");
    zk.create("/locked/json.info_0000000001", info.as_bytes(), &locked).await.expect("a node");
    let found = find(&http(), &format!("zk://user:p@ss@127.0.0.1:{}/locked", server.port)).await;
    assert_eq!(found.expect("a leader").url.to_string(), "http://127.0.0.1:5070");
    for wrong in ["", "user:hidden@"] {
        let error =
            find(&http(), &format!("zk://{wrong}{hosts}/locked")).await.expect_err("no access");
        assert!(matches!(error, LeaderError::Election(ElectionError::Denied { .. })), "{error}");
        assert!(!error.to_string().contains("hidden"));
        assert!(!error.is_transient());
    }
}
