use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use super::super::frames::Reader;
use super::handshake::{AUTH, PING, SASL, proof, reply};
use super::*;

fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    frame.extend(body);
    frame
}

fn request(xid: i32, code: i32, content: &[u8]) -> Vec<u8> {
    frame(&[&xid.to_be_bytes(), &code.to_be_bytes(), content].concat())
}

/// A server that answers to the request for a session, and hands on what else it gets.
async fn server() -> (Endpoint, mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut reader = Reader::new(1024);
            let first = reader.next(&mut stream).await.unwrap();
            sender.send(first.to_vec()).unwrap();
            stream.write_all(&frame(b"session")).await.unwrap();
            while let Ok(next) = reader.next(&mut stream).await {
                sender.send(next.to_vec()).unwrap();
            }
        }
    });
    (Endpoint { host: "127.0.0.1".to_owned(), port }, receiver)
}

#[tokio::test]
async fn who_proves_to_be_the_client_gets_through() {
    let (endpoint, mut received) = server().await;
    let guard = Guard::start(&[endpoint], Dialer::new(None), 1024).await.unwrap();
    let mut client = TcpStream::connect(guard.address()).await.unwrap();
    let requests = [
        frame(b"connect"),
        request(1, SASL, b"token"),
        request(2, AUTH, &proof(guard.secret())),
        request(3, 4, b"/node"),
    ];
    client.write_all(&requests.concat()).await.unwrap();
    let mut answers = Reader::new(1024);
    assert_eq!(answers.next(&mut client).await.unwrap(), frame(b"session"));
    assert_eq!(&answers.next(&mut client).await.unwrap()[..], reply(2));
    for expected in [&requests[0], &requests[1], &requests[3]] {
        assert_eq!(received.recv().await.as_ref(), Some(expected));
    }
}

#[tokio::test]
async fn the_first_ping_waits_for_no_server() {
    let (endpoint, mut received) = server().await;
    let guard = Guard::start(&[endpoint], Dialer::new(None), 1024).await.unwrap();
    let mut client = TcpStream::connect(guard.address()).await.unwrap();
    let opening = [frame(b"connect"), request(1, AUTH, &proof(guard.secret()))];
    client.write_all(&opening.concat()).await.unwrap();
    let mut answers = Reader::new(1024);
    assert_eq!(answers.next(&mut client).await.unwrap(), frame(b"session"));
    assert_eq!(&answers.next(&mut client).await.unwrap()[..], reply(1));
    let digest = request(2, AUTH, b"digest");
    let ping = request(-2, PING, b"");
    client.write_all(&[&digest[..], &ping[..]].concat()).await.unwrap();
    assert_eq!(&answers.next(&mut client).await.unwrap()[..], reply(-2));
    // Those that keep the session alive are the server's.
    client.write_all(&ping).await.unwrap();
    for expected in [&opening[0], &digest, &ping] {
        assert_eq!(received.recv().await.as_ref(), Some(expected));
    }
}

#[tokio::test]
async fn a_stranger_does_not_get_through() {
    let (endpoint, mut received) = server().await;
    let guard = Guard::start(&[endpoint], Dialer::new(None), 1024).await.unwrap();
    for attempt in [request(2, 4, b"/node"), request(2, AUTH, &proof(&[0; 16])), frame(b"x")] {
        let mut stranger = TcpStream::connect(guard.address()).await.unwrap();
        stranger.write_all(&[frame(b"connect"), attempt].concat()).await.unwrap();
        let mut answer = Vec::new();
        // The end may come as a reset.
        let _ = stranger.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer == frame(b"session"));
        assert_eq!(received.recv().await, Some(frame(b"connect")));
    }
    assert!(received.try_recv().is_err());
}
