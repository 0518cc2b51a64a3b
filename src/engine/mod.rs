//! The place where containers run, as commands know it. `traits` says what they may ask of it, [`error`] how that can
//! fail, [`capacity`] whether its hosts are large enough; [`configured`](mod@configured) opens the one that is configured.
//!
//! `mesos` is the only one yet. Nothing above this folder knows which it is: what differs between engines is asked here.

pub mod capacity;
pub mod configured;
pub mod error;
mod mesos;
pub mod observation;
mod traits;

pub use configured::ConfiguredEngine;
pub use error::{EngineError, ErrorClass};
pub use mesos::{desired, fetching};
pub use traits::{Engine, FileEntry, Host, Remembered, Sandbox, TaskPlace, WebPages};
