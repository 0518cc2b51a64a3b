//! Package `heron.proto.scheduler` (`scheduler.proto`).

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
