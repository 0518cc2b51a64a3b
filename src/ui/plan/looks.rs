//! How much a form may use of what a terminal can show.

/// Whether escape sequences and strike-through are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    Plain,
    Rich,
}
