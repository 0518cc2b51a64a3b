use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

fn core(version: &str, padding: usize) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::none()));
    let text = format!("heron.build.version: '{version}'\n");
    let files: [(&str, Vec<u8>); 3] = [
        ("heron-core/lib/a.jar", vec![1; padding]),
        ("release.yaml", text.into_bytes()),
        ("heron-core/lib/b.jar", vec![2; padding]),
    ];
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, content.as_slice()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// Answers requests with these bytes, one after the other, and then says no more; the last connection stays open.
async fn serve_all(answers: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let last = answers.len() - 1;
        for (at, answer) in answers.into_iter().enumerate() {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer).await;
            if at == last {
                std::future::pending::<()>().await;
            }
        }
    });
    format!("http://{address}/heron-core")
}

async fn serve(answer: Vec<u8>) -> String {
    serve_all(vec![answer]).await
}

fn ok(length: usize, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    answer.extend_from_slice(body);
    answer
}

#[tokio::test]
async fn a_package_is_read_from_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().write_all(&core("0.17.8", 10)).unwrap();
    let path = file.path().to_str().unwrap();
    assert_eq!(read_build(path, &Proxies::default()).await.unwrap().version, "0.17.8");
    assert_eq!(
        read_build(&format!("file://{path}"), &Proxies::default()).await.unwrap().version,
        "0.17.8"
    );
}

#[tokio::test]
async fn a_download_ends_when_enough_is_known() {
    // The server never sends the rest: only who stops at the release file gets to an end.
    let package = core("0.20.1", 300_000);
    let url = serve(ok(package.len(), &package[..package.len() - 100_000])).await;
    assert_eq!(read_build(&url, &Proxies::default()).await.unwrap().version, "0.20.1");
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    let busy =
        b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let package = core("0.20.1", 1000);
    let url = serve_all(vec![Vec::new(), busy.to_vec(), ok(package.len(), &package)]).await;
    assert_eq!(read_build(&url, &Proxies::default()).await.unwrap().version, "0.20.1");
}

#[tokio::test]
async fn what_can_not_be_read_leads_to_the_newest() {
    let nothing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec();
    let cases = [
        (serve(nothing).await, "404"),
        ("hdfs://nn/heron-core.tar.gz".to_owned(), "http"),
        ("/no/such/file.tar.gz".to_owned(), "No such file"),
        ("/dev".to_owned(), "no file"),
        (String::new(), "no core package"),
        ("http://user:hunter2@127.0.0.1:1/core.tar.gz".to_owned(), "refused"),
    ];
    for (uri, part) in cases {
        let chosen = conclude(&uri, read_build(&uri, &Proxies::default()).await);
        assert_eq!(chosen.release, Release::newest());
        assert!(matches!(chosen.source, ReleaseSource::Newest { .. }), "{chosen:?}");
        let detail = chosen.detail();
        assert!(detail.contains(part), "{uri}: {detail}");
        assert!(!detail.contains("hunter2"), "{detail}");
    }
}

fn build(version: &str) -> Build {
    Build { version: version.to_owned(), user: None }
}

#[test]
fn versions_of_packages_count_where_they_can() {
    let found = conclude("http://u:p@h/core.tar.gz", Ok(build("0.17.8")));
    assert_eq!(found.release.to_string(), "0.17.8");
    assert!(!found.detail().contains("u:p"), "{}", found.detail());
    for odd in ["0.13.7", "master"] {
        let found = conclude("http://h/core.tar.gz", Ok(build(odd)));
        assert_eq!(found.release, Release::newest());
        assert!(matches!(found.source, ReleaseSource::Newest { odd: true, .. }), "{found:?}");
    }
}
