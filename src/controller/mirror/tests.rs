use std::sync::Mutex;

use super::*;

/// Keeps what it is told.
#[derive(Default)]
struct Heap(Mutex<Vec<String>>);

impl Heap {
    fn add(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

impl Reporter for Heap {
    fn step(&self, text: &str) {
        self.add(text.to_owned());
    }

    fn progress(&self, progress: &Progress) {
        let Progress { done, total, unit, detail, .. } = progress;
        self.add(format!("{done}/{total} {unit} {detail}"));
    }

    fn waiting(&self, what: Option<&str>) {
        self.add(format!("waiting {what:?}"));
    }

    fn warn(&self, text: &str) {
        self.add(format!("warning {text}"));
    }

    fn program_output(&self, line: &str) {
        self.add(format!("program {line}"));
    }
}

fn progress(done: u64, unit: &'static str, detail: &str) -> Progress {
    Progress { done, total: 3, unit, detail: detail.to_owned(), ..Progress::default() }
}

#[test]
fn whoever_waits_is_shown_what_the_holder_shows() {
    let mirror = Mirror::default();
    let (holders, watchers) = (Arc::new(Heap::default()), Heap::default());
    let heard = Heard { mirror: mirror.clone(), user: holders.clone() };
    let mut shown = Shown::default();
    let mut look = || {
        let doing = Some(Box::new(mirror.doing.borrow().clone()));
        let holder = Holder { doing, ..Holder::default() };
        let read = Holder::from_bytes(&holder.to_bytes());
        shown.show(&watchers, &read.doing.unwrap());
    };
    look();
    heard.step("uploading");
    heard.progress(&progress(1, "bytes", ""));
    look();
    look();
    heard.step("launching");
    look();
    heard.progress(&progress(0, "containers", "waiting for offers"));
    heard.waiting(Some("waiting for the master"));
    look();
    heard.waiting(None);
    heard.progress(&progress(3, "containers", ""));
    look();
    let told = holders.0.lock().unwrap().clone();
    assert_eq!(told.len(), 7);
    assert_eq!(
        watchers.0.lock().unwrap().clone(),
        [
            "uploading",
            "1/3 bytes ",
            "launching",
            "0/3 containers waiting for offers",
            "waiting Some(\"waiting for the master\")",
            "3/3 containers ",
            "waiting None",
        ]
    );
}

#[test]
fn what_is_told_twice_is_no_news() {
    let mirror = Mirror::default();
    let heard = Heard { mirror: mirror.clone(), user: Arc::new(Heap::default()) };
    let mut doing = mirror.doing.subscribe();
    heard.step("launching");
    heard.progress(&progress(1, "containers", ""));
    assert!(doing.has_changed().unwrap());
    doing.mark_unchanged();
    heard.step("launching");
    heard.progress(&progress(1, "containers", ""));
    heard.warn("only the user's");
    assert!(!doing.has_changed().unwrap());
}
