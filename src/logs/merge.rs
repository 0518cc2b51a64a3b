//! Lines of several processes in the order of their times.

use futures_util::future::join_all;

use super::error::LogsError;
use super::reader::{Dated, Reader};
use crate::engine::Sandbox;
use crate::outcome::stream::ReaderGone;

/// Readers that find their first line at the same time.
const TOGETHER: usize = 16;

/// Hands on what all of these have, with the number of the reader; the errors of those that fail on the way.
///
/// # Errors
/// [`ReaderGone`] when nobody wants more.
pub async fn merge<S: Sandbox>(
    readers: &mut [Reader<'_, S>],
    mut line: impl FnMut(usize, Dated) -> Result<(), ReaderGone>,
) -> Result<Vec<LogsError>, ReaderGone> {
    let mut failed = Vec::new();
    let mut heads: Vec<Option<Dated>> = Vec::with_capacity(readers.len());
    for some in readers.chunks_mut(TOGETHER) {
        for head in join_all(some.iter_mut().map(Reader::next)).await {
            heads.push(head.unwrap_or_else(|error| {
                failed.push(error);
                None
            }));
        }
    }
    loop {
        let there = heads.iter().enumerate().filter_map(|(at, head)| Some((at, head.as_ref()?)));
        // The first of those that have the same time.
        let Some((next, _)) = there.min_by_key(|(_, head)| head.at) else { return Ok(failed) };
        let (Some(head), Some(reader)) = (heads.get_mut(next), readers.get_mut(next)) else {
            return Ok(failed);
        };
        let following = reader.next().await.unwrap_or_else(|error| {
            failed.push(error);
            None
        });
        if let Some(first) = std::mem::replace(head, following) {
            line(next, first)?;
        }
    }
}
