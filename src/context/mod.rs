//! What a command works with: its settings, who listens, the machine, the deadline, the state tree; and how it is told that
//! something is wrong that no module below can know.

mod command;
pub mod configure;
mod endpoints;
mod error;
mod release;
mod state_tree;
mod store;
mod writer;
mod zookeeper;

pub use command::{Context, Member};
pub use error::{CommandError, HalfWay};
pub use state_tree::StateTree;
pub use writer::Writer;
pub use zookeeper::ZooKeeperSettingsError;
