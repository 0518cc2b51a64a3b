//! `update --runtime-config`: settings that a running topology takes.

use std::time::Duration;

use super::request::{RequestError, component_of};
use crate::context::Context;
use crate::controller::tmanager_request::{TManagerRequest, ask_tmanager};
use crate::outcome::{Outcome, SCHEMA, SettingsChanged, TopologyRef};
use crate::proto::api::Topology;
use crate::state::TopologyState;

/// How long a topology that is just coming up is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Has the TManager change settings, each `[component:]key:value`.
pub async fn configure(
    context: &Context<'_>,
    topology: &str,
    items: &[String],
    dry_run: bool,
) -> anyhow::Result<Outcome> {
    let deadline = context.deadline(PATIENCE);
    context
        .with_state(async |state| {
            let found = TopologyState::read(&state.zk, &state.tree, topology).await?;
            context.check_place(state, &found)?;
            if let Some(definition) = found.current_topology() {
                components_exist(definition, items)?;
            }
            let topology = if dry_run {
                TopologyRef {
                    name: topology.to_owned(),
                    id: found.current_topology().map(|one| one.id.clone()),
                    state: found.state().map_or("UNKNOWN", |state| state.name()).to_owned(),
                }
            } else {
                ask_tmanager(context, state, found, TManagerRequest::SetConfig(items), deadline)
                    .await?
                    .topology
            };
            let settings = items.to_vec();
            let schema = SCHEMA;
            Ok(Outcome::SettingsChanged(SettingsChanged { schema, topology, settings, dry_run }))
        })
        .await
}

/// Refuses settings for components that there are not, before a TManager is asked.
fn components_exist(topology: &Topology, items: &[String]) -> Result<(), RequestError> {
    let spouts = topology.spouts.iter().map(|spout| &spout.comp.name);
    let known: Vec<String> =
        spouts.chain(topology.bolts.iter().map(|bolt| &bolt.comp.name)).cloned().collect();
    for component in items.iter().filter_map(|item| component_of(item)) {
        if !known.iter().any(|name| name == component) {
            let (topology, component) = (topology.name.clone(), component.to_owned());
            return Err(RequestError::NoComponent { topology, component, known });
        }
    }
    Ok(())
}
