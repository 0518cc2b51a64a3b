//! The verbs: one table that says what each needs and does, and the command line that it makes up.

mod parse;
mod table;
mod verb;

pub use parse::{Cli, Parsed, definition, parse};
pub use table::Command;
pub use verb::{InCluster, Verb, Work};

#[cfg(test)]
mod tests;
