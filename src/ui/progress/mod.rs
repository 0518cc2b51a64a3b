//! Progress: steps that change in their place on a terminal and stay with their times when they are over; a line per change, and a
//! sign of life, elsewhere.

mod console;
mod told;

pub use console::Console;
pub(super) use told::bytes;
