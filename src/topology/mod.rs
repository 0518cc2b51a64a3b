//! Everything between a user's topology file and what is put on the cluster.
//!
//! [`main_runner`] runs the user's main and collects what it defines; [`definition`] reads and checks a definition,
//! [`edit`] changes one without losing anything; `heron_conf` makes the files that Heron's processes read, and
//! `package` packs all of it; [`executor`] is the command line of a container and [`shell`] gets it through a shell. [`dialect`] knows what the releases of
//! Heron call things. Nothing here knows Mesos or ZooKeeper.

mod arguments;
pub mod definition;
pub mod dialect;
pub mod edit;
pub mod executor;
pub mod file_kind;
mod invocation;
pub mod java;
pub mod main_runner;
pub mod options;
pub mod output;
mod problem;
pub mod ready;
mod required;
pub mod shell;
pub mod untar;
pub mod wire;
