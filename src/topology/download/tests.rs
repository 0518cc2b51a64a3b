use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::location::Location;
use super::*;
use crate::net::retry::tests::HASTY;

/// A server of files, of which one asks for a password and one never ends.
async fn server() -> String {
    let body = || async { "content" };
    let named = || async { ([("content-disposition", "attachment; filename=\"n.pex\"")], "named") };
    let secret = |headers: HeaderMap| async move {
        let given = headers.get("authorization").and_then(|value| value.to_str().ok());
        // me:hunter2
        if given == Some("Basic bWU6aHVudGVyMg==") {
            "secret".into_response()
        } else {
            StatusCode::UNAUTHORIZED.into_response()
        }
    };
    let silent = || async {
        tokio::time::sleep(Duration::from_mins(10)).await;
        "late"
    };
    let endless = || async {
        let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![0; 1000]));
        axum::body::Body::from_stream(chunks)
    };
    let cut = || async {
        let chunks = [Ok(vec![0; 1000]), Err(std::io::Error::other("the disk died"))];
        axum::body::Body::from_stream(futures_util::stream::iter(chunks))
    };
    let page = || async { ([("content-type", "text/html; charset=utf-8")], "<html>") };
    let app = Router::new()
        .route("/t.jar", get(body))
        .route("/file/42", get(named))
        .route("/nameless", get(body))
        .route("/secret.jar", get(secret))
        .route("/silent.jar", get(silent))
        .route("/endless.jar", get(endless))
        .route("/cut.jar", get(cut))
        .route("/page.jar", get(page))
        .route("/latest", get(|| async { Redirect::temporary("/t.jar?sig=hunter2") }))
        .route("/round", get(|| async { Redirect::temporary("/round?sig=hunter2") }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address.to_string()
}

fn limits() -> DownloadLimits {
    let limits = DownloadLimits::new(100_000, Instant::now() + Duration::from_mins(1));
    DownloadLimits { policy: HASTY, ..limits }
}

/// The name and content of what is downloaded.
async fn fetched(url: &str, limits: &DownloadLimits) -> Result<(String, String), DownloadError> {
    let Ok(Location::Web(file)) = Location::parse(url) else { panic!("{url}") };
    let directory = tempfile::tempdir().unwrap();
    let path = download(&file, directory.path(), &Proxies::default(), limits, &|_, _| {}).await?;
    assert_eq!(path.parent(), Some(directory.path()));
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    Ok((name, std::fs::read_to_string(path).unwrap()))
}

#[tokio::test]
async fn files_are_fetched_under_their_names() {
    let host = server().await;
    for (path, name, content) in [
        ("t.jar?sig=1#x", "t.jar", "content"),
        ("file/42", "n.pex", "named"),
        ("latest", "t.jar", "content"),
    ] {
        let got = fetched(&format!("http://{host}/{path}"), &limits()).await.unwrap();
        assert_eq!(got, (name.to_owned(), content.to_owned()), "{path}");
    }
    let got = fetched(&format!("http://me:hunter2@{host}/secret.jar"), &limits()).await.unwrap();
    assert_eq!(got.1, "secret");
}

#[tokio::test]
async fn progress_is_told() {
    let host = server().await;
    let Ok(Location::Web(file)) = Location::parse(&format!("http://{host}/t.jar")) else {
        panic!("no file")
    };
    let told = Mutex::new(Vec::new());
    let directory = tempfile::tempdir().unwrap();
    let note = |done, total| told.lock().unwrap().push((done, total));
    download(&file, directory.path(), &Proxies::default(), &limits(), &note).await.unwrap();
    assert_eq!(told.into_inner().unwrap(), [(7, Some(7))]);
}

#[tokio::test]
async fn what_can_not_be_fetched_is_told_without_secrets() {
    let host = server().await;
    let cases = [
        ("gone.jar", "404"),
        ("secret.jar", "401"),
        ("page.jar", "web page"),
        ("nameless", "names no topology file"),
        ("endless.jar", "larger than 100000 bytes"),
        ("cut.jar", "failed to download"),
        ("round", "too often"),
    ];
    for (path, part) in cases {
        let url = format!("http://you:hunter2@{host}/{path}?sig=hunter2");
        let error = fetched(&url, &limits()).await.unwrap_err();
        let text = format!("{:#}", anyhow::Error::from(error));
        assert!(text.contains(part) && text.contains(path), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let error = fetched(&format!("http://{closed}/t.jar"), &limits()).await.unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
}

/// A server that fails in one way after the other, and then has the file; counts who asks.
async fn recovering(failures: Vec<&'static [u8]>) -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let at = count.fetch_add(1, Ordering::Relaxed);
            let good: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncontent";
            let _ = stream.write_all(failures.get(at).copied().unwrap_or(good)).await;
        }
    });
    (format!("http://{address}/t.jar"), asked)
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n";
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncon";
    let (url, asked) = recovering(vec![b"", busy]).await;
    assert_eq!(fetched(&url, &limits()).await.unwrap().1, "content");
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    let (url, _) = recovering(vec![half]).await;
    assert_eq!(fetched(&url, &limits()).await.unwrap().1, "content");
    // What doesn't pass, or not soon enough, isn't.
    let gone = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n";
    let later = b"HTTP/1.1 503 Busy\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n";
    for failure in [gone.as_slice(), later] {
        let (url, asked) = recovering(vec![failure]).await;
        let error = fetched(&url, &limits()).await.unwrap_err();
        assert!(matches!(error, DownloadError::Refused { .. }), "{error}");
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn a_server_has_only_so_long_and_so_many_bytes() {
    let host = server().await;
    let mut limits = limits();
    limits.deadline = Instant::now() + Duration::from_millis(200);
    let error = fetched(&format!("http://{host}/silent.jar"), &limits).await.unwrap_err();
    assert!(matches!(error, DownloadError::TimedOut { .. }), "{error}");
    limits.deadline = Instant::now() + Duration::from_mins(1);
    limits.bytes = 6;
    let error = fetched(&format!("http://{host}/t.jar"), &limits).await.unwrap_err();
    assert!(matches!(error, DownloadError::TooLarge { limit: 6, .. }), "{error}");
}

#[test]
fn proxies_that_are_none_are_refused() {
    let proxies = |http: &str| Proxies { http: Some(http.to_owned()), ..Proxies::default() };
    assert!(client(&proxies("http://proxy:3128"), SILENCE).is_ok());
    assert!(client(&proxies("\u{0}"), SILENCE).is_err());
}
