//! Package `heron.proto.tmanager`, before 0.20.3 `heron.proto.tmaster`; the same on the wire.

/// Where the TManager is: the content of `tmanagers/<name>` (`tmasters/<name>` before 0.20.3).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TManagerLocation {
    /// Name of the topology.
    #[prost(string, required, tag = "1")]
    pub topology_name: String,
    /// Its id; the controller wants it with every request.
    #[prost(string, required, tag = "2")]
    pub topology_id: String,
    /// Host of the TManager.
    #[prost(string, required, tag = "3")]
    pub host: String,
    /// Port of its HTTP controller.
    #[prost(int32, required, tag = "4")]
    pub controller_port: i32,
    /// Port for stream managers.
    #[prost(int32, required, tag = "5")]
    pub server_port: i32,
    /// Port for metrics.
    #[prost(int32, optional, tag = "6")]
    pub stats_port: Option<i32>,
}

/// Where the metrics cache is: the content of `metricscaches/<name>`; same fields.
pub type MetricsCacheLocation = TManagerLocation;
