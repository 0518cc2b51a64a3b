use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const ID: &str = "wordcount82e79bae-17cf-462c-88e0-b6e25066356b";

/// The request line and the answer of a recording (`curl -v`).
fn recorded(name: &str) -> (String, Vec<u8>) {
    let base = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/controller-http");
    let text = std::fs::read_to_string(format!("{base}/{name}.txt")).unwrap();
    let request = text.lines().find_map(|line| line.strip_prefix("> GET ")).unwrap();
    let head: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("< ")).collect();
    let length = head.iter().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    let (_, body) = text.split_once("bytes data]\n").unwrap();
    let body = body.trim_start_matches("* Closing connection 0\n");
    let mut answer = head.join("\r\n").trim_end().to_owned().into_bytes();
    // The status line of an empty reason ends with a space.
    if head[0].ends_with(' ') && head.len() == 1 {
        answer.push(b' ');
    }
    answer.extend_from_slice(b"\r\n\r\n");
    answer.extend_from_slice(&body.as_bytes()[..length.parse().unwrap()]);
    (format!("GET {request}"), answer)
}

/// Serves one answer and returns the request line.
async fn serve(answer: Vec<u8>) -> (Controller, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(&answer).await.unwrap();
        let text = String::from_utf8(request).unwrap();
        text.lines().next().unwrap().to_owned()
    });
    let deadline = Duration::from_secs(10);
    (Controller::new("127.0.0.1", port, ID, deadline).unwrap(), server)
}

#[tokio::test]
async fn recorded_successes_are_done() {
    let (request, answer) = recorded("04_activate_ok");
    assert!(answer.starts_with(b"HTTP/1.1 200 \r\n"));
    let (controller, server) = serve(answer).await;
    assert_eq!(controller.activate().await.unwrap(), Changed::Done);
    assert_eq!(server.await.unwrap(), request);

    let (request, answer) = recorded("02_deactivate_ok");
    let (controller, server) = serve(answer).await;
    assert_eq!(controller.deactivate().await.unwrap(), Changed::Done);
    assert_eq!(server.await.unwrap(), request);
}

#[tokio::test]
async fn an_error_without_reason_means_already_so() {
    let (_, answer) = recorded("00b_noplan_get_pplan");
    let (controller, _server) = serve(answer).await;
    assert_eq!(controller.activate().await.unwrap(), Changed::Already);
}

#[tokio::test]
async fn another_submission_is_told_apart() {
    let (_, answer) = recorded("06_activate_wrong_id");
    let (controller, _server) = serve(answer).await;
    let error = controller.activate().await.unwrap_err();
    assert!(
        matches!(&error, ControllerError::NoSuchTopologyId { topology_id, .. } if topology_id == ID)
    );
}

#[tokio::test]
async fn refusals_carry_their_reason_without_html() {
    for (name, status, wanted) in [
        ("05_activate_missing_id", 400, "Missing 'topologyid' argument in the request"),
        ("09_unknown_path", 404, "Not Supported"),
        (
            "12_rtconf_none",
            400,
            "No runtime config is found. Usage: runtime-config=[COMPONENT:]<CONFIG>:<VALUE>.",
        ),
        ("16_rtconf_bad_component", 400, "Failed to validate runtime configs"),
        (
            "17_rtconf_bad_format1",
            400,
            "Failed to parse runtime configs. Possibly bad format. The expected format is [COMPONENT:]<CONFIG>:<VALUE>.",
        ),
    ] {
        let (controller, _server) = serve(recorded(name).1).await;
        let error = controller.runtime_config(&["abc".to_owned()]).await.unwrap_err();
        let ControllerError::Refused { status: got, reason, url } = error else {
            panic!("{error}")
        };
        assert_eq!((got, reason.as_str()), (status, wanted), "{name}");
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    }
}

#[tokio::test]
async fn runtime_settings_are_repeated_arguments() {
    let (_, answer) = recorded("13_rtconf_topology_level");
    let (controller, server) = serve(answer).await;
    let items = ["topology.debug:true".to_owned(), "bolt:k:a&b".to_owned()];
    controller.runtime_config(&items).await.unwrap();
    assert_eq!(
        server.await.unwrap(),
        format!(
            "GET /runtime_config/update?topologyid={ID}&runtime-config=topology.debug%3Atrue\
             &runtime-config=bolt%3Ak%3Aa%26b HTTP/1.1"
        )
    );
}

#[tokio::test]
async fn the_physical_plan_is_decoded() {
    let (_, answer) = recorded("23_get_current_physical_plan_anyid");
    let (controller, _server) = serve(answer).await;
    let plan = controller.physical_plan().await.unwrap();
    assert_eq!(plan.topology.name, "wordcount");
    assert_eq!(plan.stmgrs.len(), 1);
    let garbage = b"HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\n***".to_vec();
    let (controller, _server) = serve(garbage).await;
    let error = controller.physical_plan().await.unwrap_err();
    assert!(matches!(error, ControllerError::Record(_)), "{error}");
}

#[tokio::test]
async fn a_tmanager_that_dies_of_the_request_gave_no_answer() {
    let (controller, _server) = serve(Vec::new()).await;
    let error = controller.activate().await.unwrap_err();
    assert!(matches!(error, ControllerError::NoAnswer { .. }), "{error}");
    assert!(error.to_string().contains("without an answer"), "{error}");
}

#[tokio::test]
async fn a_leftover_location_refuses_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let controller = Controller::new("127.0.0.1", port, ID, Duration::from_secs(10)).unwrap();
    let error = controller.activate().await.unwrap_err();
    let ControllerError::Unreachable { why, .. } = &error else { panic!("{error}") };
    assert_eq!(why, "connection refused");
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let controller = Controller::new("127.0.0.1", port, ID, Duration::from_millis(50)).unwrap();
    let error = controller.activate().await.unwrap_err();
    let ControllerError::NoAnswer { why, .. } = &error else { panic!("{error}") };
    assert_eq!(why, "timed out after 50 ms");
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_unreachable() {
    // A full backlog: the kernel drops further attempts, as a firewall would.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    let _listener = socket.listen(0).unwrap();
    let mut queued = Vec::new();
    for _ in 0..4 {
        let attempt = tokio::net::TcpStream::connect(("127.0.0.1", port));
        queued.push(tokio::time::timeout(Duration::from_millis(50), attempt).await);
    }
    let controller = Controller::new("127.0.0.1", port, ID, Duration::from_millis(200)).unwrap();
    let error = controller.activate().await.unwrap_err();
    let ControllerError::Unreachable { why, .. } = &error else { panic!("{error}") };
    assert_eq!(why, "timed out");
}

#[test]
fn locations_that_are_no_addresses_are_refused() {
    let mut location =
        TManagerLocation { host: "h".into(), controller_port: 1, ..Default::default() };
    assert!(Controller::of(&location, Duration::from_secs(1)).is_ok());
    for (host, port) in
        [("h", 0), ("h", -1), ("h", 70_000), ("", 1), ("a b", 1), ("h/x", 1), ("u@h", 1)]
    {
        location.host = host.into();
        location.controller_port = port;
        assert!(Controller::of(&location, Duration::from_secs(1)).is_err(), "{host}:{port}");
    }
    location.host = "::1".into();
    location.controller_port = 1;
    assert!(Controller::of(&location, Duration::from_secs(1)).is_ok());
}
