use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::net::zookeeper::Endpoint;

/// How long a test waits for what comes at once.
const SOON: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(300);

fn options(ports: &[u16]) -> Options {
    let servers: Vec<_> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let ensemble = Ensemble::parse(&servers.join(",")).unwrap();
    Options { connection_timeout: SOON, ..Options::new(ensemble) }
}

/// A server that sends `answer` to whoever connects, again and again if `endless`.
async fn answering(answer: &'static [u8], endless: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                while stream.write_all(answer).await.is_ok() && endless {}
                let _ = stream.read(&mut request).await;
            });
        }
    });
    port
}

async fn failure(options: &Options) -> Vec<EndpointReport> {
    match connect(options, &Deadline::never()).await {
        Err(ConnectError::Unreachable { endpoints, .. }) => endpoints,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_frame_of_two_gigabytes_gets_no_memory() {
    let port = answering(&[0x7f, 0xff, 0xff, 0xff], true).await;
    let reports = failure(&options(&[port])).await;
    assert_eq!(reports[0].health, Health::TooLong(0x7fff_ffff));
    let port = answering(b"HTTP/1.1 400 Bad Request\r\n\r\n", false).await;
    let reports = failure(&options(&[port])).await;
    assert_eq!(reports[0].health, Health::TooLong(0x4854_5450));
    let port = answering(&[0x15, 3, 3, 0, 2, 2, 40], false).await;
    assert_eq!(failure(&options(&[port])).await[0].health, Health::WantsTls);
}

#[tokio::test]
async fn what_may_pass_is_tried_until_the_timeout_and_what_cannot_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap().port();
    let hung_up = answering(b"", false).await;
    let short = Options { connection_timeout: SHORT, ..options(&[silent]) };
    let began = tokio::time::Instant::now();
    assert_eq!(failure(&short).await[0].health, Health::TimedOut);
    assert!(began.elapsed() >= SHORT);
    let short = Options { connection_timeout: SHORT, ..options(&[hung_up]) };
    failure(&short).await;

    let mut gone = options(&[1]);
    gone.ensemble.endpoints[0].host = "no-such-host.invalid".to_owned();
    let reports = failure(&gone).await;
    assert!(matches!(reports[0].health, Health::NoSuchHost(_)), "{reports:?}");
}

#[tokio::test]
async fn a_deadline_and_a_signal_end_the_attempts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = options(&[listener.local_addr().unwrap().port()]);
    let error = connect(&silent, &Deadline::after(SHORT)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");

    let (sender, receiver) = tokio::sync::watch::channel(None);
    let deadline = Deadline::new(None, crate::net::deadline::Signals::new(receiver));
    let interrupt = async {
        sleep(SHORT).await;
        sender.send_replace(Some(Signal::Interrupted));
    };
    let (error, ()) = tokio::join!(connect(&silent, &deadline), interrupt);
    assert!(matches!(error.unwrap_err(), ConnectError::Interrupted { .. }));
}

#[test]
fn secrets_are_not_shown() {
    let mut options = options(&[1]);
    let text = "me:geheim".into();
    options.access.credentials = Credentials::parse(Scheme::Digest, &text).ok();
    assert!(!format!("{options:?}").contains("geheim"));
    assert_eq!(options.ensemble.endpoints, [Endpoint { host: "127.0.0.1".into(), port: 1 }]);
}
