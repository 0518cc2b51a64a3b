//! heron-cli: runs Heron topologies on Apache Mesos, with their state in ZooKeeper.
//!
//! `docs/architecture.md` shows the way of data; each module below is one step of it.

pub mod app;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod completion;
pub mod config;
pub mod constraint;
pub mod context;
pub mod controller;
pub mod deployment;
mod digest;
pub mod doctor;
pub mod engine;
pub mod env;
pub mod executable;
pub mod failure;
pub mod fetch_check;
pub mod given;
pub mod health;
pub mod logs;
pub mod mesos;
pub mod names;
mod near;
pub mod net;
pub mod outcome;
pub mod packing;
pub mod program;
pub mod proto;
pub mod replacement;
pub mod report;
pub mod scheduler;
pub mod state;
pub mod submission;
pub mod supervision;
pub mod temporary;
pub mod tmanager;
pub mod topology;
pub mod ui;
pub mod update;
pub mod upload;
pub mod verbs;
pub mod znode_path;
