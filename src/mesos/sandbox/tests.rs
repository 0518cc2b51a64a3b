use serde_json::json;

use super::*;
use crate::mesos::tests::golden;
use crate::mesos::tests::server::{Reply, TestServer, answer, http, json as document, text};

const RECORDED: &str = "05-operator-and-files";
const FRAMEWORK: &str = "73090660-7424-4b65-aacc-e493847c1d47-0009";
const VIRTUAL: &str = "/frameworks/f/executors/t%201/runs/latest";

fn sandbox(server: &TestServer, framework: &str, executor: &str) -> Sandbox {
    Sandbox::new(http(), server.url(), framework.into(), executor.into())
}

/// Serves one file of a sandbox as an agent does, under a virtual path or the real one only.
async fn agent(file: &'static [u8], known: bool) -> TestServer {
    TestServer::start(move |request| {
        let (path, query) = request.line().trim_start_matches("GET ").split_once('?').unwrap_or((
            request.line().trim_start_matches("GET "),
            "",
        ));
        let value = |name: &str| {
            let pair = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
            pair.map(str::to_owned)
        };
        let base = if known { VIRTUAL } else { "/var/mesos/dir" };
        let asked = value("path").unwrap_or_default();
        match path {
            "/state" => document(
                &json!({"frameworks":[{"id":"other","executors":[{"id":"t 1","directory":"/wrong"}]}],
                    "completed_frameworks":[{"id":"f","executors":[{"id":"t2","directory":"/wrong"}],
                        "completed_executors":[{"id":"t 1","directory":"/var/mesos/dir"}]}]})
                .to_string(),
            ),
            "/files/browse" if asked == base => {
                let real = if known { "/frameworks/f/executors/t 1/runs/latest" } else { base };
                document(&json!([{"path":format!("{real}/stderr"),"mode":"-rw-r--r--","size":file.len(),"mtime":1.5,"uid":"u"},
                    {"path":format!("{real}/log-files"),"mode":"drwxr-xr-x","size":4096}]).to_string())
            }
            "/files/read" if asked == format!("{base}/stderr") => {
                let offset: i64 = value("offset").expect("an offset").parse().expect("a number");
                if offset < 0 {
                    return document(&json!({"data":"","offset":file.len()}).to_string());
                }
                let length = value("length").map_or(65_536, |n| n.parse().expect("a number")).min(65_536);
                let from = usize::try_from(offset).expect("an offset").min(file.len());
                let data = &file[from..(from + length).min(file.len())];
                // The bytes go into the string as they are.
                let body = [b"{\"data\":\"", data, format!("\",\"offset\":{offset}}}").as_bytes()].concat();
                answer("200 OK", "Content-Type: application/json\r\n", &body)
            }
            _ => text("404 Not Found", ""),
        }
    })
    .await
}

#[tokio::test]
async fn recorded_files_are_read() {
    let server = TestServer::start(|request| {
        let asked = format!("{} HTTP/1.1\r\n", request.line());
        let known =
            golden::lines(RECORDED).iter().any(|line| line.data.starts_with(asked.as_bytes()));
        if known {
            Reply::Bytes(golden::answer_to(RECORDED, &asked))
        } else {
            text("404 Not Found", "")
        }
    })
    .await;
    let sandbox = sandbox(&server, FRAMEWORK, "operator-1");
    let files = sandbox.list("").await.expect("a list");
    let names: Vec<_> =
        files.iter().map(|file| (file.path.as_str(), file.size, file.is_directory())).collect();
    assert_eq!(names, [("log-files", 4096, true), ("stderr", 533, false), ("stdout", 151, false)]);
    let inner = sandbox.list("log-files/").await.expect("a list");
    assert_eq!(inner[0].path, "log-files/a.log");
    assert_eq!(sandbox.size("stdout").await.expect("a size"), 151);
    let piece = sandbox.read("stdout", 0, 50).await.expect("a piece");
    assert_eq!(piece.text(), "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nl");
    assert_eq!(piece.next_offset(), 50);
    assert!(matches!(sandbox.read("none", 0, 1).await, Err(SandboxError::NoFile { .. })));
}

#[tokio::test]
async fn the_tail_is_read_in_pieces_of_raw_bytes() {
    // Bytes that are no UTF-8, and characters that are cut by the agent's bound.
    static FILE: [u8; 150_001] = {
        let mut file = [b'x'; 150_001];
        let mut at = 0;
        while at + 2 < file.len() {
            file[at] = 0xe2;
            file[at + 1] = 0x82;
            file[at + 2] = 0xac;
            at += 3;
        }
        file[150_000] = 0xff;
        file
    };
    for known in [true, false] {
        let server = agent(&FILE, known).await;
        let sandbox = sandbox(&server, "f", "t 1");
        let tail = sandbox.tail("stderr", 140_000).await.expect("a tail");
        assert_eq!(tail.offset, 10_001);
        assert_eq!(tail.data, FILE[10_001..]);
        assert!(tail.text().ends_with("€€\u{fffd}"));
        assert_eq!(sandbox.tail("./stderr", 1 << 40).await.expect("a tail").data, FILE);
        let end = sandbox.read("stderr", 999_999, 10).await.expect("nothing");
        assert_eq!((end.data.len(), end.next_offset()), (0, 999_999));
        let names: Vec<_> =
            sandbox.list("").await.expect("a list").into_iter().map(|file| file.path).collect();
        assert_eq!(names, ["stderr", "log-files"]);
        let lookups = server.lines().iter().filter(|line| line.contains("/state")).count();
        assert_eq!(lookups, usize::from(!known), "the path is looked for once");
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let server = agent(b"text", false).await;
    let error = sandbox(&server, "f", "gone").tail("stderr", 10).await.expect_err("no such task");
    assert!(matches!(error, SandboxError::NoSandbox { .. }), "{error}");
    let here = sandbox(&server, "f", "t 1");
    let error = here.tail("stdout", 10).await.expect_err("no such file");
    assert_eq!(
        error.to_string(),
        format!("agent {}: the sandbox has no file stdout", server.url())
    );
    assert!(matches!(here.list("nowhere").await, Err(SandboxError::NoFile { .. })));
    for file in ["/etc/passwd", "../x", "a/../../x", "a\0"] {
        assert!(matches!(here.read(file, 0, 1).await, Err(SandboxError::BadPath { .. })), "{file}");
    }
    let locked = TestServer::start(|_| text("403 Forbidden", "no")).await;
    let error = sandbox(&locked, "f", "t").tail("stderr", 10).await.expect_err("no rights");
    assert!(matches!(error, SandboxError::Http(HttpError::Forbidden { .. })), "{error}");
}

#[tokio::test]
async fn a_file_that_shrinks_ends_the_tail() {
    let server = TestServer::start(|request| match request.line() {
        line if line.contains("/files/browse") => document("[]"),
        line if line.contains("offset=-1") => document("{\"data\":\"\",\"offset\":1000}"),
        _ => document("{\"data\":\"\",\"offset\":0}"),
    })
    .await;
    let tail = sandbox(&server, "f", "t").tail("stderr", 10).await.expect("a tail");
    assert_eq!((tail.offset, tail.data.len()), (990, 0));
}

#[tokio::test]
async fn escapes_are_bytes_again() {
    let server = TestServer::start(|request| match request.line() {
        line if line.contains("/files/browse") => document("[]"),
        _ => document(r#"{"data":"a\u0000\u001b[1m\/\"\\\t\u007f","offset":0}"#),
    })
    .await;
    let piece = sandbox(&server, "f", "t").read("stdout", 0, 100).await.expect("a piece");
    assert_eq!(piece.data, b"a\0\x1b[1m/\"\\\t\x7f");
}
