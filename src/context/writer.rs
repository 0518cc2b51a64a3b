//! Who changes a topology's records, as they remember it.

use crate::clock::Millis;
use crate::scheduler::history::Author;
use crate::scheduler::record::Desired;
use crate::scheduler::remember::remember_change;

/// Who changes records, and by which clock that is dated.
#[derive(Clone, Debug)]
pub struct Writer {
    /// Who.
    pub author: Author,
    /// The clock.
    pub clock: fn() -> Millis,
}

impl Writer {
    /// Remembers in a desired record what it changes of the one before; a topology that is new has none.
    pub fn remember(&self, before: Option<&Desired>, after: &mut Desired) {
        remember_change(before, after, &self.author, (self.clock)());
    }
}
