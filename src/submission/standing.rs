//! What stands under the name of a topology that is to be submitted, and whether it is the same already.

use super::composition::Composition;
use super::difference::difference;
use super::plan::Plan;
use super::record::desired;
use crate::cli::SubmitArgs;
use crate::clock::rfc3339;
use crate::context::{CommandError, Context, StateTree};
use crate::health::look::look;
use crate::health::{Level, State, assess};
use crate::outcome::difference::{Compared, Difference, parts};
use crate::outcome::{SCHEMA, TopologyRef};
use crate::packing::PackingPlan;
use crate::scheduler::journal::decode_desired;
use crate::scheduler::record::{Desired, Goal, Phase};
use crate::state::TopologyState;

/// What there is of a topology.
pub struct Standing {
    /// Heron's nodes.
    pub found: TopologyState,
    /// The desired record; none where another tool started it, or nothing is there.
    pub desired: Option<Desired>,
}

/// What that means for a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The name is free.
    Free,
    /// A submission of the same content was interrupted, and can be gone on with.
    Interrupted,
    /// It is there, with the same content.
    Same,
    /// It is there, with other content.
    Other(Vec<Difference>),
}

/// How a topology is that needs nothing done.
pub struct Already {
    /// Its desired record.
    pub desired: Desired,
    /// What it does.
    pub state: State,
    /// How well it is.
    pub health: Level,
    /// What is wrong with it, and what to do about that.
    pub problems: Vec<String>,
}

impl Standing {
    /// Reads it, in one round trip.
    pub async fn read(state: &StateTree, name: &str) -> anyhow::Result<Self> {
        let record = state.journal(name).record;
        let wanted = std::slice::from_ref(&record);
        let (found, others) =
            TopologyState::read_with(&state.zk, &state.tree, name, wanted).await?;
        let desired = match others.into_iter().flatten().next() {
            Some(node) => decode_desired(&record, &node.data)?,
            None => None,
        };
        Ok(Self { found, desired })
    }

    /// Whether a plan may be submitted, or needn't be.
    ///
    /// # Errors
    /// [`CommandError::Exists`] if the name is taken by what can't be compared, or is being changed.
    pub fn judge(&self, context: &Context<'_>, plan: &Plan) -> anyhow::Result<Taken> {
        let Some(desired) = &self.desired else {
            return if self.found.exists() { Err(self.exists("").into()) } else { Ok(Taken::Free) };
        };
        let other = match (desired.goal, desired.phase) {
            (Goal::Killed, _) => "it is being killed, and that was interrupted".to_owned(),
            (Goal::Running, Phase::Launching) if desired.digest == plan.digest => {
                return Ok(Taken::Interrupted);
            }
            (Goal::Running, Phase::Launching) => {
                "an earlier submission of another content was interrupted".to_owned()
            }
            (Goal::Running, Phase::Launched) if desired.update.is_some() => {
                return Err(self
                    .exists("; an update of it is under way or was interrupted")
                    .into());
            }
            (Goal::Running, Phase::Launched) => {
                let differences = self.differences(context, plan)?;
                let same = differences.is_empty();
                return Ok(if same { Taken::Same } else { Taken::Other(differences) });
            }
        };
        let topology = plan.name.clone();
        Err(CommandError::Exists { topology, what: other, differs: false }.into())
    }

    /// Why a name that is taken is refused, if it is.
    #[must_use]
    pub fn refusal(&self, taken: &Taken, args: &SubmitArgs) -> Option<CommandError> {
        match taken {
            Taken::Same if args.fail_if_exists => Some(self.exists(", with the same content")),
            Taken::Free | Taken::Interrupted | Taken::Same => None,
            Taken::Other(differences) => {
                let mut error = self.exists(&format!(", with another {}", parts(differences)));
                if let CommandError::Exists { differs, .. } = &mut error {
                    *differs = true;
                }
                Some(error)
            }
        }
    }

    /// A comparison with a plan, as it is told. `desired` is the record.
    #[must_use]
    pub fn compared(&self, desired: &Desired, differences: Vec<Difference>) -> Compared {
        let state = self.found.state().map_or("UNKNOWN", |state| state.name()).to_owned();
        let topology = TopologyRef {
            name: self.found.name.clone(),
            id: Some(desired.topology_id.clone()),
            state,
        };
        let same = differences.is_empty();
        let generation = desired.generation;
        Compared { schema: SCHEMA, topology, generation, same, differences }
    }

    /// What differs between what runs and a plan.
    pub fn differences(
        &self,
        context: &Context<'_>,
        plan: &Plan,
    ) -> anyhow::Result<Vec<Difference>> {
        let missing = |what: &str| CommandError::Incomplete {
            topology: plan.name.clone(),
            what: format!("its {what} is missing"),
        };
        let found = &self.found;
        let running = self.desired.as_ref().ok_or_else(|| missing("journal record"))?;
        let topology = found.topology.as_ref().ok_or_else(|| missing("definition"))?.message()?;
        let packing = found.packing_plan.as_ref().ok_or_else(|| missing("packing plan"))?;
        let packing = PackingPlan::try_from(packing.message()?)?;
        let running = Composition {
            topology,
            packing: &packing,
            desired: running,
            runtime: found.runtime_settings(),
        };
        let desired = desired(context, context.mesos()?, plan, &plan.deployment);
        let wanted = Composition {
            topology: &plan.definition.topology,
            packing: &plan.packing,
            desired: &desired,
            runtime: Vec::new(),
        };
        Ok(difference(&running, found.state(), &wanted))
    }

    /// The error for a name that is taken.
    fn exists(&self, how: &str) -> CommandError {
        let found = &self.found;
        let execution =
            found.execution_state.as_ref().and_then(|found| found.message.as_ref().ok());
        let state = found.state().map_or("in an unknown state", |state| state.name());
        let what = execution.map_or_else(
            || state.to_owned(),
            |execution| {
                let when = execution.submission_time.unwrap_or_default().saturating_mul(1000);
                let who = execution.submission_user.as_deref().unwrap_or("somebody");
                format!("{state}, submitted by {who} at {}", rfc3339(when))
            },
        );
        let (topology, what) = (found.name.clone(), format!("{what}{how}"));
        CommandError::Exists { topology, what, differs: false }
    }
}

impl Already {
    /// Looks at a topology that is what was to be submitted: that needs nothing done, but may not be well.
    pub async fn look(
        context: &Context<'_>,
        state: &StateTree,
        name: &str,
    ) -> anyhow::Result<Self> {
        let facts = look(context, state, name).await?;
        let assessed = assess(&facts);
        let (state_now, health) = (assessed.state, assessed.health);
        let problems = assessed.problems;
        let Some(desired) = facts.desired else {
            let topology = name.to_owned();
            return Err(CommandError::NoSuchTopology { topology, place: state.place() }.into());
        };
        Ok(Self { desired, state: state_now, health, problems })
    }
}
