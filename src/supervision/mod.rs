//! `supervise`: drives topologies without an end, many in one process. The lock of each decides which of several supervisors does; the
//! others wait for it.
//!
//! [`sessions`](mod@sessions) has the session with ZooKeeper and finds out which topologies there are, [`charge`] sees to one of them,
//! [`heals`] tells what becomes of its containers, [`figures`] keeps count, `exposition` puts that into a text, and [`endpoint`] serves it.

mod charge;
pub mod endpoint;
mod error;
mod exposition;
pub mod figures;
mod heals;
mod sessions;
mod voice;

pub use error::SupervisionError;
pub use sessions::{Wanted, supervise};
