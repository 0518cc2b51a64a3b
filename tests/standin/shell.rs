//! heron-shell: health, process ids, and the request that ends the executor, as recorded (transcripts 40–47).

use std::net::IpAddr;

use anyhow::{Context as _, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getppid};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::flags::Flags;
use crate::http;

/// What tornado's `Etag` for the body `ok` is.
const OK_ETAG: &str = "Etag: \"7a85f4764bbd6daf1c3545efbbf0f279a6dc0beb\"\r\n";

struct Reply {
    status: &'static str,
    kind: &'static str,
    etag: &'static str,
    body: String,
}

/// Serves until the process ends.
pub async fn run(arguments: &[String]) -> Result<u8> {
    let flags = Flags::parse(arguments, &["--port", "--secret", "--log_file_prefix"], &[])?;
    let port = flags.port("--port")?;
    let listener = TcpListener::bind(("0.0.0.0", port))
        .await
        .with_context(|| format!("failed to listen on port {port}"))?;
    loop {
        if let Ok((stream, peer)) = listener.accept().await {
            tokio::spawn(serve(stream, peer.ip()));
        }
    }
}

async fn serve(mut stream: TcpStream, peer: IpAddr) {
    let mut buffer = Vec::new();
    while let Ok(Some(request)) = http::read(&mut stream, &mut buffer).await {
        let (reply, end_executor) = answer(&request, peer.is_loopback());
        let text = format!(
            "HTTP/1.1 {}\r\nServer: TornadoServer/6.6.1\r\nContent-Type: {}\r\n{}Content-Length: {}\r\n\r\n{}",
            reply.status,
            reply.kind,
            reply.etag,
            reply.body.len(),
            reply.body
        );
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
        if end_executor {
            let _ = stream.flush().await;
            let _ = kill(Pid::from_raw(-getppid().as_raw()), Signal::SIGTERM);
        }
    }
}

fn answer(request: &http::Request, local: bool) -> (Reply, bool) {
    let html = "text/html; charset=UTF-8";
    let plain = |status, body: String| Reply { status, kind: html, etag: "", body };
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/health") => {
            (Reply { status: "200 OK", kind: html, etag: OK_ETAG, body: "ok".to_owned() }, false)
        }
        ("POST", "/killexecutor") if local => (plain("200 OK", String::new()), true),
        ("POST", "/killexecutor") => (plain("403 Forbidden", String::new()), false),
        (_, "/killexecutor") => {
            (plain("405 Method Not Allowed", error_page("405: Method Not Allowed")), false)
        }
        ("GET", path) if path.starts_with("/pid/") => {
            (pid(path.trim_start_matches("/pid/")), false)
        }
        _ => (plain("404 Not Found", error_page("404: Not Found")), false),
    }
}

fn error_page(text: &str) -> String {
    format!("<html><title>{text}</title><body>{text}</body></html>")
}

fn pid(process: &str) -> Reply {
    let file = format!("{process}.pid");
    let safe = !process.contains(['/', '\\']);
    let content =
        if safe { std::fs::read_to_string(&file).unwrap_or_default() } else { String::new() };
    let body = format!(
        "{{\"command\": \"cat {file}\", \"stdout\": {:?}, \"stderr\": \"\"}}",
        content.trim()
    );
    Reply { status: "200 OK", kind: "application/json; charset=UTF-8", etag: "", body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_ends_the_executor() {
        let post = http::Request::new("POST", "/killexecutor", "", "secret=x");
        let (reply, ends) = answer(&post, true);
        assert_eq!((reply.status, ends), ("200 OK", true));
        let (reply, ends) = answer(&post, false);
        assert_eq!((reply.status, ends), ("403 Forbidden", false));
        let (reply, ends) =
            answer(&http::Request::new("GET", "/killexecutor?secret=x", "", ""), true);
        assert_eq!((reply.status, ends, reply.body.len()), ("405 Method Not Allowed", false, 87));
    }
}
