//! A submission: [`source`] runs the topology's main, [`plan`](mod@plan) decides everything and touches nothing, [`document`] shows
//! the plan, [`apply`](mod@apply) carries it out once
//! [`preflight`](mod@preflight) has asked the cluster; `deliver` is the package's part of that.

pub mod apply;
mod deliver;
pub mod document;
pub mod plan;
pub mod preflight;
pub mod source;
mod watch;
