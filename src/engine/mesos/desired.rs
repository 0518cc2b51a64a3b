//! What a deployment is on Mesos: the framework, the labels by which it can be told to be a topology's, and how its
//! containers are launched.

use serde_json::Map;

use super::fetching;
use crate::config::Settings;
use crate::config::settings::Mesos;
use crate::deployment::Deployment;
use crate::deployment::command::CommandTemplate;
use crate::deployment::supervisor::SupervisorPlan;
use crate::scheduler::container::OwnLaunch;
use crate::scheduler::ids::FrameworkId;
use crate::scheduler::record::{Framework, Launch};
use crate::scheduler::supervisors::Supervisors;

/// Cluster, role, environ, topology and, if known, topology id.
#[must_use]
pub fn labels(settings: &Settings, topology: &str, id: Option<&str>) -> Vec<(String, String)> {
    let mut labels = vec![
        ("heron.topology", topology),
        ("heron.cluster", &settings.cluster),
        ("heron.role", &settings.role),
        ("heron.environ", &settings.environ),
    ];
    labels.extend(id.map(|id| ("heron.topology.id", id)));
    labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// A topology's framework under an id.
#[must_use]
pub fn framework(
    mesos: &Mesos,
    topology: &str,
    id: FrameworkId,
    labels: Vec<(String, String)>,
) -> Framework {
    Framework {
        id,
        name: format!("heron-{topology}"),
        user: mesos.task_user.clone(),
        roles: mesos.roles.clone(),
        principal: mesos.principal.clone(),
        failover_timeout_seconds: mesos.failover_timeout.as_secs_f64(),
        labels,
        extra: Map::new(),
    }
}

/// How the containers of a deployment are launched.
#[must_use]
pub fn launch(mesos: &Mesos, deployment: &Deployment) -> Launch {
    Launch {
        command: deployment.command.clone(),
        uris: deployment.packages().map(fetching::uri).to_vec(),
        ports: deployment.ports,
        release: Some(deployment.release.to_string()),
        ..no_launch(mesos)
    }
}

/// The supervisors of a plan.
#[must_use]
pub fn supervisors(plan: &SupervisorPlan) -> Supervisors {
    let SupervisorPlan { count, cpus, mem_mb, disk_mb, command, program, .. } = plan;
    let command = CommandTemplate::verbatim(command);
    Supervisors {
        count: *count,
        cpus: *cpus,
        mem_mb: *mem_mb,
        disk_mb: *disk_mb,
        launch: OwnLaunch { command, uris: vec![fetching::program_uri(program)] },
        program: env!("CARGO_PKG_VERSION").to_owned(),
        ..Supervisors::default()
    }
}

/// What a topology of which no deployment is known is ended with.
#[must_use]
pub fn no_launch(mesos: &Mesos) -> Launch {
    Launch {
        command: CommandTemplate::default(),
        user: None,
        uris: Vec::new(),
        ports: 0,
        kill_grace_ms: i64::try_from(mesos.kill_grace.as_millis()).unwrap_or(i64::MAX),
        release: None,
        package: None,
        content: None,
        extra: Map::new(),
    }
}
