use serde_json::{Value, json};

use super::*;
use crate::mesos::call::Call;
use crate::mesos::offer::*;
use crate::mesos::tests::golden;

fn parse(text: &str) -> Event {
    Event::parse(text.as_bytes()).expect("an event")
}

fn kind(event: &Event) -> &str {
    match event {
        Event::Subscribed { .. } => "SUBSCRIBED",
        Event::Offers(_) => "OFFERS",
        Event::Rescind(_) => "RESCIND",
        Event::Update(_) => "UPDATE",
        Event::Failure { .. } => "FAILURE",
        Event::Error(_) => "ERROR",
        Event::Heartbeat => "HEARTBEAT",
        Event::Other(kind) => kind,
    }
}

#[test]
fn every_recorded_event_is_known() {
    let mut seen = std::collections::BTreeMap::new();
    for file in golden::FILES {
        for stream in golden::streams(file) {
            for record in golden::records(file, &stream) {
                let wire: Value = serde_json::from_slice(&record).expect("JSON");
                let event = Event::parse(&record).unwrap_or_else(|error| panic!("{file}: {error}"));
                assert!(!matches!(event, Event::Other(_)), "{file}: {wire}");
                assert_eq!(kind(&event), wire["type"], "{file}");
                agrees(&event, &wire);
                *seen.entry(kind(&event).to_owned()).or_insert(0) += 1;
            }
        }
    }
    let expected = [
        ("ERROR", 5),
        ("FAILURE", 1),
        ("HEARTBEAT", 15),
        ("OFFERS", 20),
        ("SUBSCRIBED", 13),
        ("UPDATE", 62),
    ];
    for (kind, least) in expected {
        assert!(seen.get(kind).is_some_and(|count| *count >= least), "{kind}: {seen:?}");
    }
}

/// What is read is what is written there.
fn agrees(event: &Event, wire: &Value) {
    match event {
        Event::Subscribed { framework_id, heartbeat_interval_seconds } => {
            assert_eq!(json!(framework_id), wire["subscribed"]["framework_id"]);
            assert_eq!(
                json!(heartbeat_interval_seconds),
                wire["subscribed"]["heartbeat_interval_seconds"]
            );
        }
        Event::Offers(offers) => {
            let listed = wire["offers"]["offers"].as_array().expect("offers");
            assert_eq!(offers.len(), listed.len());
            for (offer, wire) in offers.iter().zip(listed) {
                assert_eq!(json!(offer.id), wire["id"]);
                assert_eq!(json!(offer.agent_id), wire["agent_id"]);
                assert_eq!(
                    json!(offer.resources),
                    wire["resources"],
                    "nothing of a resource is lost"
                );
                assert_eq!(json!(offer.allocation_info), wire["allocation_info"]);
                assert_eq!(
                    json!(offer.url.as_ref().map(|url| url.address.port)),
                    wire["url"]["address"]["port"]
                );
                assert_eq!(json!(offer.hostname), wire["hostname"]);
            }
        }
        Event::Update(status) => {
            let wire = &wire["update"]["status"];
            assert_eq!(json!(status.task_id), wire["task_id"]);
            assert_eq!(json!(status.state), wire["state"]);
            assert!(!matches!(status.state, TaskState::Other(_)), "{wire}");
            for (ours, name) in [
                (&status.message, "message"),
                (&status.source, "source"),
                (&status.reason, "reason"),
                (&status.uuid, "uuid"),
            ] {
                assert_eq!(json!(ours), wire[name], "{name}");
            }
            assert_eq!(json!(status.agent_id), wire["agent_id"]);
            assert_eq!(json!(status.executor_id), wire["executor_id"]);
            assert_eq!(json!(status.timestamp), wire["timestamp"]);
            assert_eq!(status.wants_acknowledgement(), wire["uuid"].is_string());
        }
        Event::Failure { agent_id, executor_id } => {
            assert_eq!(json!(agent_id), wire["failure"]["agent_id"]);
            assert_eq!(json!(executor_id), wire["failure"]["executor_id"]);
        }
        Event::Error(message) => assert_eq!(json!(message), wire["error"]["message"]),
        Event::Rescind(id) => assert_eq!(json!(id), wire["rescind"]["offer_id"]),
        Event::Heartbeat | Event::Other(_) => {}
    }
}

#[test]
fn recorded_calls_are_written_alike() {
    let mut same = 0;
    let mut others = Vec::new();
    for file in golden::FILES {
        for line in golden::lines(file) {
            if !line.from_client || !line.data.starts_with(b"POST /api/v1/scheduler ") {
                continue;
            }
            let (_, body) = golden::split(&line.data);
            let Ok(wire) = serde_json::from_slice::<Value>(body) else {
                others.push(line.note);
                continue;
            };
            // What our types don't know would be left out, and the values would differ.
            match serde_json::from_value::<Call>(wire.clone()) {
                Ok(call) if json!(call) == wire => same += 1,
                _ => others.push(if line.note.is_empty() {
                    format!("{file} {}", line.connection)
                } else {
                    line.note
                }),
            }
        }
    }
    assert!(same >= 120, "{same} calls alike; not: {others:?}");
    assert_eq!(others, NOT_OURS, "{same} calls alike");
}

/// Calls that ours don't express: mistakes made on purpose, and defaults left out where ours always writes them
/// (`cache`, `uris`) or written where ours leave them out (`roles` of REVIVE).
const NOT_OURS: [&str; 11] = [
    "not JSON",
    "no subscribe",
    "no type",
    "user missing",
    "no accept",
    "unknown type",
    "02-call-errors role and MULTI_ROLE",
    "URI that isn't there",
    "user that doesn't exist",
    "06-offers-over-time call-92",
    "09-heron-topology call-1",
];

#[test]
fn what_is_null_or_missing_gets_its_default() {
    let event = parse(
        r#"{"type":"OFFERS","offers":{"offers":[
            {"id":{"value":"o"},"agent_id":{"value":"a"},"hostname":null,"url":null,"resources":null,"attributes":null},
            {"id":{"value":"o2"},"agent_id":{"value":"a"},"resources":[{"name":"cpus","type":null,"scalar":{"value":null}}],
             "url":{"scheme":null,"address":{"hostname":null,"port":null}}},
            {"id":{"value":null},"agent_id":{"value":"a"}},{"id":null,"agent_id":null}]}}"#,
    );
    let Event::Offers(offers) = event else { panic!("{event:?}") };
    assert_eq!(offers.len(), 2, "an offer without id is no offer");
    assert_eq!(offers[0].resources, []);
    assert_eq!(offers[1].resources[0].scalar, Some(Scalar { value: 0.0 }));
    assert_eq!(parse(r#"{"type":"OFFERS"}"#), Event::Offers(vec![]));
    assert_eq!(
        parse(r#"{"type":"FAILURE"}"#),
        Event::Failure { agent_id: None, executor_id: None }
    );
    let event = parse(
        r#"{"type":"SUBSCRIBED","subscribed":{"framework_id":{"value":"f"},"heartbeat_interval_seconds":null}}"#,
    );
    assert_eq!(
        event,
        Event::Subscribed {
            framework_id: "f".into(),
            heartbeat_interval_seconds: DEFAULT_HEARTBEAT_SECONDS
        }
    );
}

#[test]
fn what_is_unknown_is_kept_apart() {
    assert_eq!(
        parse(r#"{"type":"INVERSE_OFFERS","inverse_offers":{}}"#),
        Event::Other("INVERSE_OFFERS".into())
    );
    assert_eq!(parse("{}"), Event::Other(String::new()));
    let event = parse(
        r#"{"type":"UPDATE","new":[1],"update":{"status":{"task_id":{"value":"t","x":1},"state":"TASK_PAUSED",
            "reason":"REASON_OF_LATER","uuid":"","agent_id":{"value":""},"limitation":{"resources":[]}}}}"#,
    );
    let Event::Update(status) = event else { panic!("{event:?}") };
    assert_eq!(status.state, TaskState::Other("TASK_PAUSED".into()));
    assert_eq!(status.reason.as_deref(), Some("REASON_OF_LATER"));
    assert!(!status.wants_acknowledgement(), "an empty uuid is none");
    assert_eq!(status.agent_id, None, "an empty id is none");
}

#[test]
fn big_numbers_are_exact() {
    let event = parse(
        r#"{"type":"OFFERS","offers":{"offers":[{"id":{"value":"o"},"agent_id":{"value":"a"},
            "unavailability":{"start":{"nanoseconds":1733500000123456789}},
            "resources":[{"name":"ids","type":"RANGES","ranges":{"range":[{"begin":9007199254740993,"end":18446744073709551615}]},
                          "x":9007199254740993}]}]}}"#,
    );
    let Event::Offers(offers) = event else { panic!("{event:?}") };
    let text = json!(offers[0]).to_string();
    assert!(text.contains("1733500000123456789"), "{text}");
    let resource = &offers[0].resources[0];
    assert_eq!(resource.rest["x"], json!(9_007_199_254_740_993_u64));
    let range = resource.ranges.as_ref().expect("ranges").range[0];
    assert_eq!(range, Range { begin: 9_007_199_254_740_993, end: u64::MAX });
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let event = Event::parse(b"{\"type\":\"ERROR\",\"error\":{\"message\":\"\xff \\/ \xc3\"}}");
    assert_eq!(event.expect("an event"), Event::Error("\u{fffd} / \u{fffd}".into()));
}

#[test]
fn what_says_nothing_is_an_error() {
    for (text, wanted) in [
        ("", "event is not readable"),
        ("[1]", "event is not readable"),
        (r#"{"type":"UPDATE","update":{"status":{"task_id":7}}}"#, "event is not readable"),
        (
            r#"{"type":"UPDATE","update":{"status":{}}}"#,
            "event UPDATE has no update.status.task_id",
        ),
        (r#"{"type":"RESCIND","rescind":null}"#, "event RESCIND has no rescind.offer_id"),
        (r#"{"type":"SUBSCRIBED"}"#, "event SUBSCRIBED has no subscribed"),
        (
            r#"{"type":"SUBSCRIBED","subscribed":{}}"#,
            "event SUBSCRIBED has no subscribed.framework_id",
        ),
    ] {
        let error = Event::parse(text.as_bytes()).expect_err(text).to_string();
        assert!(error.starts_with(wanted), "{text}: {error}");
    }
}

#[test]
fn errors_of_the_stream_are_told_apart() {
    for (text, kind) in [
        ("Framework has been removed", ErrorKind::Removed),
        ("Framework failed over", ErrorKind::Superseded),
        ("Authorization failure: no answer", ErrorKind::Unavailable),
        ("Not authorized to register framework x with roles {y}", ErrorKind::Unauthorized),
        ("Roles {x} are not present in the master's --roles", ErrorKind::Refused),
    ] {
        assert_eq!(ErrorKind::of(text), kind, "{text}");
    }
}

#[test]
fn what_mesos_quotes_holds_no_secret() {
    let status = r#"{"task_id":{"value":"t"},"message":"failed to fetch 'http://u:hunter2@h/x'","state":"TASK_FAILED"}"#;
    let update = parse(&format!(r#"{{"type":"UPDATE","update":{{"status":{status}}}}}"#));
    let Event::Update(status) = update else { panic!("{update:?}") };
    assert_eq!(status.message.as_deref(), Some("failed to fetch 'http://********@h/x'"));
    let error = parse(r#"{"type":"ERROR","error":{"message":"no zk://u:hunter2@h/mesos"}}"#);
    assert_eq!(error, Event::Error("no zk://********@h/mesos".to_owned()));
}
