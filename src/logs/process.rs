//! Which process of a container wrote a log file. Pure.

/// Where Heron's processes log to, below the sandbox.
pub const DIRECTORY: &str = "log-files";

/// What a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The executor, with what its processes print.
    Executor,
    /// The task itself: the shell, and the fetcher before it.
    Task,
    /// The TManager, or TMaster.
    TManager,
    /// The stream manager.
    StreamManager,
    /// An instance of a component.
    Instance,
    /// The metrics manager.
    MetricsManager,
    /// The checkpoint manager.
    CheckpointManager,
    /// The metrics cache.
    MetricsCache,
    /// heron-shell.
    Shell,
    /// The garbage collector of some other process.
    Collector,
    /// What is none of Heron's.
    Other,
}

impl Kind {
    /// The name that is typed for it, if one can be.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Some(match word {
            "executor" => Self::Executor,
            "task" => Self::Task,
            "tmanager" | "tmaster" => Self::TManager,
            "stmgr" => Self::StreamManager,
            "metricsmgr" => Self::MetricsManager,
            "ckptmgr" => Self::CheckpointManager,
            "metricscache" => Self::MetricsCache,
            "heron-shell" => Self::Shell,
            _ => return None,
        })
    }

    /// Whether its files are shown where nobody says which.
    #[must_use]
    pub fn is_of_interest(self) -> bool {
        !matches!(self, Self::Collector | Self::Shell | Self::MetricsManager | Self::Other)
    }

    /// Whether it writes times without their zone.
    #[must_use]
    pub fn has_local_times(self) -> bool {
        matches!(self, Self::TManager | Self::StreamManager | Self::Task | Self::Shell)
    }
}

/// The file of a process, as its path tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    /// What wrote it.
    pub kind: Kind,
    /// Its name for people: `stmgr-1`, `container_1_word_3`, `stderr`.
    pub name: String,
    /// How old it is among the files of that process: the smallest is the present one.
    pub age: Age,
}

/// How files of one process follow each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// Numbered: the present one has 0.
    Number(u64),
    /// Named by the time when they were begun: the present one has the highest. Kept reversed, so that it is the smallest.
    Begun(std::cmp::Reverse<String>),
}

/// What a file in a sandbox is; none if it is no log.
#[must_use]
pub fn written(path: &str) -> Option<Written> {
    match path.rsplit_once('/') {
        None => of_sandbox(path),
        Some((_, file)) if is_glog(file) => of_glog(file),
        Some((_, file)) => of_numbered(file),
    }
}

/// Files of the sandbox itself: Mesos's own, and the executor's.
fn of_sandbox(file: &str) -> Option<Written> {
    let (base, age) = numbered(file);
    let (kind, name) = if matches!(base, "stdout" | "stderr") {
        (Kind::Task, base.to_owned())
    } else {
        let (name, stream) = base.strip_prefix("heron-")?.rsplit_once('.')?;
        let name = match stream {
            "stdout" => name.to_owned(),
            "stderr" => format!("{name} stderr"),
            _ => return None,
        };
        (Kind::Executor, Some(name).filter(|name| name.starts_with("executor-"))?)
    };
    Some(Written { kind, name, age: Age::Number(age) })
}

/// `heron-stmgr-stmgr-1.host.user.log.INFO.20261129-223049.123`, with a link `heron-stmgr-stmgr-1.INFO` to the present one.
fn is_glog(file: &str) -> bool {
    file.contains(".log.INFO.") || file.rsplit_once('.').is_some_and(|(_, end)| end == "INFO")
}

fn of_glog(file: &str) -> Option<Written> {
    let (_, begun) = file.split_once(".log.INFO.")?;
    let program = file.split('.').next()?;
    let (kind, name) = match program {
        one if one.starts_with("heron-tmanager") || one.starts_with("heron-tmaster") => {
            (Kind::TManager, "tmanager")
        }
        one => match one.strip_prefix("heron-stmgr-") {
            Some(name) => (Kind::StreamManager, name),
            None => (Kind::Other, one),
        },
    };
    let age = Age::Begun(std::cmp::Reverse(begun.to_owned()));
    Some(Written { kind, name: name.to_owned(), age })
}

/// `container_1_word_3.log.0`, of Java with older ones at `.log.1`, of Python at `.log.0.1`; `heron-shell-1.log` with `.log.1`.
fn of_numbered(file: &str) -> Option<Written> {
    let (base, tail) = match file.rfind(".log") {
        Some(at) => (file.get(..at)?, file.get(at + ".log".len()..)?),
        None => return None,
    };
    let mut numbers = tail.split('.').skip(1).map(str::parse::<u64>);
    if !tail.is_empty() && !tail.starts_with('.') || numbers.clone().any(|number| number.is_err()) {
        // Such as the locks of Java's handlers.
        return None;
    }
    let age = numbers.try_fold(0, |sum: u64, number| Some(sum.saturating_add(number.ok()?)))?;
    let kind = match base {
        base if base.starts_with("container_") => Kind::Instance,
        base if base.starts_with("gc.") => Kind::Collector,
        base if base.starts_with("heron-shell-") => Kind::Shell,
        base if base.starts_with("metricsmgr-") => Kind::MetricsManager,
        base if base.starts_with("metricscache-") => Kind::MetricsCache,
        base if base.starts_with("ckptmgr-") => Kind::CheckpointManager,
        _ => Kind::Other,
    };
    Some(Written { kind, name: base.to_owned(), age: Age::Number(age) })
}

/// A name with a number behind it, as rotating writers leave it.
fn numbered(file: &str) -> (&str, u64) {
    let split = file.rsplit_once('.').and_then(|(base, end)| Some((base, end.parse().ok()?)));
    split.unwrap_or((file, 0))
}

/// The component of an instance: ids are `container_<container>_<component>_<task>`.
#[must_use]
pub fn component_of(instance: &str) -> Option<&str> {
    let (_, rest) = instance.strip_prefix("container_")?.split_once('_')?;
    rest.rsplit_once('_').map(|(component, _)| component)
}

/// The container of an instance.
#[must_use]
pub fn container_of(instance: &str) -> Option<u32> {
    instance.strip_prefix("container_")?.split_once('_')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str) -> Option<(Kind, String)> {
        written(path).map(|one| (one.kind, one.name))
    }

    #[test]
    fn files_of_every_process_are_known() {
        for (path, kind, name) in [
            ("stdout", Kind::Task, "stdout"),
            ("stderr.1", Kind::Task, "stderr"),
            ("heron-executor-3.stdout", Kind::Executor, "executor-3"),
            ("heron-executor-3.stderr", Kind::Executor, "executor-3 stderr"),
            (
                "log-files/heron-stmgr-stmgr-1.node.example.joe.log.INFO.20261129-223049.12",
                Kind::StreamManager,
                "stmgr-1",
            ),
            (
                "log-files/heron-tmanager-tmanager.h.u.log.INFO.20261129-223049.12",
                Kind::TManager,
                "tmanager",
            ),
            (
                "log-files/heron-tmaster-x.h.u.log.INFO.20161129-223049.12",
                Kind::TManager,
                "tmanager",
            ),
            (
                "log-files/container_1_my.log.comp_3.log.0",
                Kind::Instance,
                "container_1_my.log.comp_3",
            ),
            ("log-files/container_1_word_3.log.0.2", Kind::Instance, "container_1_word_3"),
            ("log-files/heron-shell-1.log", Kind::Shell, "heron-shell-1"),
            ("log-files/metricsmgr-1.log.0", Kind::MetricsManager, "metricsmgr-1"),
            ("log-files/ckptmgr-1.log.0", Kind::CheckpointManager, "ckptmgr-1"),
            ("log-files/metricscache-0.log.0", Kind::MetricsCache, "metricscache-0"),
            ("log-files/gc.metricsmgr-1.log", Kind::Collector, "gc.metricsmgr-1"),
        ] {
            assert_eq!(told(path), Some((kind, name.to_owned())), "{path}");
        }
        for path in [
            "core.tar.gz",
            "heron-executor-1.pid",
            "log-files/container_1_word_3.log.0.lck",
            "log-files/heron-stmgr-stmgr-1.INFO",
            "log-files/notes",
            "log-files/a.logger",
        ] {
            assert_eq!(told(path), None, "{path}");
        }
    }

    #[test]
    fn the_present_file_has_the_smallest_age() {
        let age = |path: &str| written(path).unwrap().age;
        assert!(age("log-files/c.log.0") < age("log-files/c.log.1"));
        assert!(age("log-files/c.log.0") < age("log-files/c.log.0.1"));
        assert!(age("log-files/s.log") < age("log-files/s.log.1"));
        assert!(
            age("log-files/s.h.u.log.INFO.20261130-000000.9")
                < age("log-files/s.h.u.log.INFO.20261129-223049.12")
        );
        assert!(age("stdout") < age("stdout.1"));
    }

    #[test]
    fn instances_name_their_component_and_container() {
        let parts = |id| (component_of(id), container_of(id));
        assert_eq!(parts("container_12_my_spout_3"), (Some("my_spout"), Some(12)));
        assert_eq!(parts("stmgr-1"), (None, None));
    }
}
