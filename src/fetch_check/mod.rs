//! Whether Mesos can fetch the packages, shown by fetching them: [`fetch`] is what is fetched, [`look`] what a task looks for,
//! [`model`] places tasks on offers, [`run`](mod@run) is the framework that does it, [`judge`](mod@judge) tells what came of it.

pub mod error;
pub mod fetch;
pub mod judge;
pub mod look;
pub mod model;
pub mod run;
pub mod targets;
