//! The plan as `--dry-run` prints it (design §5, "Documents").

use serde_json::{Value, json};

use super::plan::Plan;
use crate::cli::{DryRunFormat, SubmitArgs};
use crate::commands::context::Context;
use crate::commands::error::CommandError;
use crate::commands::outcome::{Outcome, Planned, SCHEMA};
use crate::packing::Resource;

/// The answer of a dry run.
pub(super) fn planned(
    args: &SubmitArgs,
    context: &Context<'_>,
    plans: &[Plan],
) -> anyhow::Result<Outcome> {
    let documents: Vec<Value> = plans.iter().map(|plan| document(plan, context)).collect();
    let plan = match <[Value; 1]>::try_from(documents) {
        Ok([only]) => only,
        Err(documents) => json!({ "schema": SCHEMA, "plans": documents }),
    };
    let text = match args.dry_run_format {
        None | Some(DryRunFormat::Table) => plans.iter().map(table).collect(),
        Some(DryRunFormat::Json) => serde_json::to_string_pretty(&plan)?,
        Some(DryRunFormat::Raw | DryRunFormat::ColoredTable) => {
            let what = "this form of the plan (known: table, json)".to_owned();
            return Err(CommandError::Unsupported { what }.into());
        }
    };
    Ok(Outcome::Planned(Planned { plan, text }))
}

fn document(plan: &Plan, context: &Context<'_>) -> Value {
    let resource = |r: &Resource| json!({ "cpu": r.cpu, "ram": r.ram, "disk": r.disk });
    let packed: Vec<Value> = plan
        .packing
        .containers
        .iter()
        .map(|container| {
            let instances: Vec<Value> = container
                .instances
                .iter()
                .map(|instance| {
                    json!({
                        "component": instance.component,
                        "task_id": instance.task_id,
                        "component_index": instance.component_index,
                        "resources": resource(&instance.resource),
                    })
                })
                .collect();
            json!({
                "id": container.id,
                "required": resource(&container.required),
                "instances": instances,
            })
        })
        .collect();
    json!({
        "schema": SCHEMA,
        "topology": { "name": plan.name, "id": plan.id, "state": plan.state.name() },
        "release": plan.release_info,
        "packing": {
            "algorithm": plan.algorithm.name(),
            "component_ram_map": plan.packing.component_ram_map(),
            "containers": packed,
        },
        "containers": containers(plan, context),
        "state": state(plan, context),
        "upload": { "store": plan.package.kind, "uri": plan.package.uri },
    })
}

fn containers(plan: &Plan, context: &Context<'_>) -> Vec<Value> {
    let user = context.settings.mesos.as_ref().map(|mesos| mesos.task_user.clone());
    plan.containers
        .iter()
        .map(|container| {
            let shard = container.id.to_string();
            let argv: Vec<String> =
                plan.argv.iter().map(|argument| if argument == "<shard>" { shard.clone() } else { argument.replace("=<shard>", &format!("={shard}")) }).collect();
            let uris: Vec<Value> = plan
                .launch
                .uris
                .iter()
                .map(|uri| json!({ "uri": uri.value, "extract": uri.extract }))
                .collect();
            json!({
                "id": container.id,
                "resources": {
                    "cpus": container.cpus,
                    "mem_mb": container.mem_mb,
                    "disk_mb": container.disk_mb,
                    "ports": plan.launch.ports,
                },
                "argv": argv,
                "command": plan.launch.outline(container.id, &crate::topology::executor::PORT_NAMES),
                "uris": uris,
                "user": user,
            })
        })
        .collect()
}

fn state(plan: &Plan, context: &Context<'_>) -> Vec<Value> {
    let state = &context.settings.state;
    let heron = [
        ("topologies", "heron.proto.api.Topology"),
        ("packingplans", "heron.proto.system.PackingPlan"),
        ("executionstate", "heron.proto.system.ExecutionState"),
        ("schedulers", "heron.proto.scheduler.SchedulerLocation"),
    ];
    heron
        .iter()
        .map(|(directory, message)| {
            json!({ "path": format!("{}/{directory}/{}", state.root, plan.name), "message": message })
        })
        .chain(std::iter::once(json!({
            "path": format!("{}/{}", state.journal_root, plan.name),
            "message": "heron-cli journal record (JSON)",
        })))
        .collect()
}

/// Heron's table: containers, and the instances in each.
fn table(plan: &Plan) -> String {
    let mut text = format!(
        "topology {} ({})\npacking {} into {} containers, release {}\npackage {}\n",
        plan.name,
        plan.id,
        plan.algorithm.name(),
        plan.packing.containers.len(),
        plan.release_info.text(),
        plan.package.uri,
    );
    for container in &plan.containers {
        text.push_str(&format!(
            "\nContainer {}: CPU {}, RAM {} MB, disk {} MB, {} ports\n",
            container.id, container.cpus, container.mem_mb, container.disk_mb, plan.launch.ports
        ));
        let packed = plan
            .packing
            .containers
            .iter()
            .find(|packed| u32::try_from(packed.id) == Ok(container.id));
        for instance in packed.map(|packed| packed.instances.as_slice()).unwrap_or_default() {
            let Resource { cpu, ram, disk } = instance.resource;
            text.push_str(&format!(
                "  {:<24} task {:>5}  CPU {cpu:.3}  RAM {} MB  disk {} MB\n",
                instance.component,
                instance.task_id,
                ram >> 20,
                disk >> 20
            ));
        }
    }
    text
}
