use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const RELEASE: &[u8] = b"heron.build.host: h\nheron.build.version: '0.17.8'\n";

#[test]
fn the_version_stands_in_the_release_file() {
    for name in ["release.yaml", "./release.yaml"] {
        let tar = tar_of(&[("heron-core/bin/heron-executor", b"x"), (name, RELEASE)]);
        assert_eq!(build(tar.as_slice()).unwrap().version, "0.17.8");
        assert_eq!(build(gzip(&tar).as_slice()).unwrap().version, "0.17.8");
    }
    assert_eq!(
        build_in(b"heron.build.version: 0.20.5-incubating\n").unwrap().version,
        "0.20.5-incubating"
    );
    assert_eq!(build_in(b"heron.build.version: 1.5\n").unwrap().version, "1.5");
    let whole =
        build_in(b"heron.build.version: 0.20.5\nheron.build.user: jim\nheron.build.host: h\n");
    assert_eq!(whole, Some(Build { version: "0.20.5".to_owned(), user: Some("jim".to_owned()) }));
}

#[test]
fn nothing_is_read_beyond_the_release_file() {
    let mut tar = tar_of(&[("release.yaml", RELEASE), ("big", &vec![7; 100_000])]);
    tar.truncate(20_000);
    assert_eq!(build(tar.as_slice()).unwrap().version, "0.17.8");
}

#[test]
fn what_does_not_say_is_told_apart() {
    assert!(matches!(build(b"".as_slice()), Err(CoreError::NoReleaseFile)));
    let none = tar_of(&[("conf/release.yaml", RELEASE), ("heron-core/x", b"")]);
    assert!(matches!(build(none.as_slice()), Err(CoreError::NoReleaseFile)));
    for text in
        [b"heron.build.user: a\n".as_slice(), b"\xff", b"- a\n", b"heron.build.version: ''\n"]
    {
        let tar = tar_of(&[("release.yaml", text)]);
        assert!(matches!(build(tar.as_slice()), Err(CoreError::NoVersion)));
    }
    for (bytes, what) in [
        (
            b"\xfd7zXZ\0\x01\x02".as_slice(),
            "a file compressed by xz; a tar, or a tar compressed by gzip",
        ),
        (b"PK\x03\x04", "a zip archive"),
    ] {
        let error = build(bytes).unwrap_err().to_string();
        assert!(error.contains(what), "{error:?}");
    }
    let html = b"<html>not found</html>".repeat(100);
    assert!(matches!(build(html.as_slice()), Err(CoreError::Unreadable(_))));
    let mut cut = gzip(&tar_of(&[("a", &[1; 9000]), ("release.yaml", RELEASE)]));
    cut.truncate(cut.len() / 2);
    assert!(matches!(build(cut.as_slice()), Err(CoreError::Unreadable(_))));
}

#[test]
fn versions_and_digests_make_a_uri_unchanging() {
    for uri in [
        "http://h/heron-core-0.20.5.tar.gz",
        "http://h/heron/0.17.8/heron-core.tar.gz",
        "http://h/v0.20.3-incubating-rc7/core",
        "file:///srv/heron-core-v0.17.8.11.tgz",
        "/srv/0.20.5/core.tar.gz",
        "hdfs://nn:8020/heron_0.20.5.tar.gz",
        "s3://b/d41d8cd98f00b204e9800998ecf8427e.tar.gz",
    ] {
        assert!(carries_version(uri), "{uri}");
    }
    for uri in [
        "",
        "http://10.0.0.7/heron-core.tar.gz",
        "http://10.0.0.7",
        "http://h/heron-core.tar.gz?v=0.20.5",
        "http://h/heron-core-0.1.0-SNAPSHOT.tar.gz",
        "http://h/latest/heron-core-0.20.5.tar.gz",
        "http://h/heron-core-ubuntu14.04.tar.gz",
        "http://h/heron-core-ubuntu14.04.1.tar.gz",
        "http://h/2.0/heron-core.tar.gz",
        "http://h/heron-core-2016.tar.gz",
        "http://h/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/core.tar.gz",
    ] {
        assert!(!carries_version(uri), "{uri}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(build(bytes.as_slice()).is_err());
        let _ = build(gzip(&bytes).as_slice());
    }

    #[test]
    fn any_uri_is_judged(uri in ".{0,60}") {
        let _ = carries_version(&uri);
    }
}
