//! Tests of the command line as a whole.

mod eras;
mod reference;
mod simulation;
mod slips;
