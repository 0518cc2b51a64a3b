use super::*;
use crate::mesos::tests::server::{
    Reply, TestServer, answer, dead_port, hasty, http, http_with, json, redirect, text,
};
use crate::net::unreachable::Unreachable;

async fn get(http: &Http, leader: &LeaderUrl) -> Result<serde_json::Value, HttpError> {
    http.get_json(leader, "/x", &[("a", "b c")]).await
}

fn basic(principal: &str, secret: &str) -> HttpSettings {
    let authorization = Authorization::Basic { principal: principal.into(), secret: secret.into() };
    HttpSettings { authorization, ..HttpSettings::default() }
}

#[tokio::test]
async fn every_request_says_who_asks() {
    let server = TestServer::start(|_| json("{}")).await;
    get(&http_with(basic("heron", "s3cret")), &server.url()).await.expect("an answer");
    let request = &server.requests()[0];
    assert_eq!(request.line(), "GET /x?a=b%20c");
    assert_eq!(request.header("authorization"), Some("Basic aGVyb246czNjcmV0"));
    assert_eq!(
        request.header("user-agent"),
        Some(concat!("heron-cli/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(request.header("accept-encoding"), None);

    let authorization = Authorization::Header("token=abc".into());
    let http = http_with(HttpSettings { authorization, ..HttpSettings::default() });
    get(&http, &server.url()).await.expect("an answer");
    assert_eq!(server.requests()[1].header("authorization"), Some("token=abc"));
}

#[tokio::test]
async fn redirects_keep_credentials_and_query() {
    let leader = TestServer::start(|_| json("{\"leader\":true}")).await;
    let target = format!("//127.0.0.1:{}/master/x?a=b", leader.port);
    let follower = TestServer::start(move |_| redirect(&target)).await;
    let answer = get(&http_with(basic("p", "s")), &follower.url()).await.expect("an answer");
    assert_eq!(answer["leader"], true);
    let request = &leader.requests()[0];
    assert_eq!(request.line(), "GET /x?a=b%20c");
    assert_eq!(request.header("authorization"), Some("Basic cDpz"));
}

#[tokio::test]
async fn no_credentials_go_over_a_plain_line_once_tls_was_spoken() {
    let server = TestServer::start(|_| json("{}")).await;
    let http = http_with(basic("p", "s"));
    get(&http, &server.url()).await.expect("an answer");
    assert!(!http.has_spoken_tls());
    let secure = LeaderUrl::new(Scheme::Https, "127.0.0.1", dead_port().await).expect("a URL");
    get(&http, &secure).await.expect_err("nobody is there");
    assert!(http.has_spoken_tls());
    get(&http, &server.url()).await.expect("an answer");
    let sent: Vec<_> =
        server.requests().iter().map(|request| request.header("authorization").is_some()).collect();
    assert_eq!(sent, [true, false]);
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let server = TestServer::start(|request| {
        redirect(&format!("{}/x", request.header("host").expect("a host")))
    })
    .await;
    let error = get(&http(), &server.url()).await.expect_err("a circle");
    assert!(matches!(error, HttpError::TooManyRedirects { .. }), "{error}");
    assert_eq!(server.requests().len(), 6);
    let server = TestServer::start(|_| redirect("/nowhere")).await;
    let error = get(&http(), &server.url()).await.expect_err("no host");
    assert!(matches!(error, HttpError::BadAnswer { .. }), "{error}");
}

#[tokio::test]
async fn statuses_are_told_apart() {
    let server = TestServer::start(|request| {
        if request.head.contains("401") {
            let challenge = "WWW-Authenticate: Basic realm=\"mesos-master-readonly\"\r\n";
            return answer("401 Unauthorized", challenge, b"401 Unauthorized.");
        }
        let status = request.line().rsplit('/').next().expect("a part");
        text(&format!("{status} Some"), "because\n")
    })
    .await;
    let url = server.url();
    let base = url.join("", &[]).to_string();
    for (status, message, transient) in [
        ("401", "not authenticated (401, Basic realm=\"mesos-master-readonly\")", false),
        ("403", "not allowed (403): because", false),
        ("404", "not found (404): because", false),
        ("400", "refused (400): because", false),
        ("409", "refused (409): because", true),
        ("500", "not ready (500): because", true),
        ("503", "not ready (503): because", true),
    ] {
        let path = format!("/{status}");
        let error = http().get_json::<serde_json::Value>(&url, &path, &[]).await.expect_err(status);
        assert_eq!(error.to_string(), format!("{base}{status}: {message}"));
        assert_eq!(error.is_transient(), transient, "{status}");
        assert!(!error.hint().is_empty());
    }
}

#[tokio::test]
async fn what_does_not_answer_is_told_apart() {
    let http = hasty();
    let cause = |result: Result<serde_json::Value, HttpError>| match result {
        Err(HttpError::Unreachable { cause, .. }) => cause,
        other => panic!("{other:?}"),
    };
    let refused = LeaderUrl::new(Scheme::Http, "127.0.0.1", dead_port().await).expect("a URL");
    assert_eq!(cause(get(&http, &refused).await), Unreachable::Refused);
    let nobody = LeaderUrl::new(Scheme::Http, "no-such-host.invalid", 5050).expect("a URL");
    let patient = crate::mesos::tests::server::http();
    assert_eq!(cause(get(&patient, &nobody).await), Unreachable::NoSuchHost);
    let silent = TestServer::start(|_| Reply::Hang(vec![])).await;
    assert_eq!(cause(get(&http, &silent.url()).await), Unreachable::TimedOut);
    let slow = TestServer::start(|_| {
        Reply::Hang(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec())
    })
    .await;
    assert_eq!(cause(get(&http, &slow.url()).await), Unreachable::TimedOut);
    let closing = TestServer::start(|_| Reply::Last(vec![])).await;
    assert_eq!(cause(get(&http, &closing.url()).await), Unreachable::Closed);
    // A server without TLS.
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = plain.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.expect("a connection");
        let _ =
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await;
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut Vec::new()).await;
    });
    let secure = LeaderUrl::new(Scheme::Https, "127.0.0.1", port).expect("a URL");
    let Unreachable::Other(reason) = cause(get(&patient, &secure).await) else { panic!() };
    assert!(!reason.is_empty());
}

#[tokio::test]
async fn answers_that_are_none_are_said_so() {
    let server = TestServer::start(|_| json("<html>")).await;
    let error = get(&http(), &server.url()).await.expect_err("no JSON");
    assert!(matches!(error, HttpError::BadAnswer { .. }), "{error}");
    let server = TestServer::start(|_| json("{\"limit\":Infinity,\"t\":\"\\/\"}")).await;
    let answer = get(&http(), &server.url()).await.expect("an answer");
    assert_eq!(answer, serde_json::json!({"limit":null,"t":"/"}));
}

fn with_tls(tls: Tls) -> HttpSettings {
    HttpSettings { tls, ..HttpSettings::default() }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    for (settings, what) in [
        (basic("a:b", "c"), "credentials"),
        (basic("a", "b:c"), "credentials"),
        (
            HttpSettings {
                authorization: Authorization::Header("a\nb".into()),
                ..HttpSettings::default()
            },
            "Authorization header",
        ),
        (with_tls(Tls { ca_pem: Some(b"no certificate".to_vec()), ..Tls::default() }), "CA file"),
        (
            with_tls(Tls { identity_pem: Some("no certificate".into()), ..Tls::default() }),
            "client certificate",
        ),
    ] {
        let Err(HttpError::Setup { what: found, .. }) = Http::new(settings) else {
            panic!("{what}")
        };
        assert_eq!(found, what);
    }
}

#[test]
fn secrets_are_not_shown() {
    let http = http_with(basic("heron", "hidden"));
    assert!(!format!("{http:?}").contains("hidden"));
    assert_eq!(http.principal(), Some("heron"));
}
