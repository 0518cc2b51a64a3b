//! What driving goes on for.

/// What is waited for besides the containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitCondition {
    /// Nothing, and of the containers only that their tasks are launched.
    Launches,
    /// Nothing.
    Containers,
    /// Nothing, and of the containers that they end: the topology is to be killed.
    End,
    /// A physical plan in which every container's stream manager stands with the port that it was launched with.
    PhysicalPlan,
    /// The same, and one of the topology's own supervisors, if there are to be some, that waits for the lease.
    Supervision,
    /// Whatever there is to be waited for: whoever drives stays.
    Never,
}

impl WaitCondition {
    /// Whether a physical plan is waited for.
    #[must_use]
    pub fn wants_plan(self) -> bool {
        matches!(self, Self::PhysicalPlan | Self::Supervision)
    }
}
