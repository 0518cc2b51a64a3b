//! Mesos: its master, its agents, and what they offer.

use std::time::Duration;

use tokio::time::Instant;

use super::judge;
use crate::context::Context;
use crate::engine::{Engine, ErrorClass};
use crate::net::cause::chain;
use crate::outcome::doctor::Check;

/// How long a leader is looked for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The leading master, the agents and their ports.
pub async fn mesos(context: &Context<'_>) -> Vec<Check> {
    let rest = |why: &str| {
        ["mesos agents", "mesos ports"].map(|name| Check::skipped(name, why.to_owned()))
    };
    let engine = match context.engine() {
        Ok(engine) => engine,
        Err(error) => {
            let mend = "correct the keys heron.mesos.* that it names";
            let failed = Check::failed("mesos master", chain(error.as_ref()), mend);
            return std::iter::once(failed).chain(rest("the master can't be asked")).collect();
        }
    };
    if let Err(error) = engine.reach(Instant::now() + PATIENCE).await {
        let mend =
            error.hint().unwrap_or("see that a master leads, and correct heron.mesos.master.uri");
        let failed = Check::failed("mesos master", chain(&error), mend);
        return std::iter::once(failed).chain(rest("no master answers")).collect();
    }
    let master = match engine.version().await {
        Ok(version) => Check::passed("mesos master", version),
        Err(error) => {
            let mend = error.hint().unwrap_or("look at the master's log");
            Check::failed("mesos master", chain(&error), mend)
        }
    };
    let agents = match engine.hosts().await {
        Ok(hosts) => vec![judge::hosts(&hosts), judge::ports(&hosts)],
        Err(error) => {
            let mend = if error.class() == ErrorClass::NotAllowed {
                "correct heron.mesos.principal and heron.mesos.secret.file"
            } else {
                error.hint().unwrap_or("look at the master's log")
            };
            let failed = Check::failed("mesos agents", chain(&error), mend);
            vec![failed, Check::skipped("mesos ports", "the agents are not known")]
        }
    };
    std::iter::once(master).chain(agents).collect()
}
