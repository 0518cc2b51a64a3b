use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;

fn parse(text: &str) -> Result<MasterAddress, MasterError> {
    text.parse()
}

#[test]
fn addresses_are_read_and_written() {
    for (text, written) in [
        ("zk://h1:2181,h2:2182/mesos", "zk://h1:2181,h2:2182/mesos"),
        (" zk://h1:1, h2:2181/a/b/ ", "zk://h1:1,h2:2181/a/b"),
        ("zk://u:p@w:ord@h1:1/mesos", "zk://********@h1:1/mesos"),
        ("ZK://[::1]:2181/mesos", "zk://[::1]:2181/mesos"),
        ("127.0.0.1:5050", "127.0.0.1:5050"),
        ("master@127.0.0.1:5050", "127.0.0.1:5050"),
        ("m1:5050, m2:5051,,m3", "m1:5050,m2:5051,m3:5050"),
        ("http://m1:5050/,https://m2", "http://m1:5050,https://m2:443"),
        ("http://m1,[::1]:5050", "http://m1:80,[::1]:5050"),
        ("https://proxy/mesos/", "https://proxy:443/mesos"),
        ("file:///etc/mesos/zk", "file:///etc/mesos/zk"),
    ] {
        assert_eq!(parse(text).expect(text).to_string(), written);
    }
    let Ok(MasterAddress::ZooKeeper(address)) = parse("zk://user:p@ss:w@h1:1/mesos") else {
        panic!()
    };
    let (user, password) = address.credentials.as_ref().expect("credentials");
    assert_eq!((user.as_str(), password.expose_secret()), ("user", "p@ss:w"));
    assert_eq!(address.path, "/mesos");
    assert_eq!(address.ensemble.servers(), "h1:1");
}

#[test]
fn what_is_wrong_is_said() {
    for (text, message) in [
        ("", "master address is empty"),
        (" , ", "master address is empty"),
        (
            "ftp://h:1",
            "master address has scheme \"ftp\"; known are zk, http, https and file, or a bare host:port",
        ),
        ("zk:///mesos", "zk://: the ZooKeeper address names no server"),
        (
            "zk://h1:2181/",
            "zk://: the ZooKeeper address has no path after its servers, such as /mesos (and / alone is not supported)",
        ),
        ("zk://h1/mesos", "zk://: the ZooKeeper address has no port in \"h1\""),
        ("h1:1,zk://h1:1/mesos", "zk:// and file:// can't be mixed with other addresses"),
        (":5050", "\":5050\" is not host:port: the host is missing"),
        ("h:70000", "\"h:70000\" is not host:port: the port is not a number from 1 to 65535"),
        ("::1:5050", "\"::1:5050\" is not host:port: the host is missing"),
        (
            "fe80::1",
            "\"fe80::1\" is not host:port: it has several colons; an IPv6 address needs brackets",
        ),
        ("[::1:5050", "\"[::1:5050\" is not host:port: a bracket is not closed"),
        ("[::1]x", "\"[::1]x\" is not host:port: text follows the bracket"),
        ("[h]:1", "\"[h]:1\" is not host:port: no IPv6 address is in the brackets"),
        ("a b:5050", "\"a b:5050\" is not host:port: the host has a character that no host has"),
        ("h%zz:1", "\"h%zz:1\" is not host:port: it can't be part of a URL"),
        ("file://relative", "file:// address \"relative\" has no absolute path"),
    ] {
        assert_eq!(parse(text).expect_err(text).to_string(), message, "{text}");
    }
}

#[test]
fn credentials_are_never_shown() {
    for text in [
        "zk://hidden:hidden@h1:1/mesos",
        "zk://hidden:hidden@h1:x/mesos",
        "zk://hidden@h1:1/mesos",
        "zk://hidden:hidden@h1:1",
        "zk://hidden:hidden@h1:1/a//b",
        "http://hidden:hidden@h:5050",
        "hidden:hidden@h:5050",
        "zk://hidden:hidden/hidden@h1:1/mesos",
        "http://hidden:hidden/hidden@h:5050",
        "hidden:hidden/hidden@h:5050",
    ] {
        let shown = match parse(text) {
            Ok(address) => address.to_string(),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!shown.contains("hidden"), "{shown}");
    }
    let address = parse("zk://u:hidden@h1:1/mesos").expect("an address");
    assert!(!format!("{address:?}").contains("hidden"));
}

#[test]
fn locations_of_every_form() {
    let base = LeaderUrl::new(Scheme::Http, "m1", 5050).expect("a URL");
    let secure = LeaderUrl::new(Scheme::Https, "m1", 5050).expect("a URL");
    for (location, plain, tls) in [
        (
            "//127.0.0.1:5060/master/api/v1/scheduler",
            "http://127.0.0.1:5060",
            "https://127.0.0.1:5060",
        ),
        ("//m2:5050", "http://m2:5050", "https://m2:5050"),
        ("masterhost2:5050", "http://masterhost2:5050", "https://masterhost2:5050"),
        (
            "masterhost2:5050/master/state?x=1",
            "http://masterhost2:5050",
            "https://masterhost2:5050",
        ),
        ("http://m2:5050/x", "http://m2:5050", "https://m2:5050"),
        ("https://m2:5050", "https://m2:5050", "https://m2:5050"),
        ("//[::1]:5050/x", "http://[::1]:5050", "https://[::1]:5050"),
        ("//m2", "http://m2:5050", "https://m2:5050"),
        // A whole URL has the port of its scheme.
        ("https://m2/mesos", "https://m2", "https://m2"),
        ("http://m2/", "http://m2", "https://m2"),
    ] {
        assert_eq!(base.redirected(location).expect(location).to_string(), plain);
        assert_eq!(secure.redirected(location).expect(location).to_string(), tls);
    }
    for location in ["", "/master/state", "//", "ftp://m2:5050", "//m2:x", "//u:p@m2:1"] {
        assert_eq!(base.redirected(location), None, "{location}");
    }
}

#[test]
fn urls_keep_a_prefix_and_encode_values() {
    let endpoint = endpoint("https://proxy/mesos").expect("an endpoint");
    let url = LeaderUrl::of(&endpoint, Scheme::Http).expect("a URL");
    assert_eq!(url.join("/api/v1", &[]).as_str(), "https://proxy/mesos/api/v1");
    assert_eq!(
        url.join("/files/read", &[("path", "/a b+c/é&d"), ("offset", "-1")]).as_str(),
        "https://proxy/mesos/files/read?path=/a%20b%2Bc/%C3%A9%26d&offset=-1"
    );
    let plain = LeaderUrl::new(Scheme::Http, "::1", 5051).expect("a URL");
    assert_eq!(plain.join("/state", &[]).as_str(), "http://[::1]:5051/state");
    assert_eq!((plain.host(), plain.port(), plain.scheme()), ("[::1]", 5051, Scheme::Http));
    assert_eq!(LeaderUrl::new(Scheme::Http, "m1", 80).map(|url| url.port()), Some(80));
    assert_eq!(LeaderUrl::new(Scheme::Http, "", 80), None);
}

proptest! {
    #[test]
    fn no_input_panics_and_what_is_read_reads_again(
        text in "(zk://|http://|file://|[a-z]{1,3}|:[0-9]{1,6}|,|/|@|\\[|\\]|::1|\\.|%| |\\\\|é){0,12}"
    ) {
        if let Ok(address) = parse(&text) {
            let written = address.to_string();
            // Credentials are hidden, not kept.
            let again = parse(&written.replace("********@", ""));
            prop_assert!(again.is_ok(), "{written}");
        }
        let base = LeaderUrl::new(Scheme::Http, "m1", 5050).expect("a URL");
        let _ = base.redirected(&text);
    }
}
