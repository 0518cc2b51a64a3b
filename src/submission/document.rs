//! The plan as `--dry-run` answers it with `-o json`.

use serde_json::{Value, json};

use super::plan::Plan;
use super::preflight::Asked;
use crate::cli::SubmitArgs;
use crate::context::Context;
use crate::deployment::container::Container;
use crate::deployment::package::FetchedPackage;
use crate::deployment::supervisor::SupervisorPlan;
use crate::engine::fetching;
use crate::net::redact::redact;
use crate::outcome::difference::Compared;
use crate::outcome::error::ErrorMember;
use crate::outcome::exit::Exit;
use crate::outcome::plan::{Planned, PlannedStep, PlannedTopology, containers_document};
use crate::outcome::release::ReleaseInfo;
use crate::outcome::{Outcome, SCHEMA};

/// The answer of a dry run.
#[must_use]
pub fn planned(args: &SubmitArgs, context: &Context<'_>, plans: &[Plan], asked: Asked) -> Outcome {
    let Asked { compared, refusal } = asked;
    let compared =
        |plan: &Plan| compared.iter().find(|one| one.topology.name == plan.name).cloned();
    let topologies: Vec<PlannedTopology> =
        plans.iter().map(|plan| topology(args, plan, context, compared(plan))).collect();
    let document = match topologies.as_slice() {
        [only] => only.document.clone(),
        all => {
            let plans: Vec<&Value> = all.iter().map(|topology| &topology.document).collect();
            json!({ "schema": SCHEMA, "plans": plans })
        }
    };
    let error = refusal.map(|refusal| {
        ErrorMember::new(Exit::Conflict, refusal.to_string(), Vec::new(), refusal.hints())
    });
    Outcome::Planned(Planned { document, format: args.dry_run_format, topologies, error })
}

fn topology(
    args: &SubmitArgs,
    plan: &Plan,
    context: &Context<'_>,
    compared: Option<Compared>,
) -> PlannedTopology {
    let steps = if compared.as_ref().is_some_and(|compared| compared.same) {
        vec![PlannedStep::new("Nothing would be done", vec!["it runs already".to_owned()])]
    } else {
        let mut steps = steps(plan, context);
        if compared.is_some() && args.replace {
            let all = "all containers of what runs, whose package is kept".to_owned();
            steps.insert(
                0,
                PlannedStep::new("Would be ended, once the package is uploaded", vec![all]),
            );
        }
        steps
    };
    PlannedTopology {
        name: plan.name.clone(),
        packing_class: context.settings.packing_class.clone(),
        packing: plan.packing.clone(),
        update: None,
        steps,
        document: document(plan, context, compared.as_ref()),
        compared,
    }
}

fn document(plan: &Plan, context: &Context<'_>, compared: Option<&Compared>) -> Value {
    json!({
        "schema": SCHEMA,
        "topology": { "name": plan.name, "id": plan.id, "state": plan.state.name() },
        "release": ReleaseInfo::from(&plan.release),
        "packing": {
            "algorithm": plan.algorithm.name(),
            "component_ram_map": plan.packing.component_ram_map(),
            "containers": containers_document(&plan.packing),
        },
        "containers": containers(plan, context),
        "state": state(plan, context),
        "compared": compared,
        "supervisors": plan.supervisors.as_ref().map(|chosen| supervisors(&chosen.plan)),
        "upload": { "store": plan.package.kind, "uri": redact(&plan.package.uri) },
    })
}

fn containers(plan: &Plan, context: &Context<'_>) -> Vec<Value> {
    let user = context.settings.mesos.as_ref().map(|mesos| mesos.task_user.clone());
    let deployment = &plan.deployment;
    let uris: Vec<Value> = deployment.packages().into_iter().map(fetched).collect();
    let container = |container: &Container| {
        json!({
            "id": container.id,
            "resources": {
                "cpus": container.cpus,
                "mem_mb": container.mem_mb,
                "disk_mb": container.disk_mb,
                "ports": deployment.ports,
            },
            "argv": deployment.command.argv(container.id),
            "command": deployment.command.outline(container.id),
            "uris": uris,
            "user": user,
        })
    };
    deployment.containers.iter().map(container).collect()
}

fn supervisors(plan: &SupervisorPlan) -> Value {
    let SupervisorPlan { count, cpus, mem_mb, disk_mb, argv, program, .. } = plan;
    let uri = fetching::program_uri(program);
    json!({
        "count": count,
        "resources": { "cpus": cpus, "mem_mb": mem_mb, "disk_mb": disk_mb },
        "argv": argv,
        "uri": redact(&uri.value),
    })
}

/// A package as what fetches it is told of it.
fn fetched(package: &FetchedPackage) -> Value {
    let uri = fetching::uri(package);
    json!({
        "uri": redact(&uri.value),
        "extract": uri.extract,
        "cache": uri.cache,
        "output_file": uri.output_file,
    })
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

/// What Heron's own dry run does not show.
fn steps(plan: &Plan, context: &Context<'_>) -> Vec<PlannedStep> {
    let written = state(plan, context).iter().map(state_line).collect();
    let deployment = &plan.deployment;
    let mut launched: Vec<String> = deployment
        .containers
        .iter()
        .map(|container| {
            format!(
                "container {}: CPU {}, RAM {} MB, disk {} MB, {} ports",
                container.id, container.cpus, container.mem_mb, container.disk_mb, deployment.ports
            )
        })
        .collect();
    launched.extend(
        deployment
            .packages()
            .into_iter()
            .map(|package| format!("each fetches {}", redact(&package.uri))),
    );
    if let Some(SupervisorPlan { count, cpus, mem_mb, program, .. }) =
        plan.supervisors.as_ref().map(|chosen| &chosen.plan)
    {
        launched.push(format!(
            "{count} supervisors, each on an agent of its own: CPU {cpus}, RAM {mem_mb} MB, from {}",
            redact(&program.uri)
        ));
    }
    launched.push("container 0 runs:".to_owned());
    launched.extend(wrapped(&deployment.command.outline(0)));
    let uri = redact(&plan.package.uri);
    let uploaded = match plan.package.kind {
        "null" => format!("nothing: the package is expected to be at {uri}"),
        kind => format!("the package to {uri} (store: {kind})"),
    };
    let topology = format!(
        "topology {} ({}), {}, for Heron {}",
        plan.name,
        plan.id,
        plan.state.name(),
        ReleaseInfo::from(&plan.release).text()
    );
    vec![
        PlannedStep::new("Would be submitted", vec![topology]),
        PlannedStep::new("Would be uploaded", vec![uploaded]),
        PlannedStep::new("Would be written", written),
        PlannedStep::new("Would be launched", launched),
    ]
}

/// A command with an argument per line, to be pasted into a shell as it is.
fn wrapped(command: &str) -> Vec<String> {
    let words = raw_words(command);
    let last = words.len().saturating_sub(1);
    let line = |(index, word): (usize, &str)| {
        let indent = if index == 0 { "  " } else { "    " };
        let goes_on = if index == last { "" } else { " \\" };
        format!("{indent}{word}{goes_on}")
    };
    words.into_iter().enumerate().map(line).collect()
}

/// The words of a command with their quotes; the leading `exec` stays with the program.
fn raw_words(command: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quote, mut escaped) = (0, None, false);
    for (at, char) in command.char_indices() {
        match (char, quote) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            ('\'' | '"', None) => quote = Some(char),
            (_, Some(open)) if open == char => quote = None,
            (' ', None) if command.get(start..at) != Some("exec") => {
                words.extend(command.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    words.extend(command.get(start..));
    words
}

fn state_line(node: &Value) -> String {
    let part = |name: &str| node.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{} ({})", part("path"), part("message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_command_is_the_same_to_a_shell() {
        let command = r#"exec ./x '--a=b c --d' --e=<port> "it's \" --f" '' last"#;
        let lines = wrapped(command);
        assert_eq!(lines.len(), 6, "{lines:?}");
        assert_eq!(lines[1], "    '--a=b c --d' \\");
        let pasted = lines.join("\n").replace("\\\n", "");
        assert_eq!(shlex::split(&pasted), shlex::split(command));
    }
}
