//! A web server in this process that packages can be put on: by PUT, by a form, and as HDFS does it. It can misbehave.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
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
}

#[derive(Default)]
struct Inner {
    files: BTreeMap<String, Bytes>,
    /// Method and path.
    seen: Vec<String>,
    fault: Option<Fault>,
    /// What the Authorization header must be, except for GET.
    authorization: Option<String>,
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
                    .route("/form", post(form))
                    .route("/form/{name}", get(async || StatusCode::NOT_FOUND))
                    .route("/webhdfs/v1/{*path}", any(name_node))
                    .route("/data/{*path}", any(data_node))
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

fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    (StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.into())
}

/// Takes content, with the fault that is asked for.
async fn take(shelf: &Shelf, path: &str, content: Bytes) -> Answer {
    let fault = shelf.inner().fault;
    let content = match fault {
        Some(Fault::Status(status)) => return answer(status, "as it was told to"),
        Some(Fault::Silent) => std::future::pending().await,
        Some(Fault::Loses) => content.slice(..content.len().saturating_sub(1)),
        None => content,
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
    assert_eq!(query["user.name"], crate::environment::user());
    shelf.inner().seen.push(format!("{method} {operation} {path}"));
    let done = |done: bool| answer(200, json!({ "boolean": done }).to_string());
    let mut inner = shelf.inner();
    match (method.as_str(), operation) {
        ("PUT", "MKDIRS") => done(true),
        ("PUT", "CREATE") => {
            let mut answer = answer(307, "");
            let location = format!("http://{}/data/{path}", shelf.address);
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
