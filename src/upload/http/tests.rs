//! Tests against a small server in this process.

use super::super::package::tests::package;
use super::super::wire::tests::{Dying, count};
use super::*;
use crate::net::retry::tests::HASTY;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::{any, get, post};
use std::collections::HashMap;
use std::sync::atomic::AtomicU64;

/// Method, authorization and length of a request.
type Seen = (String, Option<String>, Option<String>);

#[derive(Default)]
struct Shelf {
    files: Mutex<HashMap<String, Vec<u8>>>,
    seen: Mutex<Vec<Seen>>,
    /// Bytes that get lost on the way.
    lossy: bool,
    /// Says that it has taken what it throws away.
    lying: bool,
    /// Answers so many PUT and POST with this.
    answer: Mutex<Vec<(StatusCode, &'static str)>>,
    /// What a POST is answered with; `@` stands for the server's own folder.
    posted: &'static str,
    /// Answers HEAD as if there were nothing in what it has.
    bad_head: bool,
    /// Never answers PUT.
    silent: bool,
}

impl Shelf {
    fn answering(status: StatusCode, text: &'static str) -> Self {
        Self { answer: Mutex::new(vec![(status, text); 9]), ..Self::default() }
    }

    fn methods(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|seen| seen.0.clone()).collect()
    }
}

async fn serve(shelf: Shelf) -> (String, Arc<Shelf>) {
    let shelf = Arc::new(shelf);
    let router = Router::new()
        .route("/repo/{name}", any(handle))
        // What only takes forms: PUT of something below it is answered with 405.
        .route("/form/{name}", get(async || StatusCode::NOT_FOUND))
        .route(
            "/form",
            post(async |state, method, headers, body| {
                handle(state, method, Path("form".to_owned()), headers, body).await
            }),
        )
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
    if shelf.silent && method == Method::PUT {
        std::future::pending::<()>().await;
    }
    let mut files = shelf.files.lock().unwrap();
    let mut answer = HeaderMap::new();
    if matches!(method.as_str(), "PUT" | "POST")
        && let Some((status, text)) = shelf.answer.lock().unwrap().pop()
    {
        answer.insert(header::LOCATION, "http://elsewhere/?token=1".parse().unwrap());
        return (status, answer, text.into());
    }
    match method.as_str() {
        "PUT" => {
            let mut body = body.to_vec();
            if shelf.lossy {
                body.pop();
            }
            if shelf.lying {
                return (StatusCode::CREATED, answer, Vec::new());
            }
            let status = match files.insert(name, body) {
                None => StatusCode::CREATED,
                Some(_) => StatusCode::NO_CONTENT,
            };
            (status, answer, Vec::new())
        }
        "POST" => {
            let (name, content) = part(&text(header::CONTENT_TYPE).unwrap(), &body);
            let folder = format!("http://{}/repo", text(header::HOST).unwrap());
            let said = shelf.posted.replace('@', &folder).replace("NAME", &name);
            files.insert(name, content);
            (StatusCode::OK, answer, said.into())
        }
        "DELETE" => match files.remove(&name) {
            Some(_) => (StatusCode::NO_CONTENT, answer, Vec::new()),
            None => (StatusCode::NOT_FOUND, answer, Vec::new()),
        },
        "HEAD" if shelf.bad_head && files.contains_key(&name) => {
            answer.insert(header::CONTENT_LENGTH, "0".parse().unwrap());
            (StatusCode::OK, answer, Vec::new())
        }
        _ => match files.get(&name) {
            Some(file) => (StatusCode::OK, answer, file.clone()),
            None => (StatusCode::NOT_FOUND, answer, Vec::new()),
        },
    }
}

/// File name and content of the only part of a form, which must be named `file`.
fn part(kind: &str, body: &[u8]) -> (String, Vec<u8>) {
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let end = format!("\r\n--{boundary}--\r\n");
    let body = body.strip_suffix(end.as_bytes()).unwrap();
    let at = body.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(body[..at].to_vec()).unwrap();
    let rest = head
        .strip_prefix(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\""
        ))
        .unwrap();
    (rest.split('"').next().unwrap().to_owned(), body[at + 4..].to_vec())
}

fn config(url: String) -> HttpConfig {
    HttpConfig { url, method: Sending::Put, policy: HASTY, ..HttpConfig::default() }
}

fn silent() -> OnProgress {
    Arc::new(|_| {})
}

#[tokio::test]
async fn a_package_is_put_whole_with_credentials_that_nobody_sees() {
    let (address, shelf) = serve(Shelf::default()).await;
    let (_directory, package) = package(300_001).await;
    let store = HttpStore::new(&config(format!("http://me:s%40cret@{address}/repo/"))).unwrap();
    let seen = Arc::new(AtomicU64::new(0));
    let sink = Arc::clone(&seen);
    let progress: OnProgress = Arc::new(move |bytes| sink.store(bytes, Ordering::Relaxed));
    let uploaded = store.upload(&package, "t.tar.gz", progress).await.unwrap();
    assert_eq!(uploaded.uri, format!("http://{address}/repo/t.tar.gz"));
    assert_eq!(uploaded.uri, store.uri_of("t.tar.gz").unwrap());
    assert_eq!(uploaded.effect, Effect::Created);
    assert_eq!(seen.load(Ordering::Relaxed), package.size);
    let stored = shelf.files.lock().unwrap()["t.tar.gz"].clone();
    assert_eq!(stored, std::fs::read(&package.path).unwrap());
    let requests = shelf.seen.lock().unwrap().clone();
    let authorization = Some("Basic bWU6c0BjcmV0".to_owned());
    assert_eq!(requests[1], ("PUT".into(), authorization.clone(), Some(package.size.to_string())));
    assert!(requests.iter().all(|request| request.1 == authorization));
    assert_eq!(shelf.methods(), ["HEAD", "PUT", "HEAD"]);
    assert!(!format!("{store:?}").contains("s@cret"), "{store:?}");

    store.undo(&uploaded, "t.tar.gz").await.unwrap();
    assert!(shelf.files.lock().unwrap().is_empty());
    store.undo(&uploaded, "t.tar.gz").await.unwrap();
}

#[tokio::test]
async fn an_authorization_header_of_ones_own_counts_more() {
    let (address, shelf) = serve(Shelf::default()).await;
    let (_directory, package) = package(10).await;
    for text in ["Bearer abc", "Authorization: Bearer abc "] {
        let url = format!("http://me:x@{address}/repo");
        let authorization = Some(text.to_owned().into());
        let store = HttpStore::new(&HttpConfig { authorization, ..config(url) }).unwrap();
        store.upload(&package, "t", silent()).await.unwrap();
        assert!(!format!("{store:?}").contains("abc"), "{store:?}");
    }
    let seen = shelf.seen.lock().unwrap().clone();
    assert!(seen.iter().all(|request| request.1.as_deref() == Some("Bearer abc")), "{seen:?}");
    let authorization = Some("a\nb".to_owned().into());
    let bad = HttpStore::new(&HttpConfig { authorization, ..config("http://h/".into()) });
    assert!(matches!(bad.unwrap_err(), UploadError::Credentials { .. }));
}

#[tokio::test]
async fn what_is_there_is_not_sent_again_and_what_was_overwritten_is_not_deleted() {
    let (address, shelf) = serve(Shelf::default()).await;
    let (_one, first) = package(10).await;
    let (_two, second) = package(11).await;
    let url = format!("http://{address}/repo");
    let fetch_url = Some("hdfs://inside/x/".into());
    let store = HttpStore::new(&HttpConfig { fetch_url, ..config(url) }).unwrap();
    store.upload(&first, "t", silent()).await.unwrap();
    shelf.seen.lock().unwrap().clear();
    let again = store.upload(&first, "t", silent()).await.unwrap();
    assert_eq!(again, Uploaded { uri: "hdfs://inside/x/t".into(), effect: Effect::AlreadyThere });
    assert_eq!(shelf.methods(), ["HEAD"]);
    let other = store.upload(&second, "t", silent()).await.unwrap();
    assert_eq!(other.effect, Effect::Replaced);
    for kept in [again, other] {
        store.undo(&kept, "t").await.unwrap();
    }
    assert_eq!(shelf.files.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_head_that_says_nothing_is_asked_about_in_another_way() {
    let (address, shelf) = serve(Shelf { bad_head: true, ..Shelf::default() }).await;
    let (_directory, package) = package(10).await;
    let store = HttpStore::new(&config(format!("http://{address}/repo"))).unwrap();
    store.upload(&package, "t", silent()).await.unwrap();
    let again = store.upload(&package, "t", silent()).await.unwrap();
    assert_eq!(again.effect, Effect::AlreadyThere);
    assert_eq!(count(&shelf.methods(), "PUT"), 1);
}

#[tokio::test]
async fn a_store_that_lies_is_found_out_and_nothing_is_left() {
    let (_directory, package) = package(10).await;
    let (address, shelf) = serve(Shelf { lossy: true, ..Shelf::default() }).await;
    let store = HttpStore::new(&config(format!("http://{address}/repo"))).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::SizeMismatch { expected: 10, actual: 9, .. }), "{error}");
    assert!(shelf.files.lock().unwrap().is_empty());
    let (address, _shelf) = serve(Shelf { lying: true, ..Shelf::default() }).await;
    let store = HttpStore::new(&config(format!("http://{address}/repo"))).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::Lost { .. }), "{error}");
}

#[tokio::test]
async fn refusals_tell_status_and_body_but_no_credentials() {
    for (status, text, expected) in [
        (StatusCode::INSUFFICIENT_STORAGE, "disk\n full", "status 507: disk full"),
        (StatusCode::UNAUTHORIZED, "", "not authorized (status 401)"),
        (StatusCode::FORBIDDEN, "no", "not authorized (status 403): no"),
        (StatusCode::BAD_GATEWAY, "", "status 502"),
        (
            StatusCode::TEMPORARY_REDIRECT,
            "",
            "status 307: it redirects to http://elsewhere/?token=********",
        ),
    ] {
        let (address, shelf) = serve(Shelf::answering(status, text)).await;
        let (_directory, package) = package(10).await;
        let store = HttpStore::new(&config(format!("http://me:hidden@{address}/repo"))).unwrap();
        let error = store.upload(&package, "t", silent()).await.unwrap_err();
        assert_eq!(error.to_string(), format!("failed to PUT http://{address}/repo/t: {expected}"));
        let tries = if status == StatusCode::BAD_GATEWAY { 3 } else { 1 };
        assert_eq!(count(&shelf.methods(), "PUT"), tries, "{status}");
    }
}

#[tokio::test]
async fn a_passing_failure_is_tried_again() {
    let answer = Mutex::new(vec![(StatusCode::INTERNAL_SERVER_ERROR, ""); 2]);
    let (address, shelf) = serve(Shelf { answer, ..Shelf::default() }).await;
    let (_directory, package) = package(10).await;
    let store = HttpStore::new(&config(format!("http://{address}/repo"))).unwrap();
    let uploaded = store.upload(&package, "t", silent()).await.unwrap();
    assert_eq!(uploaded.effect, Effect::Created);
    assert_eq!(count(&shelf.methods(), "PUT"), 3);
}

#[tokio::test]
async fn a_server_that_dies_half_way_is_tried_again_and_cleaned_up() {
    let dying = Dying::start(50_000).await;
    let (_directory, package) = package(5_000_000).await;
    let store = HttpStore::new(&config(format!("http://{}/repo", dying.address))).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::Unreachable { method: "PUT", .. }), "{error}");
    let methods = dying.methods();
    assert_eq!(count(&methods, "PUT"), 3);
    assert_eq!(methods.last().unwrap(), "DELETE");
}

#[tokio::test]
async fn silence_is_an_error_and_a_broken_off_upload_can_be_discarded() {
    let (address, shelf) = serve(Shelf { silent: true, ..Shelf::default() }).await;
    let (_directory, package) = package(10).await;
    let store = HttpStore::new(&config(format!("http://{address}/repo"))).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(error.to_string().ends_with("it was silent for 400ms"), "{error}");
    assert_eq!(count(&shelf.methods(), "DELETE"), 1);
    {
        let upload = store.upload(&package, "t", silent());
        tokio::pin!(upload);
        while store.begun.lock().unwrap().is_none() {
            assert!(futures_util::poll!(&mut upload).is_pending());
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
    store.discard("t").await.unwrap();
    store.discard("t").await.unwrap();
    assert_eq!(count(&shelf.methods(), "DELETE"), 2);
}

#[tokio::test]
async fn a_form_is_posted_and_the_answer_says_where_the_package_is() {
    let (_directory, package) = package(300_001).await;
    let (address, shelf) = serve(Shelf { posted: " @/NAME\n", ..Shelf::default() }).await;
    let url = format!("http://{address}/repo/upload");
    let post = HttpConfig { method: Sending::Post, ..config(url) };
    let store = HttpStore::new(&post).unwrap();
    assert_eq!(store.uri_of("t.tar.gz").unwrap(), ANSWERED);
    let uploaded = store.upload(&package, "t.tar.gz", silent()).await.unwrap();
    assert_eq!(uploaded.uri, format!("http://{address}/repo/t.tar.gz"));
    let stored = shelf.files.lock().unwrap()["t.tar.gz"].clone();
    assert_eq!(stored, std::fs::read(&package.path).unwrap());
    store.undo(&uploaded, "t.tar.gz").await.unwrap();
    assert!(shelf.files.lock().unwrap().is_empty());

    let fetch_url = Some(format!("http://{address}/repo"));
    let store = HttpStore::new(&HttpConfig { fetch_url, ..post.clone() }).unwrap();
    let first = store.upload(&package, "t", silent()).await.unwrap();
    assert_eq!(
        (first.uri.as_str(), first.effect),
        (format!("http://{address}/repo/t").as_str(), Effect::Created)
    );
    let again = store.upload(&package, "t", silent()).await.unwrap();
    assert_eq!(again.effect, Effect::AlreadyThere);
    assert_eq!(count(&shelf.methods(), "POST"), 2);
}

#[tokio::test]
async fn a_post_is_not_repeated_once_something_was_sent_and_an_answer_without_uri_is_an_error() {
    let (_directory, package) = package(10).await;
    let (address, shelf) = serve(Shelf { posted: "thank you", ..Shelf::default() }).await;
    let url = format!("http://{address}/repo/upload");
    let post = HttpConfig { method: Sending::Post, ..config(url) };
    let error = HttpStore::new(&post).unwrap().upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::Answer { .. }), "{error}");
    let answers = vec![(StatusCode::SERVICE_UNAVAILABLE, ""), (StatusCode::BAD_GATEWAY, "")];
    *shelf.answer.lock().unwrap() = answers;
    let error = HttpStore::new(&post).unwrap().upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::Refused { status: 502, .. }), "{error}");
    shelf.seen.lock().unwrap().clear();
    *shelf.answer.lock().unwrap() = vec![(StatusCode::SERVICE_UNAVAILABLE, "")];
    let fetch_url = Some("http://other/x".to_owned());
    let store = HttpStore::new(&HttpConfig { fetch_url, ..post }).unwrap();
    let uploaded = store.upload(&package, "t", silent()).await.unwrap();
    assert_eq!(uploaded.uri, "http://other/x/t");
    assert_eq!(shelf.methods(), ["POST", "POST"]);
    // Where it is on that server nobody knows.
    assert!(store.undo(&uploaded, "t").await.is_err());
    let stays = store.remove(&uploaded.uri, "t").await.unwrap_err();
    assert!(matches!(stays, UploadError::NotRemovable { .. }), "{stays}");
}

#[tokio::test]
async fn a_server_that_does_not_know_put_gets_a_post() {
    let (_directory, package) = package(10).await;
    let (address, shelf) = serve(Shelf { posted: "@/NAME", ..Shelf::default() }).await;
    let either = |path| HttpConfig {
        method: Sending::PutOrPost,
        ..config(format!("http://{address}/{path}"))
    };
    let store = HttpStore::new(&either("form")).unwrap();
    let uploaded = store.upload(&package, "t", silent()).await.unwrap();
    assert_eq!(uploaded.uri, format!("http://{address}/repo/t"));
    store.undo(&uploaded, "t").await.unwrap();
    assert!(shelf.files.lock().unwrap().is_empty());
    // Another run of the program knows no more than where it is.
    store.upload(&package, "t", silent()).await.unwrap();
    let later = HttpStore::new(&either("form")).unwrap();
    later.remove(&uploaded.uri, "t").await.unwrap();
    later.remove(&uploaded.uri, "t").await.unwrap();
    assert!(shelf.files.lock().unwrap().is_empty());
    let error =
        HttpStore::new(&either("none")).unwrap().upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::Refused { method: "PUT", status: 404, .. }), "{error}");
}

#[tokio::test]
async fn a_package_that_changes_meanwhile_is_an_error() {
    let (address, shelf) = serve(Shelf::default()).await;
    let (_directory, mut package) = package(10).await;
    for (size, method, path) in
        [(11, Sending::Put, "repo"), (9, Sending::Put, "repo"), (11, Sending::Post, "form")]
    {
        package.size = size;
        let config = HttpConfig { method, ..config(format!("http://{address}/{path}")) };
        let error =
            HttpStore::new(&config).unwrap().upload(&package, "t", silent()).await.unwrap_err();
        assert!(matches!(error, UploadError::PackageChanged { .. }), "{error}");
    }
    assert!(shelf.files.lock().unwrap().is_empty());
}

#[tokio::test]
async fn nobody_there_is_told_with_the_address() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (_directory, package) = package(10).await;
    let store = HttpStore::new(&config(format!("http://me:hidden@{address}/repo"))).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, UploadError::Unreachable { .. }), "{text}");
    assert!(text.contains(&address.to_string()) && !text.contains("hidden"), "{text}");
}

#[test]
fn urls_that_are_no_folders_are_refused_without_their_credentials() {
    for url in ["nonsense", "ftp://u:hidden@h/x", "http://u:hidden@h/x?y", "http://h/#x", ""] {
        let error = HttpStore::new(&config(url.to_owned())).unwrap_err();
        assert!(matches!(error, UploadError::BadUrl { .. }), "{url}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}
