//! Messages that Heron's Java code wrote (`tests/data/protos`): decoded, compared field by field,
//! encoded to the same bytes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use prost::Message;
use serde_json::{Map, Value, json};

use super::scheduler::{
    KillTopologyRequest, RestartTopologyRequest, SchedulerLocation, SchedulerResponse,
    UpdateTopologyRequest,
};
use super::tmanager::TManagerLocation;
use super::{api, system};

/// A message as protobuf's JSON form shows it: absent fields and empty lists left out.
trait Shown {
    fn show(&self) -> Value;
}

fn pruned(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    let kept = fields.into_iter().filter(|(_, value)| {
        !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
    });
    Value::Object(kept.collect::<Map<_, _>>())
}

fn all<T: Shown>(list: &[T]) -> Vec<Value> {
    list.iter().map(Shown::show).collect()
}

fn maybe<T: Shown>(field: Option<&T>) -> Value {
    field.map_or(Value::Null, Shown::show)
}

fn binary(bytes: Option<&Vec<u8>>) -> Value {
    bytes.map_or(Value::Null, |bytes| json!(BASE64_STANDARD.encode(bytes)))
}

/// `JavaClassName` is `JAVA_CLASS_NAME` in Heron's files.
fn name(variant: impl std::fmt::Debug) -> Value {
    let mut name = String::new();
    for c in format!("{variant:?}").chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(c.to_uppercase());
    }
    json!(name)
}

fn enumeration<E: TryFrom<i32> + std::fmt::Debug>(number: Option<i32>) -> Value {
    number.map_or(Value::Null, |number| E::try_from(number).map_or(json!(number), name))
}

impl Shown for api::Topology {
    fn show(&self) -> Value {
        pruned(json!({
            "id": self.id, "name": self.name, "spouts": all(&self.spouts), "bolts": all(&self.bolts),
            "state": enumeration::<api::TopologyState>(Some(self.state)),
            "topology_config": maybe(self.topology_config.as_ref()),
        }))
    }
}

impl Shown for api::Spout {
    fn show(&self) -> Value {
        pruned(json!({ "comp": self.comp.show(), "outputs": all(&self.outputs) }))
    }
}

impl Shown for api::Bolt {
    fn show(&self) -> Value {
        pruned(json!({
            "comp": self.comp.show(), "inputs": all(&self.inputs), "outputs": all(&self.outputs),
        }))
    }
}

impl Shown for api::Component {
    fn show(&self) -> Value {
        let cpp = self.cpp_class_info.as_ref();
        pruned(json!({
            "name": self.name, "class_name": self.class_name, "config": self.config.show(),
            "serialized_object": binary(self.serialized_object.as_ref()),
            "spec": enumeration::<api::ComponentObjectSpec>(self.spec),
            "cpp_class_info": cpp.map(|info| json!({ "class_constructor": info.class_constructor })),
        }))
    }
}

impl Shown for api::Config {
    fn show(&self) -> Value {
        let kvs = self.kvs.iter().map(|kv| {
            pruned(json!({
                "key": kv.key, "value": kv.value,
                "serialized_value": binary(kv.serialized_value.as_ref()),
                "type": enumeration::<api::ConfigValueType>(kv.r#type),
            }))
        });
        pruned(json!({ "kvs": kvs.collect::<Vec<_>>() }))
    }
}

impl Shown for api::StreamId {
    fn show(&self) -> Value {
        json!({ "id": self.id, "component_name": self.component_name })
    }
}

impl Shown for api::StreamSchema {
    fn show(&self) -> Value {
        let keys = self.keys.iter().map(
            |key| json!({ "key": key.key, "type": enumeration::<api::Type>(Some(key.r#type)) }),
        );
        pruned(json!({ "keys": keys.collect::<Vec<_>>() }))
    }
}

impl Shown for api::OutputStream {
    fn show(&self) -> Value {
        json!({ "stream": self.stream.show(), "schema": self.schema.show() })
    }
}

impl Shown for api::InputStream {
    fn show(&self) -> Value {
        pruned(json!({
            "stream": self.stream.show(),
            "gtype": enumeration::<api::Grouping>(Some(self.gtype)),
            "grouping_fields": maybe(self.grouping_fields.as_ref()),
            "custom_grouping_object": binary(self.custom_grouping_object.as_ref()),
            "type": enumeration::<api::CustomGroupingObjectType>(self.r#type),
        }))
    }
}

impl Shown for system::Resource {
    fn show(&self) -> Value {
        json!({ "cpu": self.cpu, "ram": self.ram.to_string(), "disk": self.disk.to_string() })
    }
}

impl Shown for system::PackingPlan {
    fn show(&self) -> Value {
        pruned(json!({ "id": self.id, "container_plans": all(&self.container_plans) }))
    }
}

impl Shown for system::ContainerPlan {
    fn show(&self) -> Value {
        pruned(json!({
            "id": self.id, "instance_plans": all(&self.instance_plans),
            "requiredResource": self.required_resource.show(),
            "scheduledResource": maybe(self.scheduled_resource.as_ref()),
        }))
    }
}

impl Shown for system::InstancePlan {
    fn show(&self) -> Value {
        json!({
            "component_name": self.component_name, "task_id": self.task_id,
            "component_index": self.component_index, "resource": self.resource.show(),
        })
    }
}

impl Shown for system::ExecutionState {
    fn show(&self) -> Value {
        let release = self.release_state.as_ref().map(|release| {
            pruned(json!({
                "release_username": release.release_username, "release_tag": release.release_tag,
                "release_version": release.release_version,
            }))
        });
        pruned(json!({
            "topology_name": self.topology_name, "topology_id": self.topology_id,
            "submission_time": self.submission_time.map(|time| time.to_string()),
            "submission_user": self.submission_user, "cluster": self.cluster,
            "environ": self.environ, "role": self.role, "release_state": release,
        }))
    }
}

impl Shown for system::PhysicalPlan {
    fn show(&self) -> Value {
        let stmgrs = self.stmgrs.iter().map(|stmgr| {
            pruned(json!({
                "id": stmgr.id, "host_name": stmgr.host_name, "data_port": stmgr.data_port,
                "local_endpoint": stmgr.local_endpoint, "cwd": stmgr.cwd, "pid": stmgr.pid,
                "shell_port": stmgr.shell_port, "local_data_port": stmgr.local_data_port,
            }))
        });
        let instances = self.instances.iter().map(|instance| {
            let info = pruned(json!({
                "task_id": instance.info.task_id, "component_index": instance.info.component_index,
                "component_name": instance.info.component_name, "params": instance.info.params,
                "remote_debugger_port": instance.info.remote_debugger_port,
            }));
            json!({
                "instance_id": instance.instance_id, "stmgr_id": instance.stmgr_id, "info": info,
            })
        });
        pruned(json!({
            "topology": self.topology.show(), "stmgrs": stmgrs.collect::<Vec<_>>(),
            "instances": instances.collect::<Vec<_>>(),
        }))
    }
}

impl Shown for SchedulerLocation {
    fn show(&self) -> Value {
        pruned(json!({
            "topology_name": self.topology_name, "http_endpoint": self.http_endpoint,
            "job_page_link": self.job_page_link,
        }))
    }
}

impl Shown for TManagerLocation {
    fn show(&self) -> Value {
        pruned(json!({
            "topology_name": self.topology_name, "topology_id": self.topology_id,
            "host": self.host, "controller_port": self.controller_port,
            "server_port": self.server_port, "stats_port": self.stats_port,
        }))
    }
}

impl Shown for KillTopologyRequest {
    fn show(&self) -> Value {
        json!({ "topology_name": self.topology_name })
    }
}

impl Shown for RestartTopologyRequest {
    fn show(&self) -> Value {
        json!({ "topology_name": self.topology_name, "container_index": self.container_index })
    }
}

impl Shown for UpdateTopologyRequest {
    fn show(&self) -> Value {
        json!({
            "currentPackingPlan": self.current_packing_plan.show(),
            "proposedPackingPlan": self.proposed_packing_plan.show(),
        })
    }
}

impl Shown for SchedulerResponse {
    fn show(&self) -> Value {
        let status = enumeration::<system::StatusCode>(Some(self.status.status));
        json!({ "status": pruned(json!({ "status": status, "message": self.status.message })) })
    }
}

fn check<M: Message + Shown + Default>(bytes: &[u8], decoded: &Value, record: &str) {
    let message = M::decode(bytes).unwrap_or_else(|error| panic!("{record}: {error}"));
    assert_eq!(message.show(), *decoded, "{record}");
    assert_eq!(message.encode_to_vec(), bytes, "{record}");
}

#[test]
fn records_of_heron_are_read_and_written_alike() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/protos/records.json");
    let file: Value =
        serde_json::from_slice(&std::fs::read(file).expect("the vectors are there")).expect("JSON");
    let records = file["records"].as_array().expect("records");
    assert_eq!(records.len(), 24);
    for record in records {
        let text = |key: &str| record[key].as_str().expect("text");
        let bytes = BASE64_STANDARD.decode(text("base64")).expect("base64");
        let check = match text("type").strip_prefix("heron.proto.").expect("one of Heron's") {
            "api.Topology" => check::<api::Topology>,
            "system.PackingPlan" => check::<system::PackingPlan>,
            "system.ExecutionState" => check::<system::ExecutionState>,
            "system.PhysicalPlan" => check::<system::PhysicalPlan>,
            "tmanager.TManagerLocation" | "tmanager.MetricsCacheLocation" => {
                check::<TManagerLocation>
            }
            "scheduler.SchedulerLocation" => check::<SchedulerLocation>,
            "scheduler.KillTopologyRequest" => check::<KillTopologyRequest>,
            "scheduler.RestartTopologyRequest" => check::<RestartTopologyRequest>,
            "scheduler.UpdateTopologyRequest" => check::<UpdateTopologyRequest>,
            "scheduler.SchedulerResponse" => check::<SchedulerResponse>,
            other => panic!("{other} is not known"),
        };
        check(&bytes, &record["decoded"], text("record"));
    }
}
