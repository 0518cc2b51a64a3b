//! Good and bad values of each kind.

use super::*;

#[track_caller]
fn good(kind: Kind, values: &[&str]) {
    for value in values {
        assert_eq!(kind.check(value), Ok(()), "{value:?}");
    }
}

#[track_caller]
fn bad(kind: Kind, values: &[&str]) {
    for value in values {
        assert!(kind.check(value).is_err(), "{value:?} must not be a {kind}");
    }
}

#[test]
fn connections() {
    good(
        Kind::Connection,
        &["zk1:2181", "zk1:2181,zk2:2182", "h:2181/", "[::1]:2181/chroot", "LOCALMODE"],
    );
    bad(
        Kind::Connection,
        &["", "zk1", "zk1:", "zk1:99999", "zk1:2181,", "::1:2181", "http://x:1", "h:1/a,h:2/a"],
    );
}

#[test]
fn masters() {
    good(
        Kind::Master,
        &[
            "zk://a:2181/mesos",
            "zk://u:p@a:2181,b:2181/mesos",
            "10.0.0.1:5050",
            "a:5050,b:5050",
            "https://mesos.example.com",
            "http://a:5050/mesos",
            "file:///etc/mesos/zk",
            "ZK://a:2181/mesos",
            "localhost",
        ],
    );
    bad(
        Kind::Master,
        &["", "zk://a:2181", "zk://a/mesos", "ftp://a", "a:0", "zk:///mesos", "http://u:p@a:5050"],
    );
}

#[test]
fn roots() {
    good(Kind::Root, &["/heron", "/storm/heron/cluster", "/heron/"]);
    bad(Kind::Root, &["", "heron", "/", "//", "/a//b", "/a/../b"]);
}

#[test]
fn names_hold_nothing_that_upsets_a_terminal() {
    good(Kind::Line, &["prod", "größer", "a b", ""]);
    bad(Kind::Line, &["a\u{1b}[2Jb", "a\nb", "a\u{202e}b", "\u{7}a", "a\u{9b}m"]);
    for what in [Named::Cluster, Named::Role, Named::Environ, Named::User] {
        good(Kind::Name(what), &["prod", "größer", "a.b", " a ", ""]);
        bad(Kind::Name(what), &["a b", "a/b", "..", "-a", "a;b", "a\u{1b}[2Jb", "a\u{202e}b"]);
    }
    bad(Kind::Uri, &["http://h/\u{1b}]0;x\u{7}", "http://h/a b", ""]);
}

#[test]
fn web_addresses_and_limits() {
    good(Kind::Web, &["http://h:1/x", "HTTPS://h"]);
    bad(Kind::Web, &["h:1/x", "hdfs://h/x", "http://", "/x"]);
    good(Kind::Limit(TimeUnit::Seconds), &["1", "500ms", "1h30m"]);
    bad(Kind::Limit(TimeUnit::Seconds), &["0", "0s", "0h0m", "x", "-1"]);
    good(Kind::Duration(TimeUnit::Seconds), &["0", "0s"]);
}

#[test]
fn numbers_and_words() {
    good(Kind::Bool, &["true", "True", "no", " on "]);
    bad(Kind::Bool, &["", "maybe"]);
    good(Kind::Integer { min: 0, max: 3 }, &["0", "3", " 1 "]);
    bad(Kind::Integer { min: 0, max: 3 }, &["-1", "4", "1.0", ""]);
    good(Kind::Number { min: 0.0 }, &["0", "1.5"]);
    bad(Kind::Number { min: 0.0 }, &["-1", "NaN", "inf", "x"]);
    good(Kind::Choice(&["PUT", "POST"]), &["put", "POST"]);
    bad(Kind::Choice(&["PUT", "POST"]), &["GET"]);
}
