//! `read-tree`: every node below some roots as JSON, to look at, and to prove that nothing is left.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use heron_cli::proto::api::Topology;
use heron_cli::proto::ckptmgr::StatefulConsistentCheckpoints;
use heron_cli::proto::scheduler::SchedulerLocation;
use heron_cli::proto::system::{ExecutionState, PackingPlan, PhysicalPlan};
use heron_cli::proto::tmanager::TManagerLocation;
use prost::Message;
use serde_json::{Value, json};
use std::time::Duration;
use zookeeper_client::{Client, Error};

use crate::flags::Flags;
use crate::zk;

/// A decoded node of Heron's tree.
#[derive(Debug)]
pub enum Record {
    /// `topologies/<t>`
    Topology(Topology),
    /// `packingplans/<t>`
    PackingPlan(PackingPlan),
    /// `pplans/<t>`
    PhysicalPlan(PhysicalPlan),
    /// `executionstate/<t>`
    ExecutionState(ExecutionState),
    /// `tmanagers/<t>`, `tmasters/<t>`, `metricscaches/<t>`
    Location(TManagerLocation),
    /// `schedulers/<t>`
    Scheduler(SchedulerLocation),
    /// `statefulcheckpoints/<t>`
    Checkpoints(StatefulConsistentCheckpoints),
}

impl Record {
    /// Decodes the data of a node by its directory; `None` for what is not Heron's.
    pub fn decode(path: &str, bytes: &[u8]) -> Option<Self> {
        let directory = path.rsplit('/').nth(1)?;
        match directory {
            "topologies" => Topology::decode(bytes).ok().map(Self::Topology),
            "packingplans" => PackingPlan::decode(bytes).ok().map(Self::PackingPlan),
            "pplans" => PhysicalPlan::decode(bytes).ok().map(Self::PhysicalPlan),
            "executionstate" => ExecutionState::decode(bytes).ok().map(Self::ExecutionState),
            "tmanagers" | "tmasters" | "metricscaches" => {
                TManagerLocation::decode(bytes).ok().map(Self::Location)
            }
            "schedulers" => SchedulerLocation::decode(bytes).ok().map(Self::Scheduler),
            "statefulcheckpoints" => {
                StatefulConsistentCheckpoints::decode(bytes).ok().map(Self::Checkpoints)
            }
            _ => None,
        }
    }

    fn message(&self) -> &dyn std::fmt::Debug {
        match self {
            Self::Topology(message) => message,
            Self::PackingPlan(message) => message,
            Self::PhysicalPlan(message) => message,
            Self::ExecutionState(message) => message,
            Self::Location(message) => message,
            Self::Scheduler(message) => message,
            Self::Checkpoints(message) => message,
        }
    }

    /// The record's bytes again.
    #[cfg(test)]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Topology(message) => message.encode_to_vec(),
            Self::PackingPlan(message) => message.encode_to_vec(),
            Self::PhysicalPlan(message) => message.encode_to_vec(),
            Self::ExecutionState(message) => message.encode_to_vec(),
            Self::Location(message) => message.encode_to_vec(),
            Self::Scheduler(message) => message.encode_to_vec(),
            Self::Checkpoints(message) => message.encode_to_vec(),
        }
    }
}

/// Prints `{"nodes":[{"path","size","version","ephemeral_owner","text"}]}`, `/zookeeper` left out.
pub async fn run(arguments: &[String]) -> Result<u8> {
    let flags = Flags::parse(arguments, &["--zk", "--root"], &["--raw-dump"])?;
    let client = zk::connect(flags.need("--zk")?, Duration::from_secs(10)).await?;
    let mut roots = flags.all("--root");
    if roots.is_empty() {
        roots.push("/".to_owned());
    }
    let mut nodes = Vec::new();
    for root in roots {
        walk(&client, &root, flags.get("--raw-dump").is_some(), &mut nodes).await?;
    }
    println!("{}", serde_json::to_string_pretty(&json!({ "nodes": nodes }))?);
    Ok(0)
}

async fn walk(client: &Client, root: &str, raw: bool, nodes: &mut Vec<Value>) -> Result<()> {
    let mut waiting = vec![root.to_owned()];
    while let Some(path) = waiting.pop() {
        if path == "/zookeeper" {
            continue;
        }
        let (data, stat) = match client.get_data(&path).await {
            Ok(found) => found,
            // It went away while we were looking.
            Err(Error::NoNode) => continue,
            Err(error) => return Err(error).with_context(|| format!("failed to read {path}")),
        };
        let mut children = client.list_children(&path).await.unwrap_or_default();
        children.sort_by(|left, right| right.cmp(left));
        waiting
            .extend(children.iter().map(|child| format!("{}/{child}", path.trim_end_matches('/'))));
        if path == "/" {
            continue;
        }
        let mut node = json!({
            "path": path,
            "size": data.len(),
            "version": stat.version,
            "ephemeral_owner": stat.ephemeral_owner,
            "text": text_of(&path, &data),
        });
        if raw && let Some(node) = node.as_object_mut() {
            node.insert(
                "raw".to_owned(),
                Value::String(base64::engine::general_purpose::STANDARD.encode(&data)),
            );
        }
        nodes.push(node);
    }
    Ok(())
}

fn text_of(path: &str, data: &[u8]) -> Value {
    if data.is_empty() {
        return Value::Null;
    }
    match Record::decode(path, data) {
        Some(record) => Value::String(format!("{:#?}", record.message())),
        None => {
            std::str::from_utf8(data).map_or(Value::Null, |text| Value::String(text.to_owned()))
        }
    }
}
