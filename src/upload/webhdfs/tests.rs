//! Tests against a name node and a data node in this process, which are as strict as Hadoop's.

use super::super::package::tests::package;
use super::*;
use crate::net::retry::tests::HASTY;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::routing::any;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

type Answer = (StatusCode, HeaderMap, String);

#[derive(Default)]
struct Cluster {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    /// Method and operation, with the operation's parameters.
    seen: Mutex<Vec<String>>,
    /// Exceptions for the next calls of an operation: status, name.
    faults: Mutex<Vec<(&'static str, u16, &'static str)>>,
    /// The data node keeps one byte less, and says that it has them all.
    lossy: bool,
    kerberos: bool,
    address: Mutex<String>,
}

async fn serve(cluster: Cluster) -> (String, Arc<Cluster>) {
    let cluster = Arc::new(cluster);
    let router = Router::new()
        .route("/webhdfs/v1/{*path}", any(name_node))
        .route("/data/{*path}", any(data_node))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(Arc::clone(&cluster));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    cluster.address.lock().unwrap().clone_from(&address);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, cluster)
}

fn answer(status: u16, body: &Value) -> Answer {
    (StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.to_string())
}

fn exception(status: u16, name: &str) -> Answer {
    let message = format!("{name} happened\n\tat org.apache.hadoop.Somewhere");
    answer(status, &json!({ "RemoteException": { "exception": name, "message": message } }))
}

async fn name_node(
    State(cluster): State<Arc<Cluster>>,
    method: Method,
    Path(path): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    body: Bytes,
) -> Answer {
    let path = format!("/{path}");
    let operation = query["op"].clone();
    let who = query.get("delegation").map(|token| format!("token {token}"));
    let who = who.or_else(|| query.get("user.name").cloned()).unwrap_or_default();
    cluster.seen.lock().unwrap().push(format!("{method} {operation} {path} {who}"));
    assert!(body.is_empty(), "the name node gets no content");
    if cluster.kerberos {
        let mut answer = exception(401, "AuthenticationException");
        answer.1.insert("WWW-Authenticate", "Negotiate".parse().unwrap());
        return answer;
    }
    let mut faults = cluster.faults.lock().unwrap();
    if let Some(at) = faults.iter().position(|fault| fault.0 == operation) {
        let (_, status, name) = faults.remove(at);
        return exception(status, name);
    }
    let mut files = cluster.files.lock().unwrap();
    match (method.as_str(), operation.as_str()) {
        ("PUT", "MKDIRS") => answer(200, &json!({ "boolean": true })),
        ("PUT", "CREATE") => {
            assert_eq!(query["overwrite"], "true");
            let mut answer = answer(307, &Value::Null);
            let address = cluster.address.lock().unwrap();
            let location = format!("http://{address}/data{path}?op=CREATE&token=hidden");
            answer.1.insert(header::LOCATION, location.parse().unwrap());
            answer
        }
        ("PUT", "RENAME") => {
            let to = query["destination"].clone();
            let free = !files.contains_key(&to);
            let content = if free { files.remove(&path) } else { None };
            let done = content.map(|content| files.insert(to, content)).is_some();
            answer(200, &json!({ "boolean": done }))
        }
        ("GET", "GETFILESTATUS") => match files.get(&path) {
            Some(file) => {
                answer(200, &json!({ "FileStatus": { "length": file.len(), "type": "FILE" } }))
            }
            None => exception(404, "FileNotFoundException"),
        },
        ("DELETE", "DELETE") => answer(200, &json!({ "boolean": files.remove(&path).is_some() })),
        _ => exception(400, "UnsupportedOperationException"),
    }
}

async fn data_node(
    State(cluster): State<Arc<Cluster>>,
    method: Method,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    assert_eq!(
        (method, headers["content-type"].to_str().unwrap()),
        (Method::PUT, "application/octet-stream")
    );
    let mut faults = cluster.faults.lock().unwrap();
    if let Some(at) = faults.iter().position(|fault| fault.0 == "DATA") {
        let (_, status, name) = faults.remove(at);
        // What arrived before the failure stays.
        cluster.files.lock().unwrap().insert(format!("/{path}"), body[..body.len() / 2].to_vec());
        return exception(status, name);
    }
    let mut body = body.to_vec();
    if cluster.lossy {
        body.pop();
    }
    cluster.files.lock().unwrap().insert(format!("/{path}"), body);
    answer(201, &Value::Null)
}

impl Cluster {
    fn names(&self) -> Vec<String> {
        self.files.lock().unwrap().keys().cloned().collect()
    }

    fn operations(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|seen| seen.split(' ').nth(1).unwrap().to_owned()).collect()
    }
}

fn faulty(faults: &[(&'static str, u16, &'static str)]) -> Cluster {
    Cluster { faults: Mutex::new(faults.to_vec()), ..Cluster::default() }
}

fn config(address: &str) -> WebHdfsConfig {
    let url = format!("webhdfs://{address}/heron/packages/");
    WebHdfsConfig { url, user: Some("alice".into()), policy: HASTY, ..WebHdfsConfig::default() }
}

fn silent() -> OnProgress {
    Arc::new(|_| {})
}

#[tokio::test]
async fn a_package_gets_its_name_when_it_is_whole() {
    let (address, cluster) = serve(Cluster::default()).await;
    let (_directory, package) = package(300_001).await;
    let store = WebHdfsStore::new(&config(&address)).unwrap();
    let uploaded = store.upload(&package, "t.tar.gz", silent()).await.unwrap();
    let uri = "hdfs://127.0.0.1/heron/packages/t.tar.gz".to_owned();
    assert_eq!(uploaded, Uploaded { uri, effect: Effect::Created });
    assert_eq!(cluster.names(), ["/heron/packages/t.tar.gz"]);
    let stored = cluster.files.lock().unwrap()["/heron/packages/t.tar.gz"].clone();
    assert_eq!(stored, std::fs::read(&package.path).unwrap());
    let operations =
        ["GETFILESTATUS", "MKDIRS", "CREATE", "GETFILESTATUS", "RENAME", "GETFILESTATUS"];
    assert_eq!(cluster.operations(), operations);
    assert!(cluster.seen.lock().unwrap().iter().all(|seen| seen.ends_with(" alice")));

    let again = store.upload(&package, "t.tar.gz", silent()).await.unwrap();
    assert_eq!(again.effect, Effect::AlreadyThere);
    store.undo(&again, "t.tar.gz").await.unwrap();
    assert_eq!(cluster.names().len(), 1);
    store.undo(&uploaded, "t.tar.gz").await.unwrap();
    store.undo(&uploaded, "t.tar.gz").await.unwrap();
    assert!(cluster.names().is_empty());
}

#[tokio::test]
async fn a_token_is_used_and_not_shown_and_another_package_is_replaced() {
    let (address, cluster) = serve(Cluster::default()).await;
    let (_one, first) = package(10).await;
    let (_two, second) = package(11).await;
    let token = Some(SecretString::from("geheim"));
    let fetch_url = Some("http://gateway/x".to_owned());
    let store = WebHdfsStore::new(&WebHdfsConfig { fetch_url, token, ..config(&address) }).unwrap();
    store.upload(&first, "t", silent()).await.unwrap();
    let other = store.upload(&second, "t", silent()).await.unwrap();
    assert_eq!(other, Uploaded { uri: "http://gateway/x/t".into(), effect: Effect::Replaced });
    assert_eq!(cluster.files.lock().unwrap()["/heron/packages/t"].len(), 11);
    assert!(cluster.seen.lock().unwrap().iter().all(|seen| seen.ends_with("token geheim")));
    cluster.faults.lock().unwrap().push(("GETFILESTATUS", 403, "AccessControlException"));
    let error = store.upload(&first, "t", silent()).await.unwrap_err();
    let text = format!("{error} {store:?}");
    assert!(text.contains("AccessControlException happened") && !text.contains("geheim"), "{text}");
    assert!(matches!(error, UploadError::NotAuthorized { status: 403, .. }), "{error}");
}

#[tokio::test]
async fn what_passes_is_tried_again_and_what_does_not_leaves_nothing() {
    let (_directory, package) = package(100).await;
    for (faults, expected) in [
        (
            vec![
                ("MKDIRS", 403, "SafeModeException"),
                ("DATA", 500, "IOException"),
                ("RENAME", 500, "IOException"),
            ],
            None,
        ),
        (vec![("DATA", 500, "IOException"); 3], Some("500: IOException: IOException happened")),
        (
            vec![("DATA", 403, "DSQuotaExceededException")],
            Some("507: DSQuotaExceededException: DSQuota"),
        ),
        (
            vec![("CREATE", 403, "AccessControlException")],
            Some("(status 403): AccessControlException"),
        ),
        (
            vec![("RENAME", 403, "AccessControlException")],
            Some("(status 403): AccessControlException"),
        ),
        (vec![("CREATE", 400, "IllegalArgumentException")], Some("400: IllegalArgumentException")),
    ] {
        let (address, cluster) = serve(faulty(&faults)).await;
        let store = WebHdfsStore::new(&config(&address)).unwrap();
        let result = store.upload(&package, "t", silent()).await;
        let Some(expected) = expected else {
            result.unwrap();
            assert_eq!(cluster.names(), ["/heron/packages/t"]);
            continue;
        };
        let text = result.unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("hidden") && !text.contains("at org"), "{text}");
        assert_eq!(cluster.names(), Vec::<String>::new(), "{text}");
    }
}

#[tokio::test]
async fn a_cluster_that_loses_bytes_is_found_out_before_the_package_gets_its_name() {
    let (address, cluster) = serve(Cluster { lossy: true, ..Cluster::default() }).await;
    let (_directory, package) = package(10).await;
    let store = WebHdfsStore::new(&config(&address)).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::SizeMismatch { expected: 10, actual: 9, .. }), "{error}");
    assert!(cluster.names().is_empty());
    assert!(!cluster.operations().contains(&"RENAME".to_owned()));
}

#[tokio::test]
async fn the_active_name_node_is_found_and_kerberos_is_explained() {
    let standby = [("GETFILESTATUS", 403, "StandbyException"); 9];
    let (first, standby) = serve(faulty(&standby)).await;
    let (second, active) = serve(Cluster::default()).await;
    let (_directory, package) = package(10).await;
    let store = WebHdfsStore::new(&config(&format!("{first},{second}"))).unwrap();
    store.upload(&package, "t", silent()).await.unwrap();
    assert_eq!(active.names(), ["/heron/packages/t"]);
    assert_eq!(standby.operations(), ["GETFILESTATUS"]);

    let (address, _) = serve(Cluster { kerberos: true, ..Cluster::default() }).await;
    let store = WebHdfsStore::new(&config(&address)).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(error.to_string().contains("delegation token"), "{error}");
    assert!(matches!(error, UploadError::NotAuthorized { status: 401, .. }), "{error}");
}

#[tokio::test]
async fn a_broken_off_upload_can_be_discarded() {
    let (address, cluster) = serve(Cluster::default()).await;
    let (_directory, package) = package(10).await;
    let store = WebHdfsStore::new(&config(&address)).unwrap();
    store.create(&store.part("t"), &package, &silent()).await.unwrap();
    assert!(cluster.names()[0].starts_with("/heron/packages/_t."), "{:?}", cluster.names());
    store.discard("t").await.unwrap();
    assert!(cluster.names().is_empty());
}

#[test]
fn addresses_are_read_in_all_their_forms() {
    for text in ["http://h:1/a/b", "webhdfs://h:1/a/b/", "http://h:1/webhdfs/v1/a/b"] {
        let (nodes, folder) = places(text).unwrap();
        assert_eq!(
            (nodes[0].as_str(), folder.as_str()),
            ("http://h:1/webhdfs/v1", "/a/b"),
            "{text}"
        );
    }
    let (nodes, _) = places("swebhdfs://h:1,i:2/a").unwrap();
    assert_eq!(nodes[1].as_str(), "https://i:2/webhdfs/v1");
    for bad in [
        "",
        "h/x",
        "ftp://h/x",
        "http://h",
        "http://h/",
        "http://h/a?b",
        "http://u:hidden@h/a",
        "http://,/a",
    ] {
        let error = places(bad).unwrap_err();
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}
