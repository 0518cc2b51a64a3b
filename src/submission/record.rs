//! The records of a plan: what the journal holds of it, and Heron's tree beside definition and packing plan.

use serde_json::Map;
use uuid::Uuid;

use super::plan::Plan;
use crate::config::settings::{Mesos, ReleaseSettings};
use crate::context::Context;
use crate::deployment::Deployment;
use crate::engine::desired::{framework, labels, launch};
use crate::proto::system::{ExecutionState, HeronReleaseState};
use crate::scheduler::ids::FrameworkId;
use crate::scheduler::record::{Desired, Goal, Phase, Placement, RECORD_VERSION};
use crate::scheduler::revisions::Revisions;
use crate::topology::core_package::Build;

/// The desired record of a plan, under a framework id that nobody else has.
pub fn desired(
    context: &Context<'_>,
    mesos: &Mesos,
    plan: &Plan,
    deployment: &Deployment,
) -> Desired {
    let mut launch = launch(mesos, deployment);
    launch.content = Some(Box::new(plan.content.clone()));
    Desired {
        version: RECORD_VERSION,
        topology: plan.name.clone(),
        topology_id: plan.id.clone(),
        goal: Goal::Running,
        phase: Phase::Launching,
        generation: 1,
        digest: plan.digest.clone(),
        framework: framework(
            mesos,
            &plan.name,
            FrameworkId(Uuid::new_v4().to_string()),
            labels(context.settings, &plan.name, Some(&plan.id)),
        ),
        launch,
        placement: Placement {
            constraints: mesos.constraints.iter().map(ToString::to_string).collect(),
            avoid: mesos.avoid.clone(),
            extra: Map::new(),
        },
        containers: deployment.containers.iter().cloned().map(Into::into).collect(),
        supervisors: None,
        update: None,
        keep_package: false,
        revisions: Revisions::default(),
        history: Vec::new(),
        extra: Map::new(),
    }
}

/// Who submits it, when and where to.
#[must_use]
pub fn execution_state(context: &Context<'_>, plan: &Plan) -> ExecutionState {
    let settings = context.settings;
    ExecutionState {
        topology_name: plan.name.clone(),
        topology_id: plan.id.clone(),
        submission_time: Some((context.machine.clock)().div_euclid(1000)),
        submission_user: Some(context.machine.user.clone()),
        cluster: settings.cluster.clone(),
        environ: settings.environ.clone(),
        role: settings.role.clone(),
        release_state: Some(release_state(&settings.release, plan.release.build.as_ref())),
    }
}

/// The page of the framework, where trackers of the release can read it.
pub(super) fn job_page_links(plan: &Plan, page: String) -> Vec<String> {
    if plan.release.release.has_tracker_of_pages() { vec![page] } else { Vec::new() }
}

/// The build of Heron that the containers run: as configured, else as its package says of itself.
fn release_state(settings: &ReleaseSettings, build: Option<&Build>) -> HeronReleaseState {
    let or = |text: &str, other: Option<&String>| {
        let text = Some(text).filter(|text| !text.is_empty());
        Some(text.or(other.map(String::as_str)).unwrap_or_default().to_owned())
    };
    let version = build.map(|build| &build.version).or(settings.dialect.as_ref());
    HeronReleaseState {
        release_username: or(&settings.user, build.and_then(|build| build.user.as_ref())),
        release_tag: Some(settings.tag.clone()),
        release_version: or(&settings.version, version),
    }
}
