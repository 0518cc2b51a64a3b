use super::*;

fn progress(done: u64, detail: &str) -> Progress {
    Progress { done, total: 100, unit: "containers", detail: detail.to_owned(), more: Vec::new() }
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_pipe_sees_tenths_and_reasons_only() {
    assert!(!is_news(&progress(11, ""), &progress(12, "")));
    assert!(is_news(&progress(19, ""), &progress(20, "")));
    assert!(is_news(&progress(11, ""), &progress(11, "no offers")));
    assert!(!is_news(&progress(11, "no offers"), &progress(11, "")));
    let figures = Progress { more: vec!["3 TASK_STAGING".to_owned()], ..progress(11, "") };
    assert!(!is_news(&progress(11, ""), &figures));
}

#[test]
fn a_pipe_sees_one_line_of_a_package_that_is_not_large() {
    let bytes = |done| Progress { done, total: 5 << 20, unit: "bytes", ..Progress::default() };
    assert!(!is_news(&bytes(0), &bytes(1 << 20)));
    assert!(is_news(&bytes(0), &bytes(5 << 20)));
    assert!(!is_news(&bytes(5 << 20), &bytes(5 << 20)));
    let large = |done| Progress { total: 1 << 30, ..bytes(done) };
    assert!(is_news(&large(0), &large(NEWS_BYTES + 1)));
}

#[test]
fn progress_reads_as_a_sentence() {
    let text = describe("launching", &progress(3, "waiting for offers"));
    assert_eq!(text, "launching: 3 of 100 containers (waiting for offers)");
    assert_eq!(bytes(1536), "2 kB");
    assert_eq!(bytes(3 << 20), "3.0 MB");
}

#[test]
fn a_step_that_was_seen_stays_with_its_time() {
    let mut told = Told::default();
    assert_eq!(told.over(at(9)), None, "there was none");
    assert!(told.step(at(1), "launching"));
    assert!(!told.step(at(2), "launching"), "it is told once");
    told.progress(&progress(3, "waiting for offers"));
    assert_eq!(told.over(at(1) + BLINK / 2), None, "nobody has seen it");
    let over = told.over(at(4)).unwrap();
    assert_eq!(over.line, "launching: 3 of 100 containers  3.0 s");
    assert!(!over.is_whole);
    told.progress(&progress(100, ""));
    assert!(told.over(at(4)).unwrap().is_whole);
}

#[test]
fn what_is_waited_for_stands_in_place_of_the_step() {
    let mut told = Told::default();
    assert_eq!(told.view(), None);
    told.step(at(0), "launching");
    told.progress(&Progress { more: vec!["2 TASK_STAGING".to_owned()], ..progress(3, "") });
    let shown = told.view().unwrap();
    assert_eq!(shown.line, "launching: 3 of 100 containers");
    assert_eq!(shown.more, ["2 TASK_STAGING"]);
    assert!(told.waiting(Some("the lock is held by ann")));
    let shown = told.view().unwrap();
    assert_eq!((shown.line.as_str(), shown.more.len()), ("the lock is held by ann", 0));
    assert!(!told.waiting(Some("the lock is held by ann")), "one line of it is enough");
    told.waiting(None);
    assert_eq!(told.view().unwrap().line, "launching: 3 of 100 containers");
}

#[test]
fn a_long_silence_is_broken_by_what_is_known() {
    let mut told = Told::default();
    assert_eq!(told.silence_left(at(100)), None, "nothing is under way");
    told.step(at(5), "launching");
    told.said(at(5));
    let more = vec!["1 TASK_RUNNING, 1 not launched".to_owned()];
    told.progress(&Progress { more, ..progress(1, "1 without a fitting offer") });
    told.said(at(7));
    assert_eq!(told.sign_of_life(at(36)), None);
    assert_eq!(told.silence_left(at(36)), Some(at(1)));
    assert_eq!(
        told.sign_of_life(at(37)).unwrap(),
        "still launching: 1 of 100 containers (1 without a fitting offer), for 32.0 s; 1 TASK_RUNNING, 1 not launched"
    );
    assert_eq!(told.sign_of_life(at(38)), None, "it isn't said all the time");
    // Whoever stays without a step has nothing to wait for.
    told.step(at(40), "");
    assert_eq!(told.sign_of_life(at(400)), None);
}
