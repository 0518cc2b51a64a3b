//! Package `heron.proto.system`: execution state, packing plan, physical plan (`execution_state.proto`,
//! `packing_plan.proto`, `physical_plan.proto`, `common.proto`).

use super::api::Topology;

/// Which Heron release a topology was submitted with.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct HeronReleaseState {
    /// Who built it.
    #[prost(string, optional, tag = "1")]
    pub release_username: Option<String>,
    /// A tag; empty since 2016.
    #[prost(string, optional, tag = "2")]
    pub release_tag: Option<String>,
    /// Its version.
    #[prost(string, optional, tag = "3")]
    pub release_version: Option<String>,
}

/// Who submitted a topology, when and where to: the content of `executionstate/<name>` (since 0.13.4).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ExecutionState {
    /// Name of the topology.
    #[prost(string, required, tag = "1")]
    pub topology_name: String,
    /// Its id.
    #[prost(string, required, tag = "2")]
    pub topology_id: String,
    /// When, in Unix seconds.
    #[prost(int64, optional, tag = "3")]
    pub submission_time: Option<i64>,
    /// Who.
    #[prost(string, optional, tag = "4")]
    pub submission_user: Option<String>,
    /// Name of the cluster.
    #[prost(string, required, tag = "5")]
    pub cluster: String,
    /// Environment.
    #[prost(string, required, tag = "6")]
    pub environ: String,
    /// Role.
    #[prost(string, required, tag = "7")]
    pub role: String,
    /// The release it runs on.
    #[prost(message, optional, tag = "8")]
    pub release_state: Option<HeronReleaseState>,
}

/// Resources of an instance or a container.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Resource {
    /// Cores.
    #[prost(double, required, tag = "1")]
    pub cpu: f64,
    /// Bytes.
    #[prost(int64, required, tag = "2")]
    pub ram: i64,
    /// Bytes.
    #[prost(int64, required, tag = "3")]
    pub disk: i64,
}

/// Where one instance runs.
#[derive(Clone, PartialEq, prost::Message)]
pub struct InstancePlan {
    /// The component it is an instance of.
    #[prost(string, required, tag = "1")]
    pub component_name: String,
    /// Unique within the topology, from 1.
    #[prost(int32, required, tag = "2")]
    pub task_id: i32,
    /// Unique within the component, from 0.
    #[prost(int32, required, tag = "3")]
    pub component_index: i32,
    /// What it gets.
    #[prost(message, required, tag = "4")]
    pub resource: Resource,
}

/// What one container holds.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ContainerPlan {
    /// From 1; container 0, the TManager's, is in no plan.
    #[prost(int32, required, tag = "1")]
    pub id: i32,
    /// Its instances.
    #[prost(message, repeated, tag = "2")]
    pub instance_plans: Vec<InstancePlan>,
    /// What it needs.
    #[prost(message, required, tag = "3")]
    pub required_resource: Resource,
    /// What a scheduler with equal containers gives it.
    #[prost(message, optional, tag = "4")]
    pub scheduled_resource: Option<Resource>,
}

/// Which instance runs in which container: the content of `packingplans/<name>` (since 0.14.3).
#[derive(Clone, PartialEq, prost::Message)]
pub struct PackingPlan {
    /// The topology's id.
    #[prost(string, required, tag = "1")]
    pub id: String,
    /// Containers 1 to N.
    #[prost(message, repeated, tag = "2")]
    pub container_plans: Vec<ContainerPlan>,
}

/// A stream manager that has registered with the TManager.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct StMgr {
    /// `stmgr-<container>`.
    #[prost(string, required, tag = "1")]
    pub id: String,
    /// Its host.
    #[prost(string, required, tag = "2")]
    pub host_name: String,
    /// Port for other stream managers (`--server-port`).
    #[prost(int32, required, tag = "3")]
    pub data_port: i32,
    /// Local endpoint, unused.
    #[prost(string, required, tag = "4")]
    pub local_endpoint: String,
    /// Its working directory.
    #[prost(string, optional, tag = "5")]
    pub cwd: Option<String>,
    /// Its process id.
    #[prost(int32, optional, tag = "6")]
    pub pid: Option<i32>,
    /// Port of heron-shell.
    #[prost(int32, optional, tag = "7")]
    pub shell_port: Option<i32>,
    /// Port for its instances (since 0.16).
    #[prost(int32, optional, tag = "8")]
    pub local_data_port: Option<i32>,
}

/// An instance that has registered.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct InstanceInfo {
    /// Task id of the packing plan.
    #[prost(int32, required, tag = "1")]
    pub task_id: i32,
    /// Index within the component.
    #[prost(int32, required, tag = "2")]
    pub component_index: i32,
    /// The component.
    #[prost(string, required, tag = "3")]
    pub component_name: String,
    /// Unused.
    #[prost(string, repeated, tag = "4")]
    pub params: Vec<String>,
    /// Port for a Java debugger (since 0.17).
    #[prost(int32, optional, tag = "5")]
    pub remote_debugger_port: Option<i32>,
}

/// An instance and its stream manager.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Instance {
    /// `container_<container>_<component>_<task id>`.
    #[prost(string, required, tag = "1")]
    pub instance_id: String,
    /// Its stream manager.
    #[prost(string, required, tag = "2")]
    pub stmgr_id: String,
    /// What it is.
    #[prost(message, required, tag = "3")]
    pub info: InstanceInfo,
}

/// What really runs, written by the TManager: the content of `pplans/<name>`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PhysicalPlan {
    /// The topology with its present state and runtime configuration.
    #[prost(message, required, tag = "1")]
    pub topology: Topology,
    /// Stream managers.
    #[prost(message, repeated, tag = "2")]
    pub stmgrs: Vec<StMgr>,
    /// Instances.
    #[prost(message, repeated, tag = "3")]
    pub instances: Vec<Instance>,
}

/// Outcome of a request to Heron's scheduler service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum StatusCode {
    /// Done.
    Ok = 1,
    /// Not done.
    NotOk = 2,
}

/// Outcome with a text.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Status {
    /// A [`StatusCode`], or one of Heron's many others.
    #[prost(enumeration = "StatusCode", required, tag = "1")]
    pub status: i32,
    /// Empty, mostly.
    #[prost(string, optional, tag = "2")]
    pub message: Option<String>,
}
