//! `supervise`: keeps topologies running until it is ended.

use crate::cli::SuperviseArgs;
use crate::context::{Context, Member};
use crate::outcome::supervision::{Supervised, SupervisedTopology};
use crate::outcome::{Outcome, SCHEMA};
use crate::scheduler::ids::TaskId;
use crate::scheduler::model::Policy;
use crate::supervision::figures::Board;
use crate::supervision::{Wanted, endpoint, supervise as drive};

/// The variable by which Mesos tells a command its task: its executor's id is the same (`docs/mesos.md#tasks`).
const OWN_TASK: &str = "MESOS_EXECUTOR_ID";

/// Supervises topologies; returns when the user wants to leave.
pub async fn supervise(
    context: &Context<'_>,
    args: &SuperviseArgs,
    names: &[String],
) -> anyhow::Result<Outcome> {
    let wanted = Wanted::of(names, args.all)?;
    let member = args.beside.clone().map(|topology_id| Member {
        topology_id,
        task: context.env.get(OWN_TASK).map(TaskId::from),
    });
    let context = &Context { member, ..context.clone() };
    let unreachable = context.mesos()?.unreachable;
    let policy = Policy {
        stays: true,
        unreachable_ms: i64::try_from(unreachable.as_millis()).unwrap_or(i64::MAX),
        ..context.policy(None)
    };
    let board = Board::default();
    let listener = match &args.listen {
        Some(address) => Some(endpoint::listen(address).await?),
        None => None,
    };
    context.reporter.note("supervising; SIGTERM or Ctrl-C hands over");
    if let Some(address) = listener.as_ref().and_then(|listener| listener.local_addr().ok()) {
        context.reporter.note(&format!("figures are at http://{address}/metrics"));
    }
    let answering = async {
        match &listener {
            Some(listener) => endpoint::serve(listener, &board).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = Box::pin(drive(context, &wanted, &policy, &board)) => ended?,
        never = answering => match never {},
    }
    let counted = board.topologies().into_iter();
    let topologies = counted
        .map(|(name, figures)| SupervisedTopology {
            name,
            heals: figures.heals,
            running: figures.running,
            wanted: figures.wanted,
        })
        .collect();
    Ok(Outcome::Supervised(Supervised { schema: SCHEMA, topologies }))
}
