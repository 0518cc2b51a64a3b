//! Mesos as an engine.
//!
//! [`engine`] asks masters and agents, `connector` subscribes, `link` is a subscription as the driver feeds on it, with its
//! `event_queue`; `exchange` is what goes over it, with the `offers` that it holds, in words that `translate` knows.
//! [`desired`] is what a deployment is on Mesos, [`fetching`] what its fetcher is told and says. `settings` and `error` are
//! what they are called.

mod connector;
pub mod desired;
pub mod engine;
mod error;
mod event_queue;
mod exchange;
pub mod fetching;
mod link;
mod offers;
mod settings;
mod translate;

pub use engine::MesosEngine;
