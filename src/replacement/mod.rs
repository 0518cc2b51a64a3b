//! Replacements: something else takes the place of a topology that runs, under its name, and what ran before can come back.
//!
//! [`wish`] is what is asked for: what `submit --replace` brings, or a revision that is kept. [`change`](mod@change) makes of it what
//! the journal holds from then on, which `begin`
//! writes in one transaction. `carry_out` has it done by the steps of [`crate::scheduler::replacing`], or has whoever drives do that and
//! watches (`watch`), and has it taken back when it does not come to run in time.

mod begin;
mod carry_out;
pub mod change;
mod replacing;
pub mod rollback;
pub mod submit;
mod watch;
pub mod wish;
