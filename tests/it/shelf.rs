//! A web server in this process that packages can be put on: by PUT, by a form, as into a bucket, and as HDFS does it. It
//! can misbehave.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use serde_json::json;

type Answer = (StatusCode, HeaderMap, Bytes);

/// How a shelf misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answers what brings content with this status.
    Status(u16),
    /// Keeps a byte less than it got.
    Loses,
    /// Never answers what brings content.
    Silent,
    /// Refuses everything, and says all that it was asked, headers included.
    Echoes,
}

#[derive(Default)]
struct Inner {
    files: BTreeMap<String, Bytes>,
    /// Method and path.
    seen: Vec<String>,
    fault: Option<Fault>,
    /// What the Authorization header must be, except for GET.
    authorization: Option<String>,
    /// Where it sends those who ask for something below `/moved`.
    moved_to: Option<String>,
}

/// The server.
#[derive(Clone)]
pub struct Shelf {
    pub address: String,
    inner: Arc<Mutex<Inner>>,
}

impl Shelf {
    /// Starts a server in a thread of its own.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shelf = Self { address, inner: Arc::default() };
        let state = shelf.clone();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let app = Router::new()
                    .route("/files/{*path}", any(files))
                    .route("/moved/{*path}", any(moved))
                    .route("/form", post(form))
                    .route("/form/{name}", get(async || StatusCode::NOT_FOUND))
                    .route("/webhdfs/v1/{*path}", any(name_node))
                    .route("/data/{*path}", any(data_node))
                    // Buckets of S3, Google's and Microsoft's: an object's name is the whole path.
                    .route("/{*path}", any(files))
                    .layer(axum::middleware::from_fn_with_state(state.clone(), echo))
                    .layer(axum::extract::DefaultBodyLimit::disable())
                    .with_state(state);
                axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), app)
                    .await
                    .unwrap();
            });
        });
        shelf
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Misbehaves from now on.
    pub fn fault(&self, fault: Option<Fault>) {
        self.inner().fault = fault;
    }

    /// Wants this Authorization header from now on.
    pub fn guard(&self, authorization: &str) {
        self.inner().authorization = Some(authorization.to_owned());
    }

    /// Wants none any more.
    pub fn release(&self) {
        self.inner().authorization = None;
    }

    /// Sends those who ask for something below `/moved` there, from now on.
    pub fn move_to(&self, location: &str) {
        self.inner().moved_to = Some(location.to_owned());
    }

    /// Puts a file on it.
    pub fn put(&self, name: &str, content: Vec<u8>) {
        self.inner().files.insert(name.to_owned(), content.into());
    }

    /// The files on it.
    pub fn files(&self) -> BTreeMap<String, Bytes> {
        self.inner().files.clone()
    }

    /// What is on it.
    pub fn names(&self) -> Vec<String> {
        self.inner().files.keys().cloned().collect()
    }

    /// How often something was asked, such as `PUT` or `PUT CREATE`.
    pub fn count(&self, asked: &str) -> usize {
        let begins = |seen: &&String| seen.starts_with(&format!("{asked} "));
        self.inner().seen.iter().filter(begins).count()
    }
}

/// An answer, with what services of buckets tell of every object.
fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    let headers = [
        (header::ETAG, HeaderValue::from_static("\"1\"")),
        (header::LAST_MODIFIED, HeaderValue::from_static("Mon, 23 Nov 2026 10:00:00 GMT")),
    ];
    (StatusCode::from_u16(status).unwrap(), HeaderMap::from_iter(headers), body.into())
}

/// Refuses a request in its own words, if that is the fault.
async fn echo(State(shelf): State<Shelf>, request: Request, next: Next) -> Response {
    if shelf.inner().fault != Some(Fault::Echoes) {
        return next.run(request).await;
    }
    let mut said = format!("not you: {} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        said.push_str(&format!("{name}: {}\n", value.to_str().unwrap_or_default()));
    }
    answer(403, said).into_response()
}

async fn moved(State(shelf): State<Shelf>) -> Answer {
    let mut answer = answer(302, "");
    let location = shelf.inner().moved_to.clone().unwrap_or_default();
    answer.1.insert(header::LOCATION, HeaderValue::from_str(&location).unwrap());
    answer
}

/// Takes content, with the fault that is asked for.
async fn take(shelf: &Shelf, path: &str, content: Bytes) -> Answer {
    let fault = shelf.inner().fault;
    let content = match fault {
        Some(Fault::Status(status)) => return answer(status, "as it was told to"),
        Some(Fault::Silent) => std::future::pending().await,
        Some(Fault::Loses) => content.slice(..content.len().saturating_sub(1)),
        Some(Fault::Echoes) | None => content,
    };
    shelf.inner().files.insert(path.to_owned(), content);
    answer(201, "")
}

async fn files(
    State(shelf): State<Shelf>,
    method: Method,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    shelf.inner().seen.push(format!("{method} {path}"));
    let given = headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
    let wanted = shelf.inner().authorization.clone();
    if method != Method::GET && wanted.is_some() && wanted.as_deref() != given {
        return answer(401, "who are you?");
    }
    match method.as_str() {
        "PUT" => take(&shelf, &path, body).await,
        "DELETE" => match shelf.inner().files.remove(&path) {
            Some(_) => answer(204, ""),
            None => answer(404, ""),
        },
        _ => match shelf.inner().files.get(&path) {
            Some(content) => answer(200, content.clone()),
            None => answer(404, ""),
        },
    }
}

/// As the server that Heron's `HttpUploader` is made for: the content is the part `file`, the answer is its URI.
async fn form(State(shelf): State<Shelf>, headers: HeaderMap, body: Bytes) -> Answer {
    shelf.inner().seen.push("POST form".to_owned());
    let kind = headers[header::CONTENT_TYPE].to_str().unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let head = body.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let named = String::from_utf8_lossy(&body[..head]).into_owned();
    let name = named.split("name=\"file\"; filename=\"").nth(1).unwrap().split('"').next().unwrap();
    let end = body.len() - format!("\r\n--{boundary}--\r\n").len();
    let (status, headers, said) = take(&shelf, name, body.slice(head + 4..end)).await;
    if !status.is_success() {
        return (status, headers, said);
    }
    answer(200, format!("http://{}/files/{name}\n", shelf.address))
}

async fn name_node(
    State(shelf): State<Shelf>,
    method: Method,
    Path(path): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Answer {
    let operation = query["op"].as_str();
    let token = query.get("delegation");
    assert!(token.is_some() || query["user.name"] == crate::environment::user());
    shelf.inner().seen.push(format!("{method} {operation} {path}"));
    let done = |done: bool| answer(200, json!({ "boolean": done }).to_string());
    let mut inner = shelf.inner();
    match (method.as_str(), operation) {
        ("PUT", "MKDIRS") => done(true),
        ("PUT", "CREATE") => {
            let mut answer = answer(307, "");
            let token = token.map(|token| format!("?delegation={token}")).unwrap_or_default();
            let location = format!("http://{}/data/{path}{token}", shelf.address);
            answer.1.insert(header::LOCATION, HeaderValue::from_str(&location).unwrap());
            answer
        }
        ("PUT", "RENAME") => {
            let to = query["destination"].trim_start_matches('/').to_owned();
            let free = !inner.files.contains_key(&to);
            let content = if free { inner.files.remove(&path) } else { None };
            done(content.map(|content| inner.files.insert(to, content)).is_some())
        }
        ("GET", "GETFILESTATUS") => match inner.files.get(&path) {
            Some(file) => answer(
                200,
                json!({ "FileStatus": { "length": file.len(), "type": "FILE" } }).to_string(),
            ),
            None => exception(404, "FileNotFoundException"),
        },
        ("DELETE", "DELETE") => done(inner.files.remove(&path).is_some()),
        _ => exception(400, "UnsupportedOperationException"),
    }
}

fn exception(status: u16, name: &str) -> Answer {
    let exception = json!({ "exception": name, "message": "" });
    answer(status, json!({ "RemoteException": exception }).to_string())
}

async fn data_node(State(shelf): State<Shelf>, Path(path): Path<String>, body: Bytes) -> Answer {
    shelf.inner().seen.push(format!("PUT data {path}"));
    take(&shelf, &path, body).await
}
