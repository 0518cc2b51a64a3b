//! What is true of a topology: one function makes its state and health of Heron's nodes, the journal, and what the engine
//! says now. Every verb that tells how a topology is asks here.
//!
//! [`look`] reads, [`asked`] the engine, [`facts`] is what was read, [`assess`](mod@assess) judges it, `problems` puts what is wrong
//! into words, `awaited` tells whether what is waited for has come about; [`assessment`] is what comes of it.

pub mod asked;
pub mod assess;
pub mod assessment;
mod awaited;
pub mod facts;
pub mod look;
mod problems;
mod registered;
#[cfg(test)]
mod tests;

pub use assess::assess;
pub use assessment::{AsOf, Assessment, Condition, Level, Ready, State};
pub use awaited::{Progress, progress};
pub use facts::Facts;
