//! Sleeping until the due time misses nothing, and nobody is woken twice for one thing. The simulation asserts both at every turn.

use crate::clock::Millis;
use crate::scheduler::model::Model;
use crate::scheduler::step::Event;

/// Longer than every pause there is.
const LONG_MS: Millis = 10_000_000;

/// Asserts that no tick before the due time would do anything, and that the one that is due leaves nothing undone.
pub fn assert_quiet(model: &Model, now: Millis) {
    if !model.is_connected() {
        assert_eq!(model.next_due(now), None);
        return;
    }
    let last = model.next_due(now).map_or(now + LONG_MS, |due| due - 1);
    if last >= now {
        // Some of what is due is only noted, so that the action is missed at the first tick that takes it up.
        let mut early = model.clone();
        assert_eq!(early.step(last, Event::Tick), [], "at {last}, after {now}: {model:#?}");
    }
    let mut ticked = model.clone();
    ticked.step(now, Event::Tick);
    if let Some(due) = ticked.next_due(now) {
        assert!(due > now, "due at {due} still, at {now}: {ticked:#?}");
    }
}
