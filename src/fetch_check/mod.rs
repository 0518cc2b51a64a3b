//! Whether Mesos can fetch the packages, shown by fetching them: [`fetch`] is what is fetched, [`look`] what a task looks for,
//! [`tasks`] is what the scheduler is to see to and how far that is, [`run`](mod@run) has it done, [`judge`](mod@judge) tells what came of it.

pub mod ephemeral;
pub mod error;
pub mod fetch;
pub mod judge;
pub mod look;
pub mod run;
pub mod targets;
pub mod tasks;
