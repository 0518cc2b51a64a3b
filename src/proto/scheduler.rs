//! Package `heron.proto.scheduler` (`scheduler.proto`).

use super::system::{PackingPlan, Status};

/// Where the scheduler of a topology is: the content of `schedulers/<name>` (since 0.13.4).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SchedulerLocation {
    /// Name of the topology.
    #[prost(string, required, tag = "1")]
    pub topology_name: String,
    /// `host:port`, or [`LIBRARY_ENDPOINT`].
    #[prost(string, required, tag = "2")]
    pub http_endpoint: String,
    /// Pages about the job.
    #[prost(string, repeated, tag = "3")]
    pub job_page_link: Vec<String>,
}

/// The endpoint that stands for "no service runs, the client does the scheduling" (`facts/heron.md` §1.3).
pub const LIBRARY_ENDPOINT: &str = "scheduler_as_lib_no_endpoint";

/// Asks Heron's scheduler service to end a topology.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct KillTopologyRequest {
    /// Name of the topology.
    #[prost(string, required, tag = "1")]
    pub topology_name: String,
}

/// Asks Heron's scheduler service to restart containers.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct RestartTopologyRequest {
    /// Name of the topology.
    #[prost(string, required, tag = "1")]
    pub topology_name: String,
    /// Which container; -1 means all.
    #[prost(int32, required, tag = "2")]
    pub container_index: i32,
}

/// Asks Heron's scheduler service to change a topology's packing plan (since 0.14.3).
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateTopologyRequest {
    /// The plan as it was read; refused if it is no longer stored.
    #[prost(message, required, tag = "1")]
    pub current_packing_plan: PackingPlan,
    /// The plan that is wanted.
    #[prost(message, required, tag = "2")]
    pub proposed_packing_plan: PackingPlan,
}

/// The answer to each of them.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SchedulerResponse {
    /// Whether it was done.
    #[prost(message, required, tag = "1")]
    pub status: Status,
}
