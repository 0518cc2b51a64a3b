//! Package `heron.proto.ckptmgr` (`ckptmgr.proto`, since 0.14.8).

/// A checkpoint that all instances have taken.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct StatefulConsistentCheckpoint {
    /// Its id; empty at first.
    #[prost(string, required, tag = "1")]
    pub checkpoint_id: String,
    /// The packing plan it belongs to.
    #[prost(string, required, tag = "2")]
    pub packing_plan_id: String,
}

/// The content of `statefulcheckpoints/<name>`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct StatefulConsistentCheckpoints {
    /// Newest first.
    #[prost(message, repeated, tag = "1")]
    pub consistent_checkpoints: Vec<StatefulConsistentCheckpoint>,
}
