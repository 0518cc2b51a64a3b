//! Settings that were made while a topology ran. They stand in the physical plan alone.

use std::fmt;

use super::topology_state::TopologyState;
use crate::proto::api::Config;

/// How a TManager marks the keys of settings that were changed while the topology ran.
const RUNTIME: &str = ":runtime";

/// A setting that was made while the topology ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeSetting {
    /// The component that it is for; none if it is for all.
    pub component: Option<String>,
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

impl RuntimeSetting {
    /// `[component:]key`.
    #[must_use]
    pub fn name(&self) -> String {
        let component = self.component.as_ref().map(|component| format!("{component}:"));
        format!("{}{}", component.unwrap_or_default(), self.key)
    }
}

impl fmt::Display for RuntimeSetting {
    /// `[component:]key:value`, as a TManager takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name(), self.value)
    }
}

impl TopologyState {
    /// The settings that were made while it ran: those for all components, then those of each.
    #[must_use]
    pub fn runtime_settings(&self) -> Vec<RuntimeSetting> {
        let plan = self.physical_plan.as_ref().and_then(|plan| plan.message.as_ref().ok());
        let Some(topology) = plan.map(|plan| &plan.topology) else { return Vec::new() };
        let whole = topology.topology_config.iter().flat_map(|config| entries(None, config));
        let spouts = topology.spouts.iter().map(|spout| &spout.comp);
        let components = spouts.chain(topology.bolts.iter().map(|bolt| &bolt.comp));
        let own = components.flat_map(|one| entries(Some(&one.name), &one.config));
        whole.chain(own).collect()
    }
}

fn entries(component: Option<&str>, config: &Config) -> Vec<RuntimeSetting> {
    let entry = |pair: &crate::proto::api::config::KeyValue| {
        Some(RuntimeSetting {
            component: component.map(str::to_owned),
            key: pair.key.strip_suffix(RUNTIME)?.to_owned(),
            value: pair.value.clone().unwrap_or_default(),
        })
    };
    config.kvs.iter().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_a_running_topology_are_found_in_its_plan() {
        let pair = |key: &str, value: &str| crate::proto::api::config::KeyValue {
            key: key.to_owned(),
            value: Some(value.to_owned()),
            serialized_value: None,
            r#type: None,
        };
        let config =
            Config { kvs: vec![pair("a", "1"), pair("b:runtime", "2"), pair("c:runtime", "x:y")] };
        let texts = |component| -> Vec<String> {
            entries(component, &config).iter().map(ToString::to_string).collect()
        };
        assert_eq!(texts(None), ["b:2", "c:x:y"]);
        assert_eq!(texts(Some("word")), ["word:b:2", "word:c:x:y"]);
    }
}
