//! Tests against a bucket in this process, and what goes wrong with it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::Mutex as Lock;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::routing::any;

use super::super::super::package::tests::package;
use super::super::super::wire::tests::{Dying, count};
use super::*;
use crate::net::http::Proxies;
use crate::net::retry::tests::HASTY;

#[derive(Default)]
struct Bucket {
    objects: Lock<BTreeMap<String, Vec<u8>>>,
    /// Parts by their number, of the only upload that there is.
    parts: Lock<BTreeMap<u32, Vec<u8>>>,
    seen: Lock<Vec<String>>,
    /// Answers for the next requests that bring content.
    answers: Lock<Vec<(u16, &'static str)>>,
    lossy: bool,
    lying: bool,
    silent: bool,
}

type Answer = (StatusCode, HeaderMap, String);

async fn serve(bucket: Bucket) -> (String, Arc<Bucket>) {
    let bucket = Arc::new(bucket);
    let router = Router::new()
        .fallback(any(handle))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(Arc::clone(&bucket));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), bucket)
}

async fn handle(
    State(bucket): State<Arc<Bucket>>,
    method: Method,
    uri: Uri,
    Query(query): Query<HashMap<String, String>>,
    body: axum::body::Bytes,
) -> Answer {
    // Google gets every character escaped that could mean something.
    let path = uri.path().replace("%2F", "/").replace("%2E", ".");
    let part = query.get("partNumber").and_then(|number| number.parse().ok());
    let operation = match (method.as_str(), part, query.contains_key("uploadId")) {
        ("PUT", Some(_), _) => "PART".to_owned(),
        ("POST", _, true) => "COMPLETE".to_owned(),
        ("DELETE", _, true) => "ABORT".to_owned(),
        (other, ..) => other.to_owned(),
    };
    bucket.seen.lock().unwrap().push(operation.clone());
    if bucket.silent && operation == "PUT" {
        std::future::pending::<()>().await;
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, "\"1\"".parse().unwrap());
    headers.insert(header::LAST_MODIFIED, "Mon, 23 Nov 2026 16:54:31 GMT".parse().unwrap());
    if matches!(operation.as_str(), "PUT" | "PART")
        && let Some((status, text)) = bucket.answers.lock().unwrap().pop()
    {
        return (StatusCode::from_u16(status).unwrap(), headers, text.to_owned());
    }
    let mut content = body.to_vec();
    if bucket.lossy {
        content.pop();
    }
    let ok = |headers, text: &str| (StatusCode::OK, headers, text.to_owned());
    let mut objects = bucket.objects.lock().unwrap();
    let mut parts = bucket.parts.lock().unwrap();
    match operation.as_str() {
        "PUT" => {
            if !bucket.lying {
                objects.insert(path, content);
            }
            (StatusCode::CREATED, headers, String::new())
        }
        "POST" => {
            let xml = "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>\
                       <UploadId>7</UploadId></InitiateMultipartUploadResult>";
            ok(headers, xml)
        }
        "PART" => {
            parts.insert(part.unwrap(), content);
            ok(headers, "")
        }
        "COMPLETE" => {
            // A client that has lost the first answer asks again, and gets the same.
            if !parts.is_empty() {
                let whole = std::mem::take(&mut *parts).into_values().flatten().collect();
                objects.insert(path, whole);
            }
            let xml =
                "<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>";
            ok(headers, xml)
        }
        "ABORT" => {
            parts.clear();
            (StatusCode::NO_CONTENT, headers, String::new())
        }
        "DELETE" => {
            let status = if objects.remove(&path).is_some() { 202 } else { 404 };
            (StatusCode::from_u16(status).unwrap(), headers, String::new())
        }
        _ => match objects.get(&path) {
            Some(object) => {
                headers.insert(header::CONTENT_LENGTH, object.len().into());
                (StatusCode::OK, headers, String::new())
            }
            None => (StatusCode::NOT_FOUND, headers, String::new()),
        },
    }
}

impl Bucket {
    fn names(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn answering(answers: &[(u16, &'static str)]) -> Bucket {
    Bucket { answers: Lock::new(answers.to_vec()), ..Bucket::default() }
}

fn config(service: Service, credentials: &[(&str, &str)]) -> ObjectConfig {
    ObjectConfig {
        service,
        bucket: "b".to_owned(),
        folder: "f/t".to_owned(),
        fetch_url: None,
        credentials: credentials
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()))
            .collect(),
        proxies: Proxies::default(),
        policy: HASTY,
    }
}

fn s3_at(address: &str) -> ObjectConfig {
    let (region, endpoint) = ("us-west-2".to_owned(), Some(address.to_owned()));
    let service = Service::S3 { region, endpoint, path_style: true };
    config(service, &[("aws_access_key_id", "k"), ("aws_secret_access_key", "geheim")])
}

fn gcs_at(address: &str) -> ObjectConfig {
    let key = r#"{"private_key":"x","private_key_id":"x","client_email":"x","disable_oauth":true}"#;
    config(
        Service::Gcs { endpoint: Some(address.to_owned()) },
        &[("google_service_account_key", key)],
    )
}

fn azure_at(address: &str) -> ObjectConfig {
    let endpoint = Some(format!("{address}/a"));
    let service = Service::Azure { account: "a".to_owned(), endpoint };
    config(service, &[("azure_storage_sas_token", "?sv=2024&sig=geheim")])
}

fn silent() -> OnProgress {
    Arc::new(|_| {})
}

#[tokio::test]
async fn every_service_takes_a_package_once_and_gives_it_up() {
    let (_directory, package) = package(300_001).await;
    for (make, prefix) in
        [(s3_at as fn(&str) -> ObjectConfig, "/b"), (gcs_at, "/b"), (azure_at, "/a/b")]
    {
        let (address, bucket) = serve(Bucket::default()).await;
        let config = make(&address);
        let store = ObjectStore::new(&config).unwrap();
        let uploaded = store.upload(&package, "t.tar.gz", silent()).await.unwrap();
        let uri = format!("{address}{prefix}/f/t/t.tar.gz");
        assert_eq!(uploaded, Uploaded { uri, effect: Effect::Created });
        assert_eq!(store.uri_of("t.tar.gz").unwrap(), uploaded.uri);
        assert_eq!(bucket.names(), [format!("{prefix}/f/t/t.tar.gz")]);
        let stored = bucket.objects.lock().unwrap()[&format!("{prefix}/f/t/t.tar.gz")].clone();
        assert_eq!(stored, std::fs::read(&package.path).unwrap());
        let again = store.upload(&package, "t.tar.gz", silent()).await.unwrap();
        assert_eq!(again.effect, Effect::AlreadyThere);
        assert_eq!(count(&bucket.seen(), "PUT"), 1);
        store.undo(&again, "t.tar.gz").await.unwrap();
        assert_eq!(bucket.names().len(), 1);
        // Microsoft's are deleted in batches of a form of its own; end to end there is a server that knows it.
        if store.kind() != "azure" {
            store.undo(&uploaded, "t.tar.gz").await.unwrap();
            assert!(bucket.names().is_empty());
            store.upload(&package, "t.tar.gz", silent()).await.unwrap();
            let elsewhere = store.remove("s3://other/t.tar.gz", "t.tar.gz").await.unwrap_err();
            assert!(matches!(elsewhere, UploadError::NotRemovable { .. }), "{elsewhere}");
            store.remove(&uploaded.uri, "t.tar.gz").await.unwrap();
            store.remove(&uploaded.uri, "t.tar.gz").await.unwrap();
            assert!(bucket.names().is_empty());
        }
        assert!(!format!("{store:?}").contains("geheim"), "{store:?}");
    }
}

#[tokio::test]
async fn a_large_package_goes_in_parts_with_progress() {
    let (address, bucket) = serve(Bucket::default()).await;
    let (_directory, package) = package(12_000_000).await;
    let fetch_url = Some("s3://b/f/t".to_owned());
    let store = ObjectStore::new(&ObjectConfig { fetch_url, ..s3_at(&address) }).unwrap();
    let told = Arc::new(Lock::new(Vec::new()));
    let sink = Arc::clone(&told);
    let progress: OnProgress = Arc::new(move |bytes| sink.lock().unwrap().push(bytes));
    let uploaded = store.upload(&package, "t", progress).await.unwrap();
    assert_eq!(uploaded.uri, "s3://b/f/t/t");
    assert_eq!(bucket.objects.lock().unwrap()["/b/f/t/t"], std::fs::read(&package.path).unwrap());
    let told = told.lock().unwrap().clone();
    assert_eq!((told.len(), told.last()), (3, Some(&package.size)));
    assert_eq!(count(&bucket.seen(), "PART"), 3);

    let (address, bucket) = serve(answering(&[(403, ""); 9])).await;
    let store = ObjectStore::new(&s3_at(&address)).unwrap();
    let error = store.upload(&package, "t", silent()).await.unwrap_err();
    assert!(matches!(error, UploadError::NotAuthorized { status: 403, .. }), "{error}");
    // A part that was on its way may still be seen after it.
    assert_eq!(count(&bucket.seen(), "ABORT"), 1);
    // One that is broken off from outside.
    let begun = store.store.put_multipart(&store.path("t")).await.unwrap();
    *store.parts.lock().await = Some(begun);
    store.discard("t").await.unwrap();
    store.discard("t").await.unwrap();
    assert_eq!(count(&bucket.seen(), "ABORT"), 2);
    assert!(bucket.names().is_empty());
}

#[tokio::test]
async fn refusals_are_told_in_the_services_words_without_secrets() {
    let xml = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchBucket</Code><Message>There is none</Message></Error>";
    let (_directory, package) = package(10).await;
    for (status, text, expected) in [
        (404, xml, "status 404: NoSuchBucket: There is none"),
        (403, "no", "not authorized (status 403): no"),
        (401, "", "not authorized (status 401)"),
        (507, "full", "status 507: full"),
        (503, "<Error><Code>SlowDown</Code></Error>", "status 503: SlowDown"),
        (400, "<Error><Code>EntityTooLarge</Code></Error>", "status 400: EntityTooLarge"),
    ] {
        for make in [s3_at as fn(&str) -> ObjectConfig, gcs_at, azure_at] {
            let (address, bucket) = serve(answering(&[(status, text); 9])).await;
            let store = ObjectStore::new(&make(&address)).unwrap();
            let error = store.upload(&package, "t", silent()).await.unwrap_err().to_string();
            assert!(error.starts_with(&format!("failed to PUT {address}/")), "{error}");
            assert!(error.ends_with(expected), "{error}");
            assert!(!error.contains("geheim") && !error.contains("sig="), "{error}");
            assert!(bucket.names().is_empty());
        }
    }
}

#[tokio::test]
async fn what_passes_is_tried_again_and_lies_are_found_out() {
    let (_directory, package) = package(10).await;
    let (address, bucket) = serve(answering(&[(500, ""), (503, "")])).await;
    let store = ObjectStore::new(&s3_at(&address)).unwrap();
    store.upload(&package, "t", silent()).await.unwrap();
    assert_eq!(count(&bucket.seen(), "PUT"), 3);
    let (address, bucket) = serve(Bucket { lossy: true, ..Bucket::default() }).await;
    let error = ObjectStore::new(&s3_at(&address)).unwrap().upload(&package, "t", silent()).await;
    assert!(
        matches!(error, Err(UploadError::SizeMismatch { expected: 10, actual: 9, .. })),
        "{error:?}"
    );
    assert!(bucket.names().is_empty());
    let (address, _) = serve(Bucket { lying: true, ..Bucket::default() }).await;
    let error = ObjectStore::new(&s3_at(&address)).unwrap().upload(&package, "t", silent()).await;
    assert!(matches!(error, Err(UploadError::Lost { .. })), "{error:?}");
}

#[tokio::test]
async fn silence_death_and_absence_are_told_with_the_address() {
    let (_directory, package) = package(2_000_000).await;
    let (silent_one, _) = serve(Bucket { silent: true, ..Bucket::default() }).await;
    let dying = Dying::start(50_000).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for address in [silent_one, format!("http://{}", dying.address), nobody] {
        let store = ObjectStore::new(&s3_at(&address)).unwrap();
        let error = store.upload(&package, "t", silent()).await.unwrap_err();
        assert!(matches!(error, UploadError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains(&address), "{error}");
    }
    assert_eq!(count(&dying.methods(), "PUT"), 3);
}

#[tokio::test]
async fn a_package_that_changes_and_credentials_that_are_none_are_errors() {
    let (address, bucket) = serve(Bucket::default()).await;
    let (_directory, mut package) = package(10).await;
    let store = ObjectStore::new(&s3_at(&address)).unwrap();
    for size in [9, 11, PART + 1] {
        package.size = size;
        let error = store.upload(&package, "t", silent()).await.unwrap_err();
        assert!(matches!(error, UploadError::PackageChanged { .. }), "{error}");
    }
    assert!(bucket.names().is_empty());
    let service = Service::Azure { account: "a".to_owned(), endpoint: None };
    for bad in [
        config(service, &[("azure_storage_account_key", "geheim!")]),
        config(
            Service::Gcs { endpoint: None },
            &[("google_service_account_key", "{\"geheim\":1}")],
        ),
    ] {
        let error = ObjectStore::new(&bad).unwrap_err();
        assert!(matches!(error, UploadError::Credentials { .. }), "{error}");
        assert!(!error.to_string().contains("geheim"), "{error}");
    }
}
