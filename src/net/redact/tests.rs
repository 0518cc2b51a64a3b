use proptest::prelude::*;

use super::*;

/// What is shown of each text.
const MASKED: [(&str, &str); 43] = [
    // user and password
    ("zk://alice:pa55@h1:2181,h2:2181/mesos", "zk://********@h1:2181,h2:2181/mesos"),
    ("http://u:p@h/x http://h/y@z", "http://********@h/x http://h/y@z"),
    ("zk://u:a/b@h:1/x", "zk://********@h:1/x"),
    ("zk://u:a@b/c@h:1/x", "zk://********@h:1/x"),
    ("http://token@h/x", "http://********@h/x"),
    ("http://u:p@h1:5050,http://u:q@h2:5050", "http://********@h1:5050,http://********@h2:5050"),
    ("cannot reach u:pw@host:2181/mesos", "cannot reach ********@host:2181/mesos"),
    ("zookeeper=me:p@ss/word@h1:2181,h2:2181", "zookeeper=********@h1:2181,h2:2181"),
    ("{\"uri\":\"u:pw@h\",\"b\":\"c@d\"}", "{\"uri\":\"********@h\",\"b\":\"c@d\"}"),
    // parameters that sign or authorize
    (
        "https://b.s3/x?X-Amz-Credential=AK%2Fus&X-Amz-Date=2&X-Amz-Signature=abc&x=1",
        "https://b.s3/x?X-Amz-Credential=********&X-Amz-Date=2&X-Amz-Signature=********&x=1",
    ),
    ("https://h/x?X-Amz-Security-Token=a/b+c==#f", "https://h/x?X-Amz-Security-Token=********#f"),
    ("https://h/x?sv=2024&sig=a%3D&se=3", "https://h/x?sv=2024&sig=********&se=3"),
    (
        "http://h/x?AWSAccessKeyId=A&Expires=1&Signature=b",
        "http://h/x?AWSAccessKeyId=********&Expires=1&Signature=********",
    ),
    ("http://h/?token=a@b&x=1", "http://h/?token=********&x=1"),
    ("http://h:80/?access_token=a@b", "http://h:80/?access_token=********"),
    ("http://h/?key=abc, then", "http://h/?key=********, then"),
    ("webhdfs: /x?op=CREATE&delegation=abc", "webhdfs: /x?op=CREATE&delegation=********"),
    ("to=http%3A%2F%2Fh%2F%3Fsig%3Dabc", "to=http%3A%2F%2Fh%2F%3Fsig%3D********"),
    ("a?x=1&amp;sig=abc", "a?x=1&amp;sig=********"),
    ("AccountName=n;AccountKey=a+b==;Suffix=s", "AccountName=n;AccountKey=********;Suffix=s"),
    // headers
    ("Authorization: Basic dXNlcjpw\nX: y", "Authorization: ********\nX: y"),
    ("> authorization: Digest a=\"b\", r=\"c\"", "> authorization: ********"),
    ("sent Proxy-Authorization: Bearer abc def", "sent Proxy-Authorization: ********"),
    (
        "{\"authorization\": \"Basic eHl6\", \"a\": 1}",
        "{\"authorization\": \"********\", \"a\": 1}",
    ),
    ("curl -H 'authorization=Basic eHl6' x", "curl -H 'authorization=********' x"),
    ("refused Bearer eyJhbGciOiJub25lIn0 here", "refused Bearer ******** here"),
    ("Set-Cookie: a=b; path=/", "Set-Cookie: ********"),
    // keys
    ("-Dpassword=hunter2 -Dx=y", "-Dpassword=******** -Dx=y"),
    (
        "childopts: -Djavax.net.ssl.keyStorePassword=a,b -Xmx1g",
        "childopts: -Djavax.net.ssl.keyStorePassword=******** -Xmx1g",
    ),
    ("my.passphrase: correct horse\nx: y", "my.passphrase: ********\nx: y"),
    ("  db.password = correct horse # why", "  db.password = ********"),
    (
        "given pwd=x, api.key=y, private_key=z",
        "given pwd=********, api.key=********, private_key=********",
    ),
    ("{password=abc, user=x}", "{password=********, user=x}"),
    ("{\"password\":\"a\\\"b\",\"user\":\"x\"}", "{\"password\":\"********\",\"user\":\"x\"}"),
    (r#"{\"token\":\"a b\",\"x\":1}"#, r#"{\"token\":\"********\",\"x\":1}"#),
    ("{'secret': 'x y', 'a': 1}", "{'secret': '********', 'a': 1}"),
    ("hadoop --password hunter2 fs", "hadoop --password ******** fs"),
    ("opts:password=x@y", "********"),
    ("x auth=abc", "x auth=********"),
    ("aws_access_key_id = AKIA", "aws_access_key_id = ********"),
    ("config[password]=x", "config[password]=********"),
    (
        "heron.uploader.s3.secret_key = \"x\" (a:1): y",
        "heron.uploader.s3.secret_key = \"********\" (a:1): y",
    ),
    ("http://u:x?sig=a@b@h/p", "http://********"),
];

#[test]
fn secrets_are_masked_and_the_rest_is_readable() {
    for (text, shown) in MASKED {
        assert_eq!(redact(text), shown, "{text}");
        assert_eq!(redact(shown), shown, "masking twice: {text}");
    }
}

#[test]
fn texts_without_secrets_stay_as_they_are() {
    for text in [
        "host:1 b@c",
        "master@10.0.0.1:5050 and slave(1)@10.0.0.2:5051",
        "heron.mesos.secret.file = \"/etc/secret\" (m.conf:3): no such file",
        "heron.uploader.webhdfs.token.file=/a/b",
        "x.secret.uri: http://h/a?version=2&part=b",
        "check user and password in the zk:// address",
        "WWW-Authenticate: Basic realm=\"mesos\", Bearer realm=\"x\"",
        "Basic authentication is asked for",
        "PWD=/mnt/mesos/sandbox OLDPWD=/",
        "https://h:8443/a/b.tar.gz?op=CREATE&overwrite=true#top",
        "key=wordcount component=count bypass=3 tokenizer=ws",
        "key: value, signed: yes, author: me, passive=true",
        "2026-11-23T10:11:12Z h1:2181,h2:2181/mesos",
        "ssh me@gateway:22 http://pw:80/x",
        "",
        "://",
        "@:@ =: ?&=",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn keys_are_secret_in_every_spelling() {
    for key in [
        "my.password",
        "a.passwd",
        "passphrase",
        "db.pwd",
        "DB_PWD",
        "secret",
        "x.secret.key",
        "secretKey",
        "heron.uploader.s3.secret_key",
        "heron.uploader.s3.access_key",
        "api.key",
        "apiKey",
        "api_key",
        "apikey",
        "private_key",
        "private.key",
        "auth",
        "http.auth",
        "authorization",
        "Proxy-Authorization",
        "access_key",
        "AWSAccessKeyId",
        "awsaccesskeyid",
        "credential",
        "credentials",
        "token",
        "access_token",
        "authToken",
        "-Dpassword",
        "-Dauth",
        "--client-secret",
        "AccountKey",
        "Cookie",
        "X-Amz-Signature",
        "keyStorePassword",
        "SASL_JAAS_PASSWORD",
        "X-Auth-Token",
    ] {
        assert!(is_secret(key), "{key}");
        assert_eq!(redact_value(key, "x"), MASK);
        assert_eq!(redact_value(key, ""), "");
    }
    for key in [
        "heron.mesos.secret.file",
        "heron.uploader.gcs.credentials_path",
        "x.secret.uri",
        "password.file",
        "token.timeout",
        "secret_name",
        "key",
        "topology.name",
        "author",
        "authority",
        "compass",
        "PWD",
        "passthrough",
        "tokenizer.class",
        "monkey",
        "heron.mesos.principal",
        "auth.enabled",
        "",
        ".",
        "keyfile",
        "heron.uploader.http.authorization.file",
    ] {
        assert!(!is_secret(key), "{key}");
    }
}

#[test]
fn an_address_of_a_secret_is_shown_only_if_it_is_one() {
    assert_eq!(redact_value("x.secret.uri", "https://u:p@h/x"), "https://********@h/x");
    assert_eq!(redact_value("x.secret.uri", "hunter2"), MASK);
    assert_eq!(redact_value("x.uri", "hunter2"), "hunter2");
}

/// What may be a secret: no blank, no double quote, and no letter of what stands around it.
fn secret() -> impl Strategy<Value = String> {
    "[A-Z0-9]{4}[A-Z0-9@/:+=%!.,;~_-]{0,8}[A-Z0-9]{4}"
}

/// Places for a secret, where `{}` stands, that a text of any tool may have.
fn place() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "zk://u:{}@host:2181/mesos",
        "master=http://u:{}@host:5050 other",
        "u:{}@host",
        "(u:{}@host:2181)",
        "{\"url\":\"https://u:{}@host/x\"}",
        "password={}",
        "a -Dx.secret={} b",
        "api.key: {}",
        "Authorization: Basic {}",
        "Authorization: {}",
        "{\"private_key\":\"{}\"}",
        "--token {} next",
        "authorization=Bearer {}",
    ])
}

/// Places in the query of a URL, where `&` and `#` end a value.
fn parameter() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "https://host/x?X-Amz-Signature={}&y=1",
        "https://host:9000/x?a=b&X-Amz-Credential={}",
        "GET /x?X-Amz-Security-Token={}#f",
        "https://host/x?sig={}",
        "https://host/x?Signature={} failed",
        "http://host/?access_token={}",
        "http://host/?AWSAccessKeyId={}&x=y",
        "see https://host/?key={}.",
    ])
}

/// Words of which harmless texts are made.
fn harmless() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-z]{1,8}",
        "(http|https|zk|hdfs)://h[a-z]{1,7}(:[0-9]{1,5})?(/[a-z0-9.]{0,6}){0,3}(\\?(op|x|part)=[a-z0-9]{1,5})?",
        "h[a-z]{1,7}:[0-9]{1,5}",
        "(heron|topology)\\.(name|workers|ram)(=|: )[a-z0-9/]{1,8}",
        "-Xmx[0-9]{1,3}m",
        "/[a-z]{1,5}/[a-z@]{1,9}",
        "\\{\"(id|name)\":\"[a-zäöü ]{0,6}\"\\}",
        "[\\PC&&[^=:@-]]{0,5}",
    ];
    prop::collection::vec(word, 0..8).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn a_planted_secret_never_survives(
        before in harmless(), place in prop_oneof![place(), parameter()], secret in secret(), after in harmless(),
    ) {
        let text = format!("{before} {} {after}", place.replace("{}", &secret));
        let shown = redact(&text);
        let (head, tail) = (&secret[..4], &secret[secret.len() - 4..]);
        prop_assert!(!shown.contains(head) && !shown.contains(tail), "{text}\n{shown}");
        prop_assert_eq!(redact(&shown), shown.clone());
        prop_assert!(shown.contains(MASK));
    }

    #[test]
    fn harmless_texts_are_unchanged(text in harmless()) {
        prop_assert_eq!(redact(&text), text);
    }

    #[test]
    fn any_text_can_be_masked_twice(text in "([a-c:/@ ä?&=%\"'#;*-]|password|sig|://|Basic |3D){0,30}") {
        let once = redact(&text);
        prop_assert_eq!(redact(&once), once);
    }
}
