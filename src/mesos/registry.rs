//! Which agents are still to come back to a master that has started anew (`docs/mesos.md#lost-agents`).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::http::HttpError;
use super::json::or_default;
use super::operator::Operator;

#[derive(Deserialize)]
struct Agents {
    #[serde(default, deserialize_with = "or_default")]
    recovered_slaves: Vec<Value>,
}

#[derive(Deserialize)]
struct Flags {
    #[serde(default, deserialize_with = "or_default")]
    flags: BTreeMap<String, Value>,
}

impl Operator {
    /// How many agents of the registry have not come back yet to a master that has started anew. What runs on them is not known.
    pub async fn missing_agents(&self) -> Result<usize, HttpError> {
        Ok(self.get::<Agents>("/slaves", &[]).await?.recovered_slaves.len())
    }

    /// For how long a master has run that keeps no registry, and so can't tell which agents are to come back. `None`: it keeps one,
    /// or doesn't let us know.
    pub async fn uptime_without_registry(&self) -> Result<Option<Duration>, HttpError> {
        let flags: Flags = match self.get("/flags", &[]).await {
            Err(HttpError::Forbidden { .. }) => return Ok(None),
            flags => flags?,
        };
        if flags.flags.get("registry").and_then(Value::as_str) != Some("in_memory") {
            return Ok(None);
        }
        let metrics: BTreeMap<String, Value> = self.get("/metrics/snapshot", &[]).await?;
        let uptime = metrics.get("master/uptime_secs").and_then(Value::as_f64);
        Ok(uptime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
    }
}
