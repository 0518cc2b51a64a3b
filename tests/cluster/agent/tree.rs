//! Signals to the process tree of a task: its descendants, and whoever shares a group or session with
//! them, as Mesos's `killtree` does.

use std::collections::BTreeSet;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A process as `/proc/<pid>/stat` shows it.
#[derive(Debug, Clone, Copy)]
struct Process {
    pid: i32,
    parent: i32,
    group: i32,
    session: i32,
}

/// Sends a signal to a process and all that belong to it. Without the process itself, its session is
/// signalled.
pub fn signal(root: i32, number: i32) {
    let Ok(signal) = Signal::try_from(number) else { return };
    for pid in members(root, &processes()) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// Whether any process of the tree is alive.
pub fn alive(root: i32) -> bool {
    !members(root, &processes()).is_empty()
}

fn members(root: i32, all: &[Process]) -> BTreeSet<i32> {
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    let own = all.iter().find(|p| p.pid == own).copied();
    let mut found = BTreeSet::new();
    let (mut groups, mut sessions) = (BTreeSet::from([root]), BTreeSet::from([root]));
    loop {
        let before = found.len();
        for p in all {
            let mine = p.pid == root
                || found.contains(&p.parent)
                || groups.contains(&p.group)
                || sessions.contains(&p.session);
            // Never the simulator's own group or session, whatever a task has done. A task that has
            // just been forked is still in that group.
            let strange = own.is_none_or(|own| p.group != own.group);
            let safe = strange || p.pid == root;
            if mine && safe && found.insert(p.pid) {
                if strange {
                    groups.insert(p.group);
                }
                if own.is_none_or(|own| p.session != own.session) {
                    sessions.insert(p.session);
                }
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

fn processes() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter_map(read)
        .collect()
}

fn read(pid: i32) -> Option<Process> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command stands in parentheses and may contain anything.
    let mut fields = stat.get(stat.rfind(')')? + 2..)?.split(' ');
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    let mut number = || fields.next().and_then(|text| text.parse::<i32>().ok());
    Some(Process { pid, parent: number()?, group: number()?, session: number()? })
}
