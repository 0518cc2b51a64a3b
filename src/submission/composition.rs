//! What a topology is made of, in words that can be compared: definition, package, configuration, packing. Pure.
//!
//! What differs from one run of the same main to the next is left out: the topology's id, and serialized objects, which are
//! made of what is in the topology file.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::controller::withdraw::names_own_package;
use crate::digest::hexadecimal;
use crate::net::redact::{redact, redact_value};
use crate::outcome::difference::Part;
use crate::packing::{ContainerPlan, PackingPlan};
use crate::proto::api::config::KeyValue;
use crate::proto::api::{
    Component, Config, Grouping, InputStream, OutputStream, StreamSchema, Topology,
};
use crate::scheduler::record::Desired;
use crate::state::runtime_settings::RuntimeSetting;

/// A topology as it runs, or as it is to be.
#[derive(Clone, Debug)]
pub struct Composition<'a> {
    /// Its definition.
    pub topology: &'a Topology,
    /// Its packing plan.
    pub packing: &'a PackingPlan,
    /// Its desired record.
    pub desired: &'a Desired,
    /// What was set while it ran.
    pub runtime: Vec<RuntimeSetting>,
}

/// Where an item stands: its part, its place there, its name.
pub(super) type Key = (Part, u32, String);

/// What is said of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// What is compared.
    pub exact: String,
    /// What is shown: without secrets, and shorter.
    pub shown: String,
}

impl Item {
    fn plain(text: String) -> Self {
        Self { shown: redact(&text), exact: text }
    }

    fn of_key(key: &str, value: &str) -> Self {
        Self { exact: value.to_owned(), shown: redact_value(key, value) }
    }
}

/// What a topology is made of.
pub(super) type Items = BTreeMap<Key, Item>;

/// Collects items; of a name that is given twice the first counts.
struct Collector(Items);

impl Collector {
    fn add(&mut self, part: Part, name: impl Into<String>, item: Item) {
        self.at(part, 0, name.into(), item);
    }

    fn at(&mut self, part: Part, place: u32, name: String, item: Item) {
        self.0.entry((part, place, name)).or_insert(item);
    }
}

impl Composition<'_> {
    /// All that is compared.
    pub(super) fn items(&self) -> Items {
        let mut items = Collector(Items::new());
        definition(&mut items, self.topology);
        package(&mut items, self.desired);
        configuration(&mut items, self.desired);
        for setting in &self.runtime {
            let name = format!("{} (set while it ran)", setting.name());
            items.add(Part::Configuration, name, Item::of_key(&setting.key, &setting.value));
        }
        packing(&mut items, self.packing);
        items.0
    }
}

fn definition(items: &mut Collector, topology: &Topology) {
    let config = topology.topology_config.iter().flat_map(|config| &config.kvs);
    for setting in config {
        items.add(Part::Definition, setting.key.clone(), value(setting));
    }
    for spout in &topology.spouts {
        component(items, "spout", &spout.comp, &spout.outputs);
    }
    for bolt in &topology.bolts {
        component(items, "bolt", &bolt.comp, &bolt.outputs);
        for input in &bolt.inputs {
            let name = format!(
                "{} <- {}/{}",
                bolt.comp.name, input.stream.component_name, input.stream.id
            );
            items.add(Part::Definition, name, read(input));
        }
    }
}

fn component(items: &mut Collector, kind: &str, component: &Component, outputs: &[OutputStream]) {
    let class = component.class_name.as_deref().map(|class| format!(" {class}"));
    let what = format!("{kind}{}", class.unwrap_or_default());
    let exact = format!("{what} {:?} {:?}", component.spec, component.cpp_class_info);
    let name = &component.name;
    items.add(Part::Definition, name.clone(), Item { exact, shown: what });
    let Config { kvs } = &component.config;
    for setting in kvs {
        items.add(Part::Definition, format!("{name}:{}", setting.key), value(setting));
    }
    for output in outputs {
        let fields = format!("({})", fields(Some(&output.schema)));
        items.add(Part::Definition, format!("{name} -> {}", output.stream.id), Item::plain(fields));
    }
}

fn value(setting: &KeyValue) -> Item {
    let Some(object) = &setting.serialized_value else {
        return Item::of_key(&setting.key, setting.value.as_deref().unwrap_or_default());
    };
    let exact = hexadecimal(&Sha256::digest(object));
    Item { exact, shown: format!("an object of {} bytes", object.len()) }
}

fn read(input: &InputStream) -> Item {
    let grouping = Grouping::try_from(input.gtype).map_or_else(
        |_| format!("grouping {}", input.gtype),
        |grouping| grouping.as_str_name().to_lowercase(),
    );
    let by = fields(input.grouping_fields.as_ref());
    let shown = if by.is_empty() { grouping } else { format!("{grouping} ({by})") };
    // The code of a custom grouping is a serialized object.
    Item { exact: format!("{shown} {:?}", input.r#type), shown }
}

fn fields(schema: Option<&StreamSchema>) -> String {
    let keys = schema.iter().flat_map(|schema| &schema.keys);
    keys.map(|field| field.key.as_str()).collect::<Vec<_>>().join(", ")
}

fn package(items: &mut Collector, desired: &Desired) {
    let Some(content) = &desired.launch.content else { return };
    let digest = |digest: &str| Item {
        exact: digest.to_owned(),
        shown: format!("SHA-256 {}", digest.get(..12).unwrap_or(digest)),
    };
    items.add(Part::Package, "topology file", Item::plain(content.file.clone()));
    items.add(Part::Package, "content of the topology file", digest(&content.sha256));
    for (name, sha256) in &content.conf {
        items.add(Part::Package, format!("heron-conf/{name}"), digest(sha256));
    }
}

fn configuration(items: &mut Collector, desired: &Desired) {
    let part = Part::Configuration;
    let mut text = |name: &str, text: String| items.add(part, name, Item::plain(text));
    let framework = &desired.framework;
    text("framework name", framework.name.clone());
    text("user", desired.launch.user.as_ref().unwrap_or(&framework.user).clone());
    text("roles", framework.roles.join(", "));
    text("principal", framework.principal.clone().unwrap_or_default());
    text("constraints", desired.placement.constraints.join("; "));
    text("avoid", desired.placement.avoid.join(", "));
    text("failover timeout", format!("{} s", framework.failover_timeout_seconds));
    for (name, value) in &framework.labels {
        if name != "heron.topology.id" {
            text(name, value.clone());
        }
    }
    let launch = &desired.launch;
    text("ports", launch.ports.to_string());
    text("kill grace", format!("{} ms", launch.kill_grace_ms));
    text("Heron release", launch.release.clone().unwrap_or_default());
    if let Some(tmanager) = desired.containers.iter().find(|container| container.id == 0) {
        let size = format!(
            "CPU {}, RAM {} MB, disk {} MB",
            tmanager.cpus, tmanager.mem_mb, tmanager.disk_mb
        );
        text("container 0", size);
    }
    let has_own = |uri: &str| launch.package.is_some() || names_own_package(&desired.topology, uri);
    for (index, uri) in launch.uris.iter().enumerate() {
        match index {
            // Its name tells what it is made of, and the topology's id.
            0 if has_own(&uri.value) => {}
            0 => text("topology package", uri.value.clone()),
            1 => text("core package", uri.value.clone()),
            _ => text(&format!("package {}", index + 1), uri.value.clone()),
        }
    }
    command(items, desired);
}

/// What the executor is told, a flag each; releases without flags tell arguments by their place.
fn command(items: &mut Collector, desired: &Desired) {
    let part = Part::Configuration;
    let without_id = |text: &str| text.replace(&desired.topology_id, "<topology-id>");
    let argv = desired.launch.command.argv(0);
    if argv.is_empty() {
        let command = without_id(&desired.launch.command.outline(0));
        items.add(part, "command", Item::plain(command));
        return;
    }
    for (index, word) in argv.iter().enumerate() {
        let word = without_id(word);
        match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => {
                items.add(part, flag, Item::of_key(flag, value));
            }
            None if word.starts_with("--") => {
                items.add(part, word, Item::plain("given".to_owned()));
            }
            _ => items.add(part, format!("executor argument {index}"), Item::plain(word)),
        }
    }
}

fn packing(items: &mut Collector, plan: &PackingPlan) {
    for (component, count) in plan.component_counts() {
        items.add(
            Part::Packing,
            format!("instances of {component}"),
            Item::plain(count.to_string()),
        );
    }
    for container in &plan.containers {
        let place = u32::try_from(container.id).unwrap_or(u32::MAX);
        let item = Item { exact: exactly(container), shown: shown(container) };
        items.at(Part::Packing, place, format!("container {}", container.id), item);
    }
}

fn exactly(container: &ContainerPlan) -> String {
    let mut text = format!("{:?} {:?}", container.required, container.scheduled);
    for one in &container.instances {
        text.push_str(&format!(
            " {} {} {} {:?}",
            one.component, one.task_id, one.component_index, one.resource
        ));
    }
    text
}

/// Its size, and its instances by component with their task ids.
fn shown(container: &ContainerPlan) -> String {
    let mib = |bytes: i64| bytes / (1 << 20);
    let size = container.required;
    let mut tasks: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in &container.instances {
        tasks.entry(&one.component).or_default().push(one.task_id.to_string());
    }
    let tasks: Vec<String> = tasks
        .into_iter()
        .map(|(component, tasks)| format!("{component} {}", tasks.join(" ")))
        .collect();
    format!(
        "CPU {}, RAM {} MB, disk {} MB; {}",
        size.cpu,
        mib(size.ram),
        mib(size.disk),
        tasks.join(", ")
    )
}
