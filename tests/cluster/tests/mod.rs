//! Tests of the cluster itself, beside recordings of real ones.

mod behaviour;
mod client;
mod compare;
mod election;
mod fault;
mod recordings;
mod replay;
