//! Tests of the scheduler as a whole.

mod placement;
mod simulation;
