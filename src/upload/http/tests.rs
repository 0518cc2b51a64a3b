//! Tests against a small server in this process.

use super::super::package::tests::package;
use super::*;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Method, authorization and length of a request.
type Seen = (String, Option<String>, Option<String>);

#[derive(Default)]
struct Shelf {
    files: Mutex<HashMap<String, Vec<u8>>>,
    seen: Mutex<Vec<Seen>>,
    /// Bytes that get lost on the way.
    lossy: bool,
    /// Answers every PUT with this.
    answer: Option<(StatusCode, &'static str)>,
}

async fn serve(shelf: Shelf) -> (String, Arc<Shelf>) {
    let shelf = Arc::new(shelf);
    let router = Router::new()
        .route("/repo/{name}", any(handle))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(Arc::clone(&shelf));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("{address}"), shelf)
}

async fn handle(
    State(shelf): State<Arc<Shelf>>,
    method: Method,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, Vec<u8>) {
    let text = |name| {
        headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap().to_owned())
    };
    shelf.seen.lock().unwrap().push((
        method.to_string(),
        text(header::AUTHORIZATION),
        text(header::CONTENT_LENGTH),
    ));
    let mut files = shelf.files.lock().unwrap();
    let mut answer = HeaderMap::new();
    match method.as_str() {
        "PUT" => {
            if let Some((status, text)) = shelf.answer {
                answer.insert(header::LOCATION, "http://elsewhere/".parse().unwrap());
                return (status, answer, text.into());
            }
            let mut body = body.to_vec();
            if shelf.lossy {
                body.pop();
            }
            let status = match files.insert(name, body) {
                None => StatusCode::CREATED,
                Some(_) => StatusCode::NO_CONTENT,
            };
            (status, answer, Vec::new())
        }
        "DELETE" => match files.remove(&name) {
            Some(_) => (StatusCode::NO_CONTENT, answer, Vec::new()),
            None => (StatusCode::NOT_FOUND, answer, Vec::new()),
        },
        _ => match files.get(&name) {
            Some(file) => (StatusCode::OK, answer, file.clone()),
            None => (StatusCode::NOT_FOUND, answer, Vec::new()),
        },
    }
}

fn config(url: String) -> HttpConfig {
    HttpConfig { url, fetch_url: None, credentials: None, proxy: None, timeout: None }
}

fn silent() -> Progress {
    Arc::new(|_| {})
}

#[tokio::test]
async fn a_package_is_put_whole_with_credentials_that_nobody_sees() {
    let (address, shelf) = serve(Shelf::default()).await;
    let (_directory, package) = package(CHUNK * 3 + 1).await;
    let store = HttpStore::new(&config(format!("http://me:s%40cret@{address}/repo/"))).unwrap();
    let seen = Arc::new(AtomicU64::new(0));
    let sink = Arc::clone(&seen);
    let progress: Progress = Arc::new(move |bytes| sink.store(bytes, Ordering::Relaxed));
    let uploaded = store.upload(&package, "t.tar.gz", progress).await.unwrap();
    assert_eq!(uploaded.uri, format!("http://{address}/repo/t.tar.gz"));
    assert_eq!(uploaded.uri, store.uri_of("t.tar.gz").unwrap());
    assert_eq!(uploaded.effect, Effect::Created);
    assert_eq!(seen.load(Ordering::Relaxed), package.size);
    let stored = shelf.files.lock().unwrap()["t.tar.gz"].clone();
    assert_eq!(stored, std::fs::read(&package.path).unwrap());
    let requests = shelf.seen.lock().unwrap().clone();
    let authorization = Some("Basic bWU6c0BjcmV0".to_owned());
    assert_eq!(requests[0], ("PUT".into(), authorization.clone(), Some(package.size.to_string())));
    assert_eq!(requests[1].0, "HEAD");
    assert_eq!(requests[1].1, authorization);
    assert!(!format!("{store:?}").contains("s@cret"), "{store:?}");

    store.undo(&uploaded, "t.tar.gz").await.unwrap();
    assert!(shelf.files.lock().unwrap().is_empty());
    store.undo(&uploaded, "t.tar.gz").await.unwrap();
}

#[tokio::test]
async fn what_was_overwritten_is_not_deleted() {
    let (address, shelf) = serve(Shelf::default()).await;
    let (_directory, package) = package(10).await;
    let config = HttpConfig {
        fetch_url: Some("http://inside/x".into()),
        ..config(format!("http://{address}/repo"))
    };
    let store = HttpStore::new(&config).unwrap();
    store.upload(&package, "t", silent()).await.unwrap();
    let again = store.upload(&package, "t", silent()).await.unwrap();
    assert_eq!(again, Uploaded { uri: "http://inside/x/t".into(), effect: Effect::Replaced });
    store.undo(&again, "t").await.unwrap();
    assert_eq!(shelf.files.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_loss_on_the_way_is_noticed() {
    let (address, _shelf) = serve(Shelf { lossy: true, ..Shelf::default() }).await;
    let (_directory, package) = package(10).await;
    let store = HttpStore::new(&config(format!("http://{address}/repo"))).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::SizeMismatch { expected: 10, actual: 9, .. }), "{error}");
}

#[tokio::test]
async fn refusals_tell_status_and_body_but_no_credentials() {
    for (status, text, expected) in [
        (StatusCode::INSUFFICIENT_STORAGE, "disk\n full", "status 507: disk full"),
        (StatusCode::UNAUTHORIZED, "", "not authorized (status 401)"),
        (StatusCode::TEMPORARY_REDIRECT, "", "status 307: it redirects to http://elsewhere/"),
    ] {
        let (address, _shelf) =
            serve(Shelf { answer: Some((status, text)), ..Shelf::default() }).await;
        let (_directory, package) = package(10).await;
        let store = HttpStore::new(&config(format!("http://me:secret@{address}/repo"))).unwrap();
        let error = store.upload(&package, "t", silent()).await.unwrap_err();
        let wanted = format!("failed to PUT http://{address}/repo/t: {expected}");
        assert_eq!(error.to_string(), wanted);
    }
}

#[tokio::test]
async fn a_package_that_changes_and_a_server_that_is_away_are_errors() {
    let (address, shelf) = serve(Shelf::default()).await;
    let (_directory, mut package) = package(10).await;
    package.size = 11;
    let store = HttpStore::new(&config(format!("http://{address}/repo"))).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::PackageChanged { .. }), "{error}");
    assert!(shelf.files.lock().unwrap().is_empty());

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    package.size = 10;
    let store = HttpStore::new(&config(format!("http://me:secret@{closed}/repo"))).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::Unreachable { .. }), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn folders_must_be_http_folders() {
    for url in ["", "x", "ftp://h/", "http://", "http://h/?q", "http://h/#f", "http://me:secret@"] {
        let error = HttpStore::new(&config(url.to_owned())).unwrap_err();
        assert!(matches!(error, UploadError::BadUrl { .. }), "{url}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
