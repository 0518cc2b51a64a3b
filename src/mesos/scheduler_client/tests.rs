use serde_json::{Value, json};

use super::*;
use crate::mesos::tests::golden;
use crate::mesos::tests::server::{
    Reply, TestServer, answer, dead_port, hasty, http, redirect, text,
};

const HEAD: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nMesos-Stream-Id: s-1\r\nContent-Type: application/json\r\n\r\n";

type Answer = fn() -> Reply;

fn info(id: Option<&str>) -> FrameworkInfo {
    FrameworkInfo {
        user: "u".into(),
        name: "n".into(),
        id: id.map(Into::into),
        ..FrameworkInfo::default()
    }
}

async fn open(server: &TestServer) -> Result<Subscription, HttpError> {
    Subscription::open(&http(), &server.url(), info(None), vec![]).await
}

fn chunk(bytes: &str) -> String {
    format!("{:x}\r\n{bytes}\r\n", bytes.len())
}

fn record(event: &str) -> String {
    format!("{}\n{event}", event.len())
}

fn subscribed(heartbeat: f64) -> String {
    record(
        &json!({"type":"SUBSCRIBED","subscribed":{"framework_id":{"value":"f"},
        "heartbeat_interval_seconds":heartbeat}})
        .to_string(),
    )
}

async fn drain(stream: &mut Subscription) -> (Vec<Event>, DisconnectReason) {
    let mut events = Vec::new();
    loop {
        match stream.next_event().await {
            Ok(event) => events.push(event),
            Err(Disconnected { reason, .. }) => return (events, reason),
        }
    }
}

#[tokio::test]
async fn recorded_streams_are_read_in_any_pieces() {
    for file in golden::FILES {
        for stream in golden::streams(file) {
            let bytes = golden::bytes(file, &stream, false);
            let whole = bytes.ends_with(b"0\r\n\r\n");
            let expected: Vec<Event> = golden::records(file, &stream)
                .iter()
                .map(|record| Event::parse(record).expect("an event"))
                .collect();
            for size in [1, 7, 1000, usize::MAX] {
                let bytes = bytes.clone();
                let server = TestServer::start(move |_| {
                    if whole {
                        Reply::Pieces(bytes.clone(), size)
                    } else {
                        Reply::Last(bytes.clone())
                    }
                })
                .await;
                let mut stream = open(&server).await.expect("a stream");
                let (events, reason) = drain(&mut stream).await;
                assert_eq!(events, expected, "{file} in pieces of {size}");
                match reason {
                    DisconnectReason::Closed => assert!(whole),
                    DisconnectReason::Broken(_) => assert!(!whole),
                    other => panic!("{file}: {other}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn subscribe_and_calls_look_as_they_must() {
    let server = TestServer::start(|request| match request.header("mesos-stream-id") {
        None => Reply::Hang([HEAD, &chunk(&subscribed(15.0))].concat().into_bytes()),
        Some(_) => answer("202 Accepted", "", b""),
    })
    .await;
    let mut stream =
        Subscription::open(&http(), &server.url(), info(Some("mine")), vec!["heron".into()])
            .await
            .expect("a stream");
    assert!(matches!(stream.next_event().await, Ok(Event::Subscribed { .. })));
    assert_eq!(stream.stream_id(), "s-1");
    let call = Call { framework_id: Some("mine".into()), body: Body::Suppress };
    let caller = stream.caller();
    caller.send(&call).await.expect("taken");
    caller.clone().send(&call).await.expect("taken");

    let requests = server.requests();
    let lines: Vec<_> = requests.iter().map(super::super::tests::server::Request::line).collect();
    assert_eq!(lines, ["POST /api/v1/scheduler"; 3]);
    for request in &requests {
        assert_eq!(request.header("content-type"), Some("application/json"));
    }
    let subscribe = &requests[0];
    assert_eq!(subscribe.header("accept"), Some("application/json"));
    let body: Value = serde_json::from_slice(&subscribe.body).expect("JSON");
    assert_eq!(body["framework_id"], json!({"value":"mine"}));
    assert_eq!(body["subscribe"]["framework_info"]["id"], json!({"value":"mine"}));
    assert_eq!(body["subscribe"]["suppressed_roles"], json!(["heron"]));
    assert_eq!(requests[1].header("mesos-stream-id"), Some("s-1"));
    assert_eq!(requests[1].body, br#"{"framework_id":{"value":"mine"},"type":"SUPPRESS"}"#);
}

#[tokio::test]
async fn answers_to_subscribe_are_told_apart() {
    let refused = |status: &'static str, body: &'static str| async move {
        let server = TestServer::start(move |_| text(status, body)).await;
        open(&server).await.expect_err(status)
    };
    for status in
        ["404 Not Found", "500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"]
    {
        let error = refused(status, "No leader elected").await;
        assert!(
            matches!(&error, HttpError::NotReady { text, .. } if text == "No leader elected"),
            "{error}"
        );
    }
    assert!(matches!(refused("401 Unauthorized", "").await, HttpError::Unauthorized { .. }));
    assert!(matches!(refused("403 Forbidden", "no").await, HttpError::Forbidden { .. }));
    assert!(matches!(
        refused("400 Bad Request", "no").await,
        HttpError::Rejected { status: 400, .. }
    ));
    let server = TestServer::start(|_| answer("200 OK", "", b"hello")).await;
    assert!(matches!(open(&server).await, Err(HttpError::BadAnswer { .. })));

    let recorded = golden::answer_to(
        "07-leader-and-redirect",
        "POST /api/v1/scheduler HTTP/1.1\r\nHost: 127.0.0.1:5060",
    );
    let server = TestServer::start(move |_| Reply::Bytes(recorded.clone())).await;
    let Err(HttpError::Redirected { leader, .. }) = open(&server).await else { panic!() };
    assert_eq!(leader.to_string(), "http://127.0.0.1:5050");
    let server = TestServer::start(|_| redirect("")).await;
    assert!(matches!(open(&server).await, Err(HttpError::BadAnswer { .. })));

    let nobody = LeaderUrl::new(crate::mesos::master::Scheme::Http, "127.0.0.1", dead_port().await)
        .expect("a URL");
    let error = Subscription::open(&http(), &nobody, info(None), vec![]).await.expect_err("nobody");
    assert!(matches!(error, HttpError::Unreachable { cause: Unreachable::Refused, .. }), "{error}");
    let silent = TestServer::start(|_| Reply::Hang(vec![])).await;
    let error =
        Subscription::open(&hasty(), &silent.url(), info(None), vec![]).await.expect_err("silence");
    assert!(
        matches!(error, HttpError::Unreachable { cause: Unreachable::TimedOut, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn streams_end_for_different_reasons() {
    let ends = |body: String, last: bool| async move {
        let bytes = [HEAD, &body].concat().into_bytes();
        let server = TestServer::start(move |_| {
            if last { Reply::Last(bytes.clone()) } else { Reply::Hang(bytes.clone()) }
        })
        .await;
        drain(&mut open(&server).await.expect("a stream")).await
    };
    let (events, reason) = ends(chunk(&subscribed(0.01)), false).await;
    assert_eq!(events.len(), 1);
    assert!(
        matches!(reason, DisconnectReason::Silent(time) if time == Duration::from_millis(50)),
        "{reason}"
    );

    let cut = chunk(&subscribed(15.0)) + &chunk("20\n{\"type\":");
    let (_, reason) = ends(format!("{cut}0\r\n\r\n"), false).await;
    assert!(
        matches!(reason, DisconnectReason::Framing(RecordError::Truncated { got: 8, wanted: 20 })),
        "{reason}"
    );
    assert!(matches!(ends(cut, true).await.1, DisconnectReason::Broken(_)));
    let (_, reason) = ends(chunk("<html>"), false).await;
    assert!(
        matches!(reason, DisconnectReason::Framing(RecordError::NotANumber { .. })),
        "{reason}"
    );
    let (_, reason) = ends(chunk(&record("{}{")), false).await;
    assert!(matches!(reason, DisconnectReason::Unreadable(_)), "{reason}");
}

#[tokio::test]
async fn what_cannot_be_read_is_skipped() {
    let body = [
        chunk(&subscribed(15.0)),
        chunk(&(record("{\"type\":\"UPDATE\"}") + "0\n" + &record("{\"type\":\"NEW\"}"))),
        chunk(&record("{\"type\":\"HEARTBEAT\"}")),
        "0\r\n\r\n".to_owned(),
    ];
    let bytes = [HEAD.to_owned(), body.concat()].concat().into_bytes();
    let server = TestServer::start(move |_| Reply::Pieces(bytes.clone(), 1)).await;
    let (events, _) = drain(&mut open(&server).await.expect("a stream")).await;
    assert_eq!(events[1..], [Event::Other("NEW".into()), Event::Heartbeat]);
}

#[tokio::test]
async fn asking_again_after_giving_up_loses_nothing() {
    let bytes = golden::bytes("01-lifecycle", "stream", false);
    let server = TestServer::start(move |_| Reply::Pieces(bytes.clone(), 3)).await;
    let mut stream = open(&server).await.expect("a stream");
    let mut events = Vec::new();
    loop {
        tokio::select! {
            biased;
            event = stream.next_event() => match event {
                Ok(event) => events.push(event),
                Err(_) => break,
            },
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(events.len(), golden::records("01-lifecycle", "stream").len());
}

#[tokio::test]
async fn answers_to_calls_are_told_apart() {
    let call = Call { framework_id: Some("f".into()), body: Body::Revive };
    let send = |reply: Answer| {
        let call = call.clone();
        async move {
            let server =
                TestServer::start(move |request| match request.header("mesos-stream-id") {
                    None => Reply::Hang([HEAD, &chunk(&subscribed(15.0))].concat().into_bytes()),
                    Some(_) => reply(),
                })
                .await;
            let stream = open(&server).await.expect("a stream");
            stream.caller().send(&call).await
        }
    };
    let dead: [Answer; 5] = [
        || text("400 Bad Request", "Framework cannot be found"),
        || text("403 Forbidden", "Framework is not subscribed"),
        || text("403 Forbidden", "Framework is not connected via HTTP"),
        || {
            text(
                "400 Bad Request",
                "The stream ID 'x' included in this request didn't match the stream ID currently associated with framework ID f",
            )
        },
        || redirect("//127.0.0.1:5060/master/api/v1/scheduler"),
    ];
    for reply in dead {
        let error = send(reply).await.expect_err("refused");
        assert!(matches!(error, CallError::SubscriptionDead { .. }), "{error}");
    }
    // The same, as a real master wrote it.
    for (file, note) in
        [("03-takeover", "old stream id"), ("03-takeover", "call while the stream is closed")]
    {
        let line = golden::lines(file).into_iter().find(|line| line.note == note).expect("a line");
        let bytes = golden::bytes(file, &line.connection, false);
        let server = TestServer::start(move |request| match request.header("mesos-stream-id") {
            None => Reply::Hang([HEAD, &chunk(&subscribed(15.0))].concat().into_bytes()),
            Some(_) => Reply::Bytes(bytes.clone()),
        })
        .await;
        let stream = open(&server).await.expect("a stream");
        let error = stream.caller().send(&call).await.expect_err("refused");
        assert!(matches!(error, CallError::SubscriptionDead { .. }), "{error}");
    }
    let other: [(Answer, &str); 4] = [
        (
            || {
                text(
                    "400 Bad Request",
                    "Failed to validate scheduler::Call: Expecting 'accept' to be present",
                )
            },
            "refused (400)",
        ),
        (|| text("401 Unauthorized", ""), "not authenticated"),
        (|| text("403 Forbidden", "Not authorized"), "not allowed (403)"),
        (|| text("503 Service Unavailable", "Master has not finished recovery"), "not ready (503)"),
    ];
    for (reply, message) in other {
        let error = send(reply).await.expect_err("refused");
        assert!(matches!(error, CallError::Http(_)), "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

/// A master never answers a second request on the connection of a stream (`docs/mesos.md#connections`).
#[tokio::test]
async fn the_connection_of_a_stream_carries_no_other_request() {
    let server = TestServer::start(|request| {
        if request.line().starts_with("GET") {
            return answer("200 OK", "", b"{}");
        }
        let stream = format!("{HEAD}{}0\r\n\r\n", chunk(&subscribed(15.0)));
        Reply::Hang(stream.into_bytes())
    })
    .await;
    let http = hasty();
    let mut stream = Subscription::open(&http, &server.url(), info(None), vec![]).await.unwrap();
    assert_eq!(drain(&mut stream).await.0.len(), 1);
    for _ in 0..3 {
        let answered: Value = http.get_json(&server.url(), "/frameworks", &[]).await.unwrap();
        assert_eq!(answered, json!({}));
    }
}
