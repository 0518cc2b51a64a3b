//! Follows logs: what is written behind what was read, by whatever attempt a container is at.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::attempts::Attempt;
use super::error::LogsError;
use super::lines::Splitter;
use super::process::Kind;
use super::reader::{Dated, Tail, Wanted, failed};
use super::series::{Segment, Series};
use super::stamp::Dater;
use super::tell::{source, tell};
use crate::context::Context;
use crate::engine::Sandbox;
use crate::logs::open::Opened;
use crate::outcome::logs::LogSource;
use crate::outcome::stream::ReaderGone;

/// Sandboxes that are asked at the same time.
const TOGETHER: usize = 16;
/// The most that is read at once.
const BLOCK: u64 = 64 << 10;

/// What a series is known by in a sandbox.
type Key = (Kind, String);

/// A container whose logs are followed.
#[derive(Debug)]
pub struct Followed<S> {
    /// What was opened.
    pub opened: Opened<S>,
    /// How far its series were read.
    pub tails: BTreeMap<Key, Tail>,
}

impl<S: Sandbox> Followed<S> {
    /// Of whose logs nothing was read yet.
    #[must_use]
    pub fn new(opened: Opened<S>) -> Self {
        Self { opened, tails: BTreeMap::new() }
    }

    /// Tells what is new, as far as it is wanted. `is_meant` chooses among series, `is_alone`: there is only one.
    ///
    /// # Errors
    /// [`ReaderGone`] if nobody wants more.
    async fn tell_news(
        &mut self,
        context: &Context<'_>,
        topology: &str,
        wanted: &Wanted,
        is_alone: bool,
    ) -> Result<Result<(), LogsError>, ReaderGone> {
        for series in self.opened.series() {
            let key = (series.kind, series.name.clone());
            let tail = self.tails.entry(key).or_insert_with(|| begin(&series));
            let source = source(topology, &self.opened.attempt, &series, is_alone);
            for segment in series.since(&tail.position) {
                let news = News { context, source: &source, wanted };
                if let Err(error) = news.read(&self.opened, segment, tail).await? {
                    return Ok(Err(error));
                }
            }
        }
        Ok(Ok(()))
    }
}

/// Nothing of a series was read yet.
fn begin(series: &Series) -> Tail {
    let (first, last) = (series.files.first(), series.files.last());
    let mut tail =
        Tail { dater: Dater::new(last.map_or(0, |file| file.modified)), ..Tail::default() };
    tail.position.path = first.map(|file| file.path.clone()).unwrap_or_default();
    tail
}

/// What is told of a series.
struct News<'a> {
    context: &'a Context<'a>,
    source: &'a LogSource,
    wanted: &'a Wanted,
}

impl News<'_> {
    async fn read<S: Sandbox>(
        &self,
        opened: &Opened<S>,
        Segment { path, mut from, to }: Segment,
        tail: &mut Tail,
    ) -> Result<Result<(), LogsError>, ReaderGone> {
        if tail.position.path != path {
            // What another file ended with, ended there.
            if let Some(rest) = std::mem::take(&mut tail.splitter).finish() {
                self.tell(rest, &mut tail.dater)?;
            }
        }
        while from < to {
            let bytes = match opened.sandbox.read(&path, from, (to - from).min(BLOCK)).await {
                Ok(bytes) => bytes,
                Err(error) => return Ok(Err(failed(&opened.attempt.described(), error))),
            };
            if bytes.is_empty() {
                break;
            }
            from = from.saturating_add(bytes.len() as u64);
            tail.position.path.clone_from(&path);
            tail.position.offset = from;
            let mut lines = Vec::new();
            tail.splitter.feed(&bytes, |line| lines.push(line));
            for line in lines {
                self.tell(line, &mut tail.dater)?;
            }
        }
        Ok(Ok(()))
    }

    fn tell(&self, line: super::lines::Line, dater: &mut Dater) -> Result<(), ReaderGone> {
        let at = dater.date(&line.text);
        if !self.wanted.holds(&line.text) {
            return Ok(());
        }
        tell(self.context, self.source, &Dated { at, line })
    }
}

/// Looks into all sandboxes once, and tells what is new.
///
/// # Errors
/// [`ReaderGone`] if nobody wants more.
pub async fn look<S: Sandbox>(
    context: &Context<'_>,
    topology: &str,
    wanted: &Wanted,
    followed: &mut [Followed<S>],
    is_alone: bool,
) -> Result<(), ReaderGone> {
    for some in followed.chunks_mut(TOGETHER) {
        let looked = join_all(some.iter_mut().map(|one| one.opened.look_again())).await;
        for (one, looked) in some.iter_mut().zip(looked) {
            let told = match looked {
                Ok(()) => one.tell_news(context, topology, wanted, is_alone).await?,
                Err(error) => Err(error),
            };
            if let Err(error) = told {
                context.reporter.warn_once(&format!("{error}; trying again"));
            }
        }
    }
    Ok(())
}

/// The containers that have another task now than the one that is followed.
#[must_use]
pub fn replaced<S>(followed: &[Followed<S>], now: &[Attempt]) -> Vec<Attempt> {
    let is_followed =
        |attempt: &&Attempt| followed.iter().any(|one| one.opened.attempt.place == attempt.place);
    now.iter().filter(|attempt| !is_followed(attempt)).cloned().collect()
}

/// Lines that have no end yet get none any more.
///
/// # Errors
/// [`ReaderGone`] if nobody wants more.
pub fn finish<S: Sandbox>(
    context: &Context<'_>,
    topology: &str,
    wanted: &Wanted,
    followed: &mut Followed<S>,
    is_alone: bool,
) -> Result<(), ReaderGone> {
    for series in followed.opened.series() {
        let key = (series.kind, series.name.clone());
        let Some(tail) = followed.tails.get_mut(&key) else { continue };
        let source = source(topology, &followed.opened.attempt, &series, is_alone);
        if let Some(rest) = Splitter::finish(&mut tail.splitter) {
            News { context, source: &source, wanted }.tell(rest, &mut tail.dater)?;
        }
    }
    Ok(())
}
