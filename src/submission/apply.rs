//! Carries a plan out: package, state, containers; and takes it back when it can't be done.

use tokio::time::Instant;

use super::deliver::{Delivered, deliver};
use super::plan::Plan;
use super::preflight::{agents_are_large_enough, reach_engine, taken};
use super::record::{desired, execution_state, job_page_links};
use super::source::Sources;
use super::standing::{Already, Taken};
use super::supervision::{supervisors_of, tell, tell_of_others};
use super::watch::{PATIENCE, doing, watch};
use crate::cli::{SubmitArgs, WaitFor};
use crate::clock::seconds;
use crate::context::{CommandError, Context, StateTree};
use crate::controller::awaited::WaitCondition;
use crate::controller::drive::{Driven, drive, has_run};
use crate::controller::lease::Lease;
use crate::controller::obey::{is_kill, obey};
use crate::controller::removal::{kill_containers, remove_state};
use crate::controller::take::Waited;
use crate::controller::told::missing;
use crate::controller::verdict::{
    failed, half_way, interrupted, is_out_of_reach, no_room, waits_for_room, with_next,
};
use crate::controller::withdraw::withdraw;
use crate::engine::{ConfiguredEngine, WebPages};
use crate::net::deadline::UNDO;
use crate::outcome::container::ContainerRef;
use crate::outcome::release::ReleaseInfo;
use crate::outcome::{SCHEMA, Submitted, TopologyRef};
use crate::proto::system;
use crate::scheduler::closed::{Closed, ClosedReason};
use crate::scheduler::journal::encode;
use crate::scheduler::model::Verdict;
use crate::scheduler::record::Desired;
use crate::scheduler::run::End;
use crate::state::Op;
use crate::state::topology_state::NewTopology;

/// Failures in a row of one container after which the submission has failed.
const FAILURES: u32 = 3;

/// Where a plan is carried out, and until when.
struct Site<'a> {
    engine: &'a ConfiguredEngine,
    pages: &'a WebPages,
    sources: &'a Sources,
    deadline: Instant,
}

/// Carries out a plan.
pub async fn apply(
    context: &Context<'_>,
    args: &SubmitArgs,
    plan: &Plan,
    sources: &Sources,
) -> anyhow::Result<Submitted> {
    let deadline = context.deadline(PATIENCE);
    let state = context.open().await?;
    let looked = async {
        let (engine, pages) = reach_engine(context, deadline).await?;
        let already = match taken(context, args, &state, plan).await? {
            Taken::Free | Taken::Interrupted => None,
            // Whoever drives it may hold its lease for as long as it runs. What is otherwise was refused.
            Taken::Same | Taken::Other(_) => {
                Some(already(context, args, plan, &state, &pages).await?)
            }
        };
        anyhow::Ok((engine, pages, already))
    };
    let (engine, pages) = match looked.await {
        Ok((engine, pages, None)) => (engine, pages),
        Ok((_, _, Some(already))) => {
            state.close().await;
            return Ok(already);
        }
        Err(error) => {
            state.close().await;
            return Err(error);
        }
    };
    let mut lease = match Lease::take_unless_resident(context, state, &plan.name).await? {
        Waited::Leased(lease) => *lease,
        Waited::Done(()) => match watch(context, args, plan, deadline).await? {
            Waited::Leased(lease) => *lease,
            Waited::Done(desired) => return Ok(submitted(args, plan, &desired, &pages, true)),
        },
    };
    let site = Site { engine: &engine, pages: &pages, sources, deadline };
    let mirrored = lease.mirrored(context);
    let result = Box::pin(run(&mirrored, args, plan, &site, &mut lease)).await;
    let result = obey(&mirrored, &mut lease, &plan.name, result).await;
    if result.is_err() {
        // A name that was only reserved is given back; what was written is not.
        lease.unreserve_if_possible(context).await;
    }
    lease.close(context).await;
    result.map_err(|error| {
        let next = vec![
            format!("`heron-cli status {}` shows whether it is there", plan.name),
            "the same `heron-cli submit` goes on with it, or begins anew".to_owned(),
        ];
        half_way(context, error, &doing(&plan.name), next)
    })
}

/// The answer where the same runs already.
pub async fn already(
    context: &Context<'_>,
    args: &SubmitArgs,
    plan: &Plan,
    state: &StateTree,
    pages: &WebPages,
) -> anyhow::Result<Submitted> {
    let Already { desired, state, health, problems } =
        Already::look(context, state, &plan.name).await?;
    let mut submitted = submitted(args, plan, &desired, pages, false);
    tell_of_others(context, &desired);
    state.name().clone_into(&mut submitted.topology.state);
    Ok(Submitted { already: true, health: Some(health.name()), problems, ..submitted })
}

/// What is told of a topology that runs as its record says.
#[must_use]
pub fn submitted(
    args: &SubmitArgs,
    plan: &Plan,
    desired: &Desired,
    pages: &WebPages,
    resumed: bool,
) -> Submitted {
    Submitted {
        schema: SCHEMA,
        topology: TopologyRef {
            name: plan.name.clone(),
            id: Some(desired.topology_id.clone()),
            state: plan.state.name().to_owned(),
        },
        release: ReleaseInfo::from(&plan.release),
        supervisors: desired.supervisor_count(),
        container_count: desired.containers.len(),
        containers: ContainerRef::of(desired.containers.iter().map(|container| container.id)),
        framework_id: desired.framework.id.0.clone(),
        page: Some(pages.page(&desired.framework.id)),
        resumed,
        already: false,
        health: None,
        problems: Vec::new(),
        revision: desired.revisions.current(),
        replaced: false,
        waited_for: match args.wait {
            WaitFor::None => "none",
            WaitFor::Launched => "launched",
            WaitFor::Running => "running",
        },
    }
}

/// Writes what is to be, unless an interrupted submission of the same content has done so, and drives it.
async fn run(
    context: &Context<'_>,
    args: &SubmitArgs,
    plan: &Plan,
    site: &Site<'_>,
    lease: &mut Lease,
) -> anyhow::Result<Submitted> {
    let taken = taken(context, args, &lease.state, plan).await?;
    let resumed = matches!(taken, Taken::Interrupted);
    let delivered = match taken {
        // Somebody else has submitted it while the lock was waited for.
        Taken::Same | Taken::Other(_) => {
            return already(context, args, plan, &lease.state, site.pages).await;
        }
        Taken::Interrupted => {
            let text = format!("taking up the interrupted submission of {}", plan.name);
            context.reporter.step(&text);
            None
        }
        Taken::Free => {
            agents_are_large_enough(context, site.engine, plan).await?;
            Some(write(context, plan, lease, site).await?)
        }
    };
    context.reporter.step(&format!("launching topology {}", plan.name));
    let policy = context.policy(Some(FAILURES));
    let wait_for = match args.wait {
        WaitFor::None => WaitCondition::Launches,
        WaitFor::Launched => WaitCondition::Containers,
        WaitFor::Running => WaitCondition::Supervision,
    };
    let driven = match drive(context, lease, &plan.name, &policy, wait_for, site.deadline).await {
        Ok(driven) => driven,
        // Nothing is wrong with it: whoever takes it up again finds it as far as it came.
        Err(error)
            if context.whole.signals().seen().is_some()
                || lease.is_lost()
                || is_out_of_reach(&error)
                || is_kill(&error) =>
        {
            return Err(error);
        }
        Err(error) => {
            return Err(roll_back(context, args, plan, lease, delivered.as_ref(), error).await);
        }
    };
    let desired = driven.model.desired().clone();
    let unplaced = driven.model.unplaced_supervisors().count();
    Box::pin(conclude(context, args, plan, lease, delivered.as_ref(), driven)).await?;
    if args.wait == WaitFor::None {
        return Ok(submitted(args, plan, &desired, site.pages, resumed));
    }
    let note = async |lease: &mut Lease| lease.change(&plan.name, has_run).await;
    let desired = lease.keep(context, &plan.name, site.deadline, note).await?;
    tell(context, lease, &desired, unplaced).await;
    Ok(submitted(args, plan, &desired, site.pages, resumed))
}

/// Uploads the package and writes the topology and its journal in one transaction. Returns what was uploaded.
async fn write(
    context: &Context<'_>,
    plan: &Plan,
    lease: &Lease,
    site: &Site<'_>,
) -> anyhow::Result<Delivered> {
    context.reporter.step("building the package");
    let package = site
        .sources
        .package(context, &plan.definition, &plan.release.release, &plan.package.name)
        .await?;
    let supervisors = supervisors_of(context, plan).await?;
    let delivered = deliver(context, plan, &package).await?;
    context.reporter.step("writing the topology's state");
    let mut desired = desired(context, context.mesos()?, plan, &delivered.deployment(plan));
    desired.launch.package = delivered.stored().map(Box::new);
    if let Some(supervisors) = supervisors {
        desired.supervise_by(supervisors);
    }
    context.writer().remember(None, &mut desired);
    let bytes = encode(&lease.paths.record, &desired)?;
    let journal = [
        Op::set(&lease.paths.record, bytes, None),
        Op::create(&lease.paths.containers, Vec::new()),
    ];
    let packing_plan = system::PackingPlan::from(&plan.packing);
    let execution_state = execution_state(context, plan);
    let new = NewTopology {
        name: &plan.name,
        topology: &plan.stored,
        packing_plan: &packing_plan,
        execution_state: &execution_state,
        job_page_links: job_page_links(plan, site.pages.page(&desired.framework.id)),
    };
    let written = new.create(&lease.state.zk, &lease.state.tree, &journal, Some(&lease.lock)).await;
    if let Err(error) = written {
        let error = anyhow::Error::from(error);
        // Where nobody knows whether it was written, containers may need the package.
        if context.whole.signals().seen().is_none() && !is_out_of_reach(&error) {
            delivered.undo(&context.undoing("removing the package from the store")).await;
        }
        return Err(error);
    }
    Ok(delivered)
}

async fn conclude(
    context: &Context<'_>,
    args: &SubmitArgs,
    plan: &Plan,
    lease: &mut Lease,
    delivered: Option<&Delivered>,
    driven: Driven,
) -> anyhow::Result<()> {
    let name = &plan.name;
    let go_on = format!(
        "the same `heron-cli submit` goes on with it; `heron-cli kill {name}` takes it back"
    );
    let see = format!("`heron-cli status {name}` shows its containers");
    match driven.end {
        End::Settled => Ok(()),
        End::Interrupted => Err(interrupted(context, &doing(name), vec![go_on, see])),
        End::Verdict(Verdict::Closed(Closed { reason: ClosedReason::Removed, message })) => {
            let next =
                vec![format!("`heron-cli kill {name}` removes its state, then submit it anew")];
            Err(CommandError::FrameworkEnded { topology: name.clone(), message, next }.into())
        }
        End::Verdict(verdict) => {
            let error = failed(context, name, &driven.model, verdict, Vec::new()).await;
            Err(roll_back(context, args, plan, lease, delivered, error).await)
        }
        End::TimedOut if waits_for_room(context, &driven.model, driven.problem.as_ref()) => {
            let error = no_room(context, name, &driven.model).await;
            Err(roll_back(context, args, plan, lease, delivered, error).await)
        }
        End::TimedOut => {
            let mut what = missing(&driven.model);
            if what.is_empty() {
                let supervised = driven.model.desired().supervisor_count() > 0;
                let or = if supervised {
                    ", or none of its supervisors has come to ZooKeeper"
                } else {
                    ""
                };
                what.push(format!("its containers run, but the physical plan is not complete{or}"));
            }
            what.extend(driven.problem.map(|problem| format!("Mesos: {problem}")));
            what.extend(driven.deaths);
            Err(CommandError::TimedOut {
                what: format!("topology `{name}` is not running yet: {}", what.join("; ")),
                after: seconds(context.timeout.unwrap_or(PATIENCE)),
                next: vec![go_on, see],
            }
            .into())
        }
    }
}

/// Takes a submission back that can't succeed, and says so with the error.
async fn roll_back(
    context: &Context<'_>,
    args: &SubmitArgs,
    plan: &Plan,
    lease: &mut Lease,
    delivered: Option<&Delivered>,
    error: anyhow::Error,
) -> anyhow::Error {
    let name = &plan.name;
    if args.no_rollback {
        return error.context(format!(
            "the submission of topology `{name}` failed and stands as it is; `heron-cli kill {name}` removes it"
        ));
    }
    let context = &context.undoing(&format!("taking the submission of topology {name} back"));
    lease.wait_by(&context.whole);
    let journalled = lease.readable_journal().await.ok().and_then(|found| found.desired);
    let undone = async {
        Box::pin(kill_containers(context, lease, name, &[], context.deadline(UNDO))).await?;
        remove_state(lease, name).await
    };
    let undone = Box::pin(undone).await;
    match (&undone, delivered, journalled) {
        (Ok(_), Some(delivered), _) => delivered.undo(context).await,
        // The interrupted submission had brought it. Whoever leaves now has been told that it is there.
        (Ok(_), None, Some(desired)) => {
            let _ = Box::pin(withdraw(context, lease, name, Some(&desired), None)).await;
        }
        _ => {}
    }
    match undone {
        Ok(_) => {
            let undone = "what was done has been undone: nothing of the topology is left";
            with_next(context, error, &doing(name), vec![undone.to_owned()])
        }
        Err(why) => CommandError::PartlyDone {
            what: format!("{error:#}"),
            why: format!("{why:#}"),
            next: vec![format!("`heron-cli kill {name}` removes what is left")],
        }
        .into(),
    }
}
