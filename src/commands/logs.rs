//! `logs`: what the processes of a topology have written, from the sandboxes of its tasks.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use tokio::time::sleep;

use crate::cli::positionals::LogsPositionals;
use crate::cli::{LineCount, LogsArgs};
use crate::clock::rfc3339;
use crate::context::{CommandError, Context, StateTree};
use crate::engine::{ConfiguredEngine, Engine, Sandbox};
use crate::logs::LogsError;
use crate::logs::attempts::Attempt;
use crate::logs::follow::{self, Followed};
use crate::logs::merge::merge;
use crate::logs::open::{Choice, Opened, open};
use crate::logs::process::written;
use crate::logs::reader::{Reader, Wanted, block_of};
use crate::logs::series::Series;
use crate::logs::subject::{Subject, Which};
use crate::logs::target::targets;
use crate::logs::tell::{container, source, tell};
use crate::net::deadline::{Signal, Stopped};
use crate::outcome::logs::{LogFileRow, LogFiles, LogTopology};
use crate::outcome::stream::{ReaderGone, Streamed};
use crate::outcome::{Outcome, SCHEMA};

/// Lines of a process where nobody says how many.
const LINES: usize = 100;
/// The same, of each of several.
const LINES_OF_SEVERAL: usize = 20;
/// Between looks for what is new.
const PAUSE: Duration = Duration::from_secs(1);
/// Looks between two for other attempts.
const LOOKS: u32 = 3;

/// Shows logs, or which there are.
pub async fn logs(
    context: &Context<'_>,
    args: &LogsArgs,
    words: &LogsPositionals,
) -> anyhow::Result<Outcome> {
    let topology = &words.topology;
    let which = if args.previous { Which::Previous } else { Which::Present };
    let engine = context.engine()?;
    let looked = context.with_state(async |state| {
        let subject = Subject::read(context, state, topology).await?;
        let (choice, containers) = chosen(args, words, &subject)?;
        let attempts = subject.attempts(&engine, &containers, which).await?;
        Ok((subject, choice, containers, attempts))
    });
    let (subject, choice, containers, (attempts, mut errors)) = looked.await?;
    let (opened, failed) = open(&engine, attempts, &choice).await;
    errors.extend(failed);
    if args.list {
        return listed(context, &subject, &opened, errors);
    }
    let work = Work { context, args, subject, engine, choice, containers };
    work.show(opened, errors).await
}

/// What is wanted of which containers.
fn chosen(
    args: &LogsArgs,
    words: &LogsPositionals,
    subject: &Subject,
) -> Result<(Choice, BTreeSet<u32>), LogsError> {
    let targets = targets(&words.targets, &subject.known)?;
    let containers = subject.known.containers_of(&targets);
    let choice = args.file.clone().map_or(Choice::Targets(targets), Choice::File);
    Ok((choice, containers))
}

/// The files of sandboxes. Where none answered, why.
fn listed<S: Sandbox>(
    context: &Context<'_>,
    subject: &Subject,
    opened: &[Opened<S>],
    errors: Vec<LogsError>,
) -> anyhow::Result<Outcome> {
    let row = |one: &Opened<S>| -> Vec<LogFileRow> {
        let files = one.files().iter().filter(|file| file.is_plain);
        files
            .map(|file| LogFileRow {
                container: container(&one.attempt),
                process: written(&file.path).map(|written| written.name),
                path: file.path.clone(),
                size: file.size,
                modified: rfc3339(file.modified),
            })
            .collect()
    };
    let files: Vec<LogFileRow> = opened.iter().flat_map(row).collect();
    let mut errors = errors.into_iter();
    if opened.is_empty()
        && let Some(error) = errors.next()
    {
        return Err(error.into());
    }
    errors.for_each(|error| context.reporter.warn(&told(&error)));
    let topology = LogTopology { name: subject.topology.clone() };
    Ok(Outcome::LogFiles(LogFiles { schema: SCHEMA, topology, files }))
}

/// An error with its causes, as a warning tells it.
fn told(error: &LogsError) -> String {
    crate::net::cause::chain(error)
}

/// What is shown, of what.
struct Work<'a> {
    context: &'a Context<'a>,
    args: &'a LogsArgs,
    subject: Subject,
    engine: ConfiguredEngine,
    choice: Choice,
    containers: BTreeSet<u32>,
}

type Sandboxes = Vec<Opened<<ConfiguredEngine as Engine>::Sandbox>>;

impl Work<'_> {
    /// Shows what there is, and then what comes, if that is wanted.
    async fn show(&self, opened: Sandboxes, mut errors: Vec<LogsError>) -> anyhow::Result<Outcome> {
        let done = Outcome::Streamed(Streamed);
        let series: Vec<(usize, Series)> = opened
            .iter()
            .enumerate()
            .flat_map(|(index, one)| one.series().into_iter().map(move |series| (index, series)))
            .collect();
        if series.is_empty() && errors.is_empty() && !self.args.follow {
            return Err(self.nothing().into());
        }
        // What comes may be of more than what there is.
        let is_alone = series.len() <= 1 && (self.containers.len() <= 1 || !self.args.follow);
        let wanted = self.wanted(series.len());
        let shown = self.present(&opened, &series, &wanted, is_alone).await;
        let (tails, failed) = match shown {
            Ok(shown) => shown,
            Err(ReaderGone) => return Ok(done),
        };
        errors.extend(failed);
        self.context.unless_left("reading logs")?;
        if !self.args.follow {
            return self.ended(errors).map(|()| done);
        }
        for error in &errors {
            self.context.reporter.warn(&told(error));
        }
        let mut followed: Vec<Followed<_>> = opened.into_iter().map(Followed::new).collect();
        for (index, series, tail) in tails {
            if let Some(one) = followed.get_mut(index) {
                one.tails.insert((series.kind, series.name), tail);
            }
        }
        self.follow(followed, is_alone).await.map(|()| done)
    }

    fn wanted(&self, series: usize) -> Wanted {
        let args = self.args;
        let since = args.since.map(|since| since.at((self.context.machine.clock)()));
        let default = if series <= 1 { LINES } else { LINES_OF_SEVERAL };
        let lines = match args.lines {
            Some(LineCount::Last(count)) => Some(count),
            Some(LineCount::All) => None,
            None => Some(default).filter(|_| since.is_none() && args.grep.is_empty()),
        };
        Wanted { lines, since, grep: args.grep.clone() }
    }

    fn nothing(&self) -> LogsError {
        let what = match &self.choice {
            Choice::File(path) => format!("file {path}"),
            Choice::Targets(_) => "log of what was asked for yet".to_owned(),
        };
        LogsError::NoFile { place: format!("topology `{}`", self.subject.topology), what }
    }

    /// Shows what there is; how far each series was read.
    async fn present(
        &self,
        opened: &Sandboxes,
        series: &[(usize, Series)],
        wanted: &Wanted,
        is_alone: bool,
    ) -> Result<(Vec<(usize, Series, crate::logs::reader::Tail)>, Vec<LogsError>), ReaderGone> {
        let how = (block_of(series.len()), !self.args.follow);
        let (mut readers, mut sources, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for some in series.chunks(LINES_OF_SEVERAL) {
            let begin = some.iter().map(async |(index, series)| {
                let one = opened.get(*index)?;
                let place = one.attempt.described();
                Some((one, Reader::open(&one.sandbox, place, series, wanted, how).await))
            });
            let begun = futures_util::future::join_all(begin).await.into_iter().flatten();
            for ((index, series), (one, reader)) in some.iter().zip(begun) {
                match reader {
                    Ok(reader) => readers.push(reader),
                    Err(error) => {
                        failed.push(error);
                        continue;
                    }
                }
                let source = source(&self.subject.topology, &one.attempt, series, is_alone);
                sources.push((*index, series.clone(), source));
            }
        }
        let line = |reader: usize, dated| match sources.get(reader) {
            Some((_, _, source)) => tell(self.context, source, &dated),
            None => Ok(()),
        };
        failed.extend(merge(&mut readers, line).await?);
        let tails = sources.into_iter().zip(readers);
        let tail =
            |((index, series, _), reader): (_, Reader<'_, _>)| (index, series, reader.into_tail());
        Ok((tails.map(tail).collect(), failed))
    }

    /// The end of what could be shown: what could not be is an error, the first of several.
    fn ended(&self, errors: Vec<LogsError>) -> anyhow::Result<()> {
        let mut errors = errors.into_iter();
        let Some(first) = errors.next() else { return Ok(()) };
        errors.for_each(|error| self.context.reporter.warn(&told(&error)));
        Err(first.into())
    }

    /// Shows what comes, until the user has enough, or the topology is gone. Ctrl-C is how that ends, and no failure.
    async fn follow(
        &self,
        mut followed: Vec<Followed<<ConfiguredEngine as Engine>::Sandbox>>,
        is_alone: bool,
    ) -> anyhow::Result<()> {
        let mut session = Session { state: None };
        let following = Box::pin(self.looks(&mut session, &mut followed, is_alone));
        let ended = self.context.whole.run_through(following).await;
        session.close().await;
        match ended {
            Ok(Ok(never)) => match never {},
            Ok(Err(Ended::Gone | Ended::Reader))
            | Err(Stopped::TimedOut | Stopped::Signal(Signal::Interrupted)) => Ok(()),
            Err(Stopped::Signal(signal)) => {
                let doing = format!("following the logs of topology {}", self.subject.topology);
                Err(CommandError::Interrupted { signal, doing, next: Vec::new() }.into())
            }
        }
    }

    async fn looks(
        &self,
        session: &mut Session,
        followed: &mut Vec<Followed<<ConfiguredEngine as Engine>::Sandbox>>,
        is_alone: bool,
    ) -> Result<Infallible, Ended> {
        let (context, topology) = (self.context, &self.subject.topology);
        let wanted = Wanted { grep: self.args.grep.clone(), ..Wanted::default() };
        loop {
            for _ in 0..LOOKS {
                sleep(PAUSE).await;
                follow::look(context, topology, &wanted, followed, is_alone).await?;
            }
            let now = match session.subject(context, topology).await {
                Ok(subject) => subject,
                Err(error) if is_gone(&error) => {
                    context.reporter.warn(&format!("topology {topology} is gone"));
                    return Err(Ended::Gone);
                }
                Err(error) => {
                    context.reporter.warn_once(&format!("{error:#}; trying again"));
                    continue;
                }
            };
            let records = now.records.iter().filter(|one| self.containers.contains(&one.id));
            let attempts: Vec<Attempt> =
                records.map(|record| Attempt::present(&now.framework, record)).collect();
            for attempt in follow::replaced(followed, &attempts) {
                self.replace(followed, attempt, &wanted, is_alone).await?;
            }
        }
    }

    /// Goes on with another task of a container, if its sandbox is there already; when it is later, otherwise.
    async fn replace(
        &self,
        followed: &mut Vec<Followed<<ConfiguredEngine as Engine>::Sandbox>>,
        attempt: Attempt,
        wanted: &Wanted,
        is_alone: bool,
    ) -> Result<(), ReaderGone> {
        let (context, topology) = (self.context, &self.subject.topology);
        let described = attempt.described();
        let container = attempt.container;
        let (opened, _) = open(&self.engine, vec![attempt], &self.choice).await;
        let Some(opened) = opened.into_iter().next() else { return Ok(()) };
        let before = followed.iter().position(|one| one.opened.attempt.container == container);
        if let Some(before) = before {
            let mut before = followed.remove(before);
            // Its last words may have come after the last look.
            follow::look(context, topology, wanted, std::slice::from_mut(&mut before), is_alone)
                .await?;
            follow::finish(context, topology, wanted, &mut before, is_alone)?;
        }
        context.reporter.warn(&format!("going on with {described}"));
        followed.push(Followed::new(opened));
        Ok(())
    }
}

/// Why following has ended by itself.
enum Ended {
    /// The topology is gone.
    Gone,
    /// Nobody reads any more.
    Reader,
}

impl From<ReaderGone> for Ended {
    fn from(ReaderGone: ReaderGone) -> Self {
        Self::Reader
    }
}

fn is_gone(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(CommandError::NoSuchTopology { .. }))
}

/// A session that is opened when it is needed, and anew when it is lost.
struct Session {
    state: Option<StateTree>,
}

impl Session {
    async fn subject(&mut self, context: &Context<'_>, topology: &str) -> anyhow::Result<Subject> {
        let state = match self.state.take() {
            Some(state) => state,
            None => context.open().await?,
        };
        let read = Subject::read(context, &state, topology).await;
        match &read {
            Err(error) if !is_gone(error) => state.close().await,
            _ => self.state = Some(state),
        }
        read
    }

    async fn close(&mut self) {
        if let Some(state) = self.state.take() {
            state.close().await;
        }
    }
}
