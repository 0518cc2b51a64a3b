//! `doctor`: whether all that commands need is there.

use crate::context::Context;
use crate::doctor;
use crate::outcome::doctor::{Check, Diagnosis, Verdict};
use crate::outcome::{Outcome, SCHEMA};

/// Looks at everything. What can't be looked at is a finding, not an end.
pub async fn doctor(context: &Context<'_>) -> anyhow::Result<Outcome> {
    let settings = context.settings;
    let place = format!("{}/{}/{}", settings.cluster, settings.role, settings.environ);
    let mut checks = vec![Check::passed("configuration", format!("can be used, for {place}"))];
    let step = |what: &str| context.reporter.step(&format!("looking at {what}"));
    step("ZooKeeper");
    let endpoints = doctor::endpoints(context).await;
    let serves = endpoints.iter().any(|check| check.result != Verdict::Failed);
    checks.extend(endpoints);
    let (session, state) = if serves {
        doctor::state(context).await
    } else {
        (vec![Check::skipped("zookeeper session", "no server serves")], None)
    };
    checks.extend(session);
    let left = context.unless_left("looking at ZooKeeper");
    if left.is_ok() {
        step("Mesos");
        checks.extend(doctor::mesos(context).await);
    }
    if let Some(state) = state {
        state.close().await;
    }
    left?;
    context.unless_left("looking at Mesos")?;
    step("packages");
    checks.push(doctor::core(context).await);
    checks.push(doctor::store(context).await);
    checks.push(doctor::java(context));
    context.unless_left("looking at packages")?;
    let passed = checks.iter().all(|check| check.result != Verdict::Failed);
    Ok(Outcome::Diagnosed(Diagnosis { schema: SCHEMA, passed, checks }))
}
