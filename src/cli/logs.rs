//! Arguments of `logs`.

use clap::Args;

use super::words::Words;
use crate::clock::{Millis, of_rfc3339};
use crate::config::units::{self, TimeUnit};

/// Show what the processes of a topology log, from the sandboxes of its tasks
#[derive(Clone, Debug, Args)]
#[command(override_usage = USAGE, before_help = ARGUMENTS, after_help = EXAMPLES)]
pub struct LogsArgs {
    /// Overrides, the topology's name, and what is wanted of it.
    #[command(flatten)]
    pub words: Words,
    /// Go on with what is written, also by the next attempt, until Ctrl-C
    #[arg(short, long)]
    pub follow: bool,
    /// How many of the last lines of each process, or `all`; by default 100 of one, 20 each of
    /// several, and all with --since or --grep
    #[arg(short = 'n', long, value_name = "N", value_parser = line_count, overrides_with = "lines")]
    pub lines: Option<LineCount>,
    /// Only lines from this time on: 10m, 2h, or 2026-11-29T14:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since, overrides_with = "since")]
    pub since: Option<Since>,
    /// Those of the attempt before the present one, of containers that were launched again
    #[arg(short, long, conflicts_with = "follow")]
    pub previous: bool,
    /// Only lines that hold this text; may be repeated, any of them will do
    #[arg(long, value_name = "TEXT")]
    pub grep: Vec<String>,
    /// A file of the sandbox, such as stderr, in place of those of Heron's processes
    #[arg(long, value_name = "PATH", overrides_with = "file")]
    pub file: Option<String>,
    /// Show which files there are
    #[arg(long, conflicts_with_all = ["follow", "lines", "since", "grep"])]
    pub list: bool,
}

/// How many lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineCount {
    /// All.
    All,
    /// The last ones.
    Last(usize),
}

/// From when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// So long before now, in milliseconds.
    Ago(Millis),
    /// A point in time.
    At(Millis),
}

impl Since {
    /// The point in time.
    #[must_use]
    pub fn at(self, now: Millis) -> Millis {
        match self {
            Self::Ago(ago) => now.saturating_sub(ago),
            Self::At(at) => at,
        }
    }
}

fn line_count(text: &str) -> Result<LineCount, String> {
    match text {
        "all" => Ok(LineCount::All),
        text => text.parse().map(LineCount::Last).map_err(|_| "write a number, or all".to_owned()),
    }
}

pub(super) fn since(text: &str) -> Result<Since, String> {
    if let Some(at) = of_rfc3339(text) {
        return Ok(Since::At(at));
    }
    let ago = units::duration(text, TimeUnit::Seconds);
    let ago = ago.and_then(|ago| Millis::try_from(ago.as_millis()).ok());
    ago.map(Since::Ago).ok_or_else(|| {
        "write how long ago, as 90s, 5m or 2h, or a time as 2026-11-29T14:00:00Z".to_owned()
    })
}

const USAGE: &str = "heron-cli logs [OPTIONS] [OVERRIDES] <TOPOLOGY> [WHAT…]";

const ARGUMENTS: &str = "Arguments:
  [OVERRIDES]  Properties (`key=value key:value`), or `cluster/role/environ`
  <TOPOLOGY>   The topology's name
  [WHAT…]      A container (`1`), a component (`word`), an instance
               (`container_1_word_3`), or a process: executor, stmgr, tmanager,
               metricsmgr, ckptmgr, metricscache, heron-shell, task (stdout and
               stderr), of all containers or of one (`stmgr-1`). What may be two
               things is written container/…, component/… or process/…";

const EXAMPLES: &str = "Examples:
  heron-cli logs --context prod wordcount --follow
  heron-cli logs wordcount word --since 10m --grep ERROR
  heron-cli logs wordcount 3 --previous
  heron-cli logs wordcount 3 --file stderr --lines all";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_times() {
        assert_eq!(line_count("all"), Ok(LineCount::All));
        assert_eq!(line_count("0"), Ok(LineCount::Last(0)));
        assert!(line_count("-1").is_err());
        assert_eq!(since("90s").map(|since| since.at(100_000)), Ok(10_000));
        assert_eq!(since("1970-01-01T00:00:05Z").map(|since| since.at(9)), Ok(5_000));
        assert!(since("yesterday").is_err() && since("").is_err());
    }
}
