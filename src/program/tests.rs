use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

const LONG: Duration = Duration::from_secs(30);

fn shell(script: &str) -> Program {
    Program::new("/bin/sh").args(["-c", script])
}

async fn ran(script: &str, limit: Duration) -> (Ran, Vec<(Pipe, String)>) {
    let lines = Mutex::new(Vec::new());
    let on_line = |source, line: &str| lines.lock().unwrap().push((source, line.to_owned()));
    let ran = run(&shell(script), None, limit, &on_line).await.unwrap();
    (ran, lines.into_inner().unwrap())
}

#[tokio::test]
async fn status_and_lines_are_told() {
    let (ended, lines) = ran("echo out; echo err >&2; exit 3", LONG).await;
    assert_eq!(ended.end, End::Exited(3));
    assert!(lines.contains(&(Pipe::Stdout, "out".to_owned())), "{lines:?}");
    assert!(lines.contains(&(Pipe::Stderr, "err".to_owned())), "{lines:?}");
    assert_eq!(ended.tail.to_string(), "it printed\n  err\n  out");
    assert_eq!(ran("kill -9 $$", LONG).await.0.end, End::Killed(9));
    assert_eq!(ran("read -r line || echo nothing", LONG).await.1[0].1, "nothing");
    let error = run(&Program::new("/no/such/program"), None, LONG, &|_, _| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "failed to start /no/such/program");
}

#[tokio::test]
async fn time_is_limited_for_the_whole_group() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pid");
    let script = format!("sleep 600 & echo $! >{}; wait", file.display());
    let limit = Duration::from_millis(500);
    let (ended, _) = ran(&script, limit).await;
    assert_eq!(ended.end, End::TimedOut(limit));
    assert_eq!(ended.end.to_string(), "was still running after 0.5 s and was killed");
    assert_gone(&std::fs::read_to_string(file).unwrap()).await;
}

#[tokio::test]
async fn a_dropped_run_leaves_no_process() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pid");
    let script = format!("sleep 600 & echo $! >{0}.new; mv {0}.new {0}; wait", file.display());
    let program = shell(&script);
    let running = run(&program, None, LONG, &|_, _| {});
    let written = async {
        while !file.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        ended = running => panic!("{ended:?}"),
        () = written => {}
    }
    assert_gone(&std::fs::read_to_string(file).unwrap()).await;
}

/// A killed process may be a zombie for as long as its new parent takes.
async fn assert_gone(pid: &str) {
    let stat = format!("/proc/{}/stat", pid.trim());
    for _ in 0..1000 {
        let text = std::fs::read_to_string(&stat).unwrap_or_default();
        if text.is_empty() || text.contains(") Z ") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("process {pid} is still there");
}

#[tokio::test]
async fn input_is_handed_over_with_progress() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    std::fs::write(&path, vec![b'x'; 300_000]).unwrap();
    let through = AtomicU64::new(0);
    let progress = |bytes| through.store(bytes, Ordering::Relaxed);
    let open = || async {
        Some(Input::File { file: tokio::fs::File::open(&path).await.unwrap(), progress: &progress })
    };
    let lines = Mutex::new(Vec::new());
    let on_line = |_, line: &str| lines.lock().unwrap().push(line.trim().to_owned());
    let ended = run(&shell("wc -c"), open().await, LONG, &on_line).await.unwrap();
    assert_eq!(ended.end, End::Exited(0));
    assert_eq!(*lines.lock().unwrap(), ["300000"]);
    assert_eq!(through.load(Ordering::Relaxed), 300_000);
    // One that does not read it is judged by its own status.
    let ended = run(&shell("exit 7"), open().await, LONG, &on_line).await.unwrap();
    assert_eq!(ended.end, End::Exited(7));
    let text = Some(Input::Text("one\n"));
    run(&shell("cat"), text, LONG, &on_line).await.unwrap();
    assert_eq!(lines.lock().unwrap().last().unwrap(), "one");
}
