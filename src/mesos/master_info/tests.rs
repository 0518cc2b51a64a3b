use super::*;

#[test]
fn the_lowest_number_leads_whatever_its_label() {
    let nodes =
        ["log_replicas", "json.info_0000000010", "json.info_0000000003", "info_0000000007", "x"];
    assert_eq!(leading_node(nodes), Some("json.info_0000000003"));
    assert_eq!(leading_node(["json.info_0000000003", "info_0000000002"]), Some("info_0000000002"));
    assert_eq!(leading_node(["0000000001", "info_0000000002"]), Some("0000000001"));
    assert_eq!(leading_node(["log_replicas", "", "_"]), None);
}

fn url(name: &str, data: &[u8], prefer_hostname: bool) -> Result<String, MasterInfoError> {
    MasterInfo::parse(name, data)?.url(Scheme::Http, prefer_hostname).map(|url| url.to_string())
}

#[test]
fn json_nodes() {
    let data = br#"{"address":{"hostname":"m1.example","ip":"10.0.0.5","port":5050},"capabilities":[{"type":"QUOTA_V2"}],
        "hostname":"m1.example","id":"9f3a2c1e","ip":83886090,"pid":"master@10.0.0.5:5050","port":5050}"#;
    assert_eq!(url("json.info_0000000002", data, false).expect("a URL"), "http://10.0.0.5:5050");
    assert_eq!(url("json.info_0000000002", data, true).expect("a URL"), "http://m1.example:5050");
    let v6 = br#"{"address":{"ip":"2001:db8::1","port":5050}}"#;
    assert_eq!(url("json.info_1", v6, false).expect("a URL"), "http://[2001:db8::1]:5050");
    let named = br#"{"address":{"hostname":"m2","ip":null,"port":1},"ip":83886090,"port":5050}"#;
    assert_eq!(url("json.info_1", named, false).expect("a URL"), "http://m2:1");
    let old = br#"{"ip":83886090,"port":5050}"#;
    assert_eq!(url("json.info_1", old, false).expect("a URL"), "http://10.0.0.5:5050");
}

#[test]
fn message_nodes() {
    // id: "m", ip: 16777343, port: 5050, pid: "master@127.0.0.1:5050", hostname: "h1"
    let mut data =
        b"\x0a\x01m\x10\xff\x80\x80\x08\x18\xba\x27\x22\x15master@127.0.0.1:5050\x2a\x02h1"
            .to_vec();
    assert_eq!(url("info_0000000002", &data, true).expect("a URL"), "http://h1:5050");
    assert_eq!(url("info_0000000002", &data, false).expect("a URL"), "http://h1:5050");
    let bare = b"\x0a\x01m\x10\xff\x80\x80\x08\x18\xba\x27";
    assert_eq!(url("info_0000000002", bare, false).expect("a URL"), "http://127.0.0.1:5050");
    // address { hostname: "h2", ip: "10.0.0.6", port: 5060 }
    data.extend(b"\x3a\x11\x0a\x02h2\x12\x0810.0.0.6\x18\xc4\x27");
    assert_eq!(url("info_0000000002", &data, false).expect("a URL"), "http://10.0.0.6:5060");
}

#[test]
fn text_nodes() {
    assert_eq!(
        url("0000000002", b"master@10.0.0.5:5050", false).expect("a URL"),
        "http://10.0.0.5:5050"
    );
    assert!(matches!(url("0000000002", b"hello", false), Err(MasterInfoError::Text(_))));
}

#[test]
fn what_is_no_master() {
    assert!(matches!(url("json.info_1", b"{", false), Err(MasterInfoError::Json(_))));
    assert!(matches!(url("json.info_1", b"{}", false), Err(MasterInfoError::NoAddress)));
    assert!(matches!(url("info_1", b"\xff", false), Err(MasterInfoError::Message(_))));
    assert!(matches!(url("lock_1", b"{}", false), Err(MasterInfoError::Label(_))));
    let portless = br#"{"address":{"ip":"10.0.0.5"}}"#;
    assert!(matches!(url("json.info_1", portless, false), Err(MasterInfoError::NoAddress)));
}
