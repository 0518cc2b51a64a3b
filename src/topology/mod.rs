//! Everything between a user's topology file and what is put on the cluster.
//!
//! [`location`] says where a topology file is, [`download`] fetches one from the web, [`integrity`] refuses a damaged one;
//! [`main_runner`] runs the user's main and collects what it defines, [`ready`] takes what has been defined before;
//! [`definition`] reads and checks a definition, [`edit`] changes one without losing anything; [`heron_conf`] makes the
//! files that Heron's processes read, and [`package`] packs all of it; [`executor`] is the command line of a container,
//! which [`shell`] gets through a shell. [`dialect`] knows what the releases of Heron call things. Nothing here knows
//! Mesos or ZooKeeper.

pub mod archive;
pub mod arguments;
mod class_name;
pub mod conf_directory;
pub mod core_layout;
pub mod core_package;
pub mod core_release;
pub mod definition;
pub mod dialect;
pub mod download;
pub mod edit;
pub mod executor;
pub mod file_kind;
pub mod heron_conf;
pub mod integrity;
mod internals;
mod invocation;
pub mod java;
pub mod layout;
pub mod location;
pub mod main_runner;
pub mod options;
pub mod package;
pub mod plain_file;
mod problem;
pub mod ready;
pub mod shell;
pub mod untar;
pub mod user_main;
pub mod yaml;
mod zip;
