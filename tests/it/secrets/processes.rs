//! The list of processes, as everybody on the machine sees it while a command runs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Looks at the list until it is asked what it saw.
pub struct Processes {
    over: Arc<AtomicBool>,
    looking: JoinHandle<BTreeSet<(u32, String)>>,
}

impl Processes {
    pub fn watch() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let looking = std::thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !ends.load(Ordering::Relaxed) {
                look(&mut seen);
                std::thread::sleep(Duration::from_millis(5));
            }
            seen
        });
        Self { over, looking }
    }

    /// The processes that there were, with their command lines.
    pub fn seen(self) -> BTreeSet<(u32, String)> {
        self.over.store(true, Ordering::Relaxed);
        self.looking.join().unwrap()
    }
}

fn look(seen: &mut BTreeSet<(u32, String)>) {
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // It may have ended meanwhile.
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
        seen.insert((id, String::from_utf8_lossy(&line).replace('\0', " ")));
    }
}
