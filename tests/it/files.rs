//! Topology files that are damaged, dangerous or too large, and topology files on the web.

use std::io::Write as _;
use std::path::Path;

use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use prost::Message as _;

use crate::environment::{Ran, definition};
use crate::mains::Watched;
use crate::topologies::JARS;

#[test]
fn damaged_files_are_refused() {
    let env = Watched::new();
    let whole = std::fs::read(&JARS[0]).unwrap();
    let defn = env.env.topology("damaged", 1);
    let class = "tests.topologies.WordCount";
    let cut = &whole[..whole.len() / 2];
    for (name, bytes, part) in [
        ("cut.jar", cut, "damaged jar"),
        ("page.jar", b"<html>gone</html>".as_slice(), "damaged jar"),
        ("empty.jar", b"".as_slice(), "is empty"),
        ("junk.tar", b"junk".as_slice(), "junk.tar"),
        ("junk.tar.gz", b"\x1f\x8b\x08junk".as_slice(), "junk.tar.gz"),
        ("empty.pex", b"".as_slice(), "is empty"),
    ] {
        env.file(name, bytes);
        env.refused(&["submit", name, class, "x"], 4, &[name, part]);
        env.refused(&["submit", &defn, "--topology-binary", name], 4, &[name, part]);
    }
    std::fs::write(&defn, b"\xff\xff junk").unwrap();
    env.refused(&["submit", &defn], 4, &["damaged.defn", "corrupt"]);
    std::fs::write(&defn, b"").unwrap();
    env.refused(&["submit", &defn], 4, &["damaged.defn"]);
}

#[test]
fn a_tar_stays_in_its_directory() {
    let env = Watched::new();
    let entry = |name: &str, kind: tar::EntryType, target: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(0);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        let mut builder = tar::Builder::new(Vec::new());
        builder.append(&header, std::io::empty()).unwrap();
        builder.into_inner().unwrap()
    };
    let defn = env.env.topology("escapes", 1);
    for (name, bytes) in [
        ("up.tar", entry("../../escaped", tar::EntryType::Regular, "")),
        ("root.tar", entry("/tmp/escaped", tar::EntryType::Regular, "")),
        ("link.tar", entry("link", tar::EntryType::Symlink, "/etc")),
        ("device.tar", entry("disk", tar::EntryType::Block, "")),
    ] {
        env.file(name, &bytes);
        env.refused(&["submit", name, "Main"], 4, &[name]);
        env.refused(&["submit", &defn, "--topology-binary", name], 4, &[name]);
    }
    assert!(!env.env.directory.path().join("escaped").exists());
}

#[test]
fn what_is_too_large_is_not_uploaded() {
    let env = Watched::new();
    let defn = env.env.topology("large", 1);
    let limit = |bytes: &str| format!("heron.topology.package.max.bytes={bytes}");
    let words = |limit: &'static str| ["submit", defn.as_str(), "--config-property", limit];
    env.refused(
        &words("heron.topology.package.max.bytes=10"),
        4,
        &["topologies.pex", "package.max.bytes"],
    );
    // The file is below the limit, the package with its configuration is not.
    let tight = limit("100");
    let ran = ["submit", &defn, "--config-property", &tight];
    env.refused(&ran, 4, &["package has more than 100 bytes"]);
    env.ok(&["submit", &defn, "--config-property", &limit("1MB")]);
    env.kill("large");
}

#[test]
fn a_plan_that_can_not_fit_touches_nothing() {
    let env = Watched::new();
    let mut topology = definition("crammed", "crammed-id", 1);
    let set = |config: &mut heron_cli::proto::api::Config, key: &str, value: &str| {
        for kv in config.kvs.iter_mut().filter(|kv| kv.key == key) {
            kv.value = Some(value.to_owned());
        }
    };
    set(topology.topology_config.as_mut().unwrap(), "topology.container.ram", "70000000");
    env.env.topology("x", 1);
    env.file("crammed.defn", &topology.encode_to_vec());
    for algorithm in
        ["RoundRobinPacking", "ResourceCompliantRRPacking", "FirstFitDecreasingPacking"]
    {
        let class = format!("heron.class.packing.algorithm={algorithm}");
        let ran = env.refused(
            &["submit", "crammed.defn", "--config-property", &class],
            4,
            &["topology.c"],
        );
        let dry = env.run(&["submit", "crammed.defn", "--config-property", &class, "--dry-run"]);
        assert_eq!((dry.code, dry.stderr), (ran.code, ran.stderr), "a dry run tells the same");
    }
    set(&mut topology.spouts[0].comp.config, "topology.component.parallelism", "2000000000");
    env.file("crammed.defn", &topology.encode_to_vec());
    env.refused(&["submit", "crammed.defn"], 4, &["2000000001 instances"]);
}

/// A web server with the files of a directory; one asks for a password, one has its name in a header.
fn web(directory: &Path) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let directory = directory.to_owned();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let shared = directory.clone();
            let file = move |axum::extract::Path(name): axum::extract::Path<String>| async move {
                std::fs::read(shared.join(name)).map_err(|_| StatusCode::NOT_FOUND)
            };
            let shared = directory.clone();
            let guarded = move |headers: HeaderMap| async move {
                // me:hunter2
                match headers.get("authorization") {
                    Some(given) if given == "Basic bWU6aHVudGVyMg==" => {
                        std::fs::read(shared.join("words.jar")).unwrap().into_response()
                    }
                    _ => StatusCode::UNAUTHORIZED.into_response(),
                }
            };
            let named = move |axum::extract::Path(name): axum::extract::Path<String>| async move {
                let disposition = format!("attachment; filename=\"{name}\"");
                let content = std::fs::read(directory.join(name)).unwrap();
                ([("content-disposition", disposition)], content)
            };
            let app = axum::Router::new()
                .route("/files/{name}", axum::routing::get(file))
                .route("/guarded/words.jar", axum::routing::get(guarded))
                .route("/named/{name}/content", axum::routing::get(named));
            axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), app).await.unwrap();
        });
    });
    format!("http://{address}")
}

#[test]
fn a_topology_file_may_be_on_the_web() {
    let env = Watched::new();
    let files = env.env.directory.path().join("files");
    std::fs::create_dir(&files).unwrap();
    std::fs::copy(&JARS[0], files.join("words.jar")).unwrap();
    let defn = env.env.topology("webby", 1);
    std::fs::rename(&defn, files.join("webby.defn")).unwrap();
    std::fs::rename(env.env.directory.path().join("topologies.pex"), files.join("t.pex")).unwrap();
    let server = web(&files);
    let class = "tests.topologies.WordCount";

    let signed = format!("{server}/files/words.jar?X-Signature=hunter2&x=.pex#y");
    let ran = env.ok(&["submit", "-v", &signed, class, "fetched"]);
    assert!(ran.stderr.contains("/files/words.jar"), "{}", ran.stderr);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("hunter2"), "{}", ran.stderr);
    env.kill("fetched");

    let guarded = format!("{}/guarded/words.jar", server.replace("//", "//me:hunter2@"));
    let ran = env.ok(&["submit", "-vvv", "role=web", &guarded, class, "fetched", "--dry-run"]);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("hunter2"), "{}", ran.stderr);

    let named = format!("{server}/named/webby.defn/content?x=1");
    let binary = format!("{server}/files/t.pex");
    env.ok(&["submit", &named, "--topology-binary", &binary]);
    env.kill("webby");
    let local = format!("file://{}", files.join("webby.defn").display());
    std::fs::remove_file(files.join("words.jar")).unwrap();
    env.ok(&["submit", &local]);
    env.kill("webby");
    std::fs::remove_dir_all(env.env.directory.path().join("store")).unwrap();

    let hidden = |ran: &Ran| assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    let gone = format!("{server}/files/gone.jar?sig=hunter2");
    hidden(&env.refused(&["submit", &gone, class], 4, &["404", "/files/gone.jar"]));
    let wrong = guarded.replace("hunter2", "hunter22");
    hidden(&env.refused(&["submit", &wrong, class], 8, &["401"]));
    hidden(&env.refused(&["submit", &gone], 2, &["no class"]));
    hidden(&env.refused(&["submit", "s3://bucket/t.jar?sig=hunter2", class], 2, &["s3", "http"]));
    env.refused(&["submit", &named], 4, &["--topology-binary"]);
    let pexless = format!("{server}/named/t.pex/content");
    env.refused(&["submit", &pexless], 2, &["no class"]);
    let small = "heron.topology.package.max.bytes=10";
    env.refused(&["submit", &named, "--config-property", small], 4, &["larger than 10 bytes"]);
}

#[test]
fn a_server_that_dies_half_way_leaves_nothing() {
    let env = Watched::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 1000];
            let _ = std::io::Read::read(&mut stream, &mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
        }
    });
    let url = format!("http://{address}/t.jar");
    env.refused(&["submit", &url, "Main"], 7, &["failed to download", "/t.jar"]);
}
