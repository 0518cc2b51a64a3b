//! The `heron-cli` binary.

fn main() {}
