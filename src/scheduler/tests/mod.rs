//! Tests of the scheduler as a whole.

mod constraints;
mod placement;
mod simulation;
