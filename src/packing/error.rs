//! Why a topology can't be packed.

/// A failure of packing or repacking. Wherever Heron fails, there is one; its kinds are ours.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PackingError {
    /// A class that is no packing algorithm.
    #[error(
        "there is no packing algorithm `{class}`; known are {}",
        super::algorithm::Algorithm::NAMES.join(", ")
    )]
    UnknownAlgorithm {
        /// As it was configured.
        class: String,
    },

    /// A component does not say how many instances it has.
    #[error(
        "component `{component}` has no `topology.component.parallelism`; set it to its number of instances"
    )]
    MissingParallelism {
        /// The component.
        component: String,
    },

    /// A setting is not a number.
    #[error("`{key}` of {owner} is `{value}`; write {expected}")]
    NotANumber {
        /// The setting.
        key: &'static str,
        /// The topology or the component that has it.
        owner: String,
        /// Its value.
        value: String,
        /// What can stand there.
        expected: &'static str,
    },

    /// An entry of a map of components is not of the form `component:value`.
    #[error("`{key}` has the entry `{entry}`; write `component:value`, separated by commas")]
    MalformedMap {
        /// The setting.
        key: &'static str,
        /// The entry.
        entry: String,
    },

    /// A map of components names one that the topology doesn't have.
    #[error(
        "`{key}` names the component `{component}`, which the topology doesn't have; its components are {}",
        list(known)
    )]
    UnknownComponentInMap {
        /// The setting.
        key: &'static str,
        /// The name.
        component: String,
        /// The components there are.
        known: Vec<String>,
    },

    /// An order of sorting that does not exist.
    #[error(
        "`topology.packing.ffd.sorting.strategy` is `{value}`; write `RAM_FIRST` or `CPU_FIRST`"
    )]
    UnknownSortingStrategy {
        /// Its value.
        value: String,
    },

    /// Fewer than one container.
    #[error(
        "{count} containers hold no instance; set `topology.stmgrs` (or the requested number of containers) to 1 or more"
    )]
    NoContainers {
        /// How many were wanted.
        count: i32,
    },

    /// Some containers would be empty.
    #[error(
        "{containers} containers are more than the {instances} instances of the topology; set `topology.stmgrs` (or the \
         requested number of containers) to {instances} or less"
    )]
    MoreContainersThanInstances {
        /// How many containers were wanted.
        containers: i32,
        /// How many instances there are.
        instances: i32,
    },

    /// More instances than any topology has.
    #[error(
        "the topology has {instances} instances, more than {limit}; lower `topology.component.parallelism`"
    )]
    TooManyInstances {
        /// How many there are.
        instances: i64,
        /// How many are packed at most.
        limit: usize,
    },

    /// There is nothing to be packed.
    #[error(
        "no component has an instance; set `topology.component.parallelism` (or the requested number) to 1 or more"
    )]
    NoInstances,

    /// What the maps give to instances is more than their container has.
    #[error(
        "the instances in container {container} need {needed} of {resource} by `{map}`, more than the {limit} of \
         `{key}`; raise it, lower the map or set a higher `topology.stmgrs`"
    )]
    ContainerExceeded {
        /// RAM or CPU.
        resource: &'static str,
        /// The container.
        container: i32,
        /// What its instances need.
        needed: String,
        /// What it may have.
        limit: String,
        /// The setting that limits it.
        key: &'static str,
        /// The setting that gives instances so much.
        map: &'static str,
    },

    /// The instances in no map share what the others leave, and nothing is left.
    #[error(
        "nothing of the {total} of {resource} of container {container} is left for its instances that `{map}` doesn't \
         name; name every component there, or raise `{key}`"
    )]
    NothingLeft {
        /// RAM or CPU.
        resource: &'static str,
        /// The container.
        container: i32,
        /// What it has.
        total: String,
        /// The setting that gives the others so much.
        map: &'static str,
        /// The setting that gives the container more.
        key: &'static str,
    },

    /// The cores of a container are rounded to those that Heron takes for itself.
    #[error(
        "nothing is left for the instances of container {container}: Heron rounds {per_instance} for each of {instances}, and 1 for itself, \
         to {total}; set `{key}` to {least} at least, or `{container_key}`"
    )]
    RoundedToNothing {
        /// The container.
        container: i32,
        /// The instances of the largest container.
        instances: i32,
        /// What each was to have.
        per_instance: String,
        /// What comes of it.
        total: String,
        /// The setting that gives each instance so much.
        key: &'static str,
        /// The least that leaves something.
        least: String,
        /// The setting that gives the container more.
        container_key: &'static str,
    },

    /// An instance gets less than it can live on.
    #[error(
        "an instance of `{component}` would get {given} of {resource}, less than the {least} it needs; raise `{key}`"
    )]
    InstanceTooSmall {
        /// RAM or CPU.
        resource: &'static str,
        /// The component.
        component: String,
        /// What it would get.
        given: String,
        /// What it must have.
        least: String,
        /// The setting to be changed.
        key: &'static str,
    },

    /// Instances can't be placed within the limits of containers.
    #[error(
        "an instance of `{component}` fits no container, not even with {containers} of them: {reason}; raise `{key}`"
    )]
    DoesNotFit {
        /// The component.
        component: String,
        /// How many containers were tried at last.
        containers: i32,
        /// Which limit it was.
        reason: String,
        /// The setting of that limit.
        key: &'static str,
    },

    /// More containers than any topology has.
    #[error(
        "the instances need {containers} containers, more than {limit}; give containers more room"
    )]
    TooManyContainers {
        /// How many.
        containers: i32,
        /// How many there are at most.
        limit: usize,
    },

    /// `ResourceCompliantRRPacking` never makes more containers than the topology had instances when it was submitted.
    #[error(
        "the new instances of `{component}` need {containers} containers, more than the topology had instances when it \
         was submitted; raise `topology.container.ram`, `topology.container.cpu` and `topology.container.disk`, or use \
         FirstFitDecreasingPacking for `heron.class.repacking.algorithm`"
    )]
    TooManyNewContainers {
        /// The component that was to grow.
        component: String,
        /// How many containers it needs at least.
        containers: i32,
    },

    /// A sum of bytes is beyond what Heron can count.
    #[error(
        "the RAM or disk of the topology can't be counted ({sum}); write amounts between 0 and 2^63 - 1 bytes, and 1 or \
         more instances per container"
    )]
    TooManyBytes {
        /// The operation.
        sum: String,
    },

    /// A new number of containers was asked of an algorithm that chooses it by itself.
    #[error(
        "{algorithm} chooses the number of containers by itself; leave the container number out, or use \
         RoundRobinPacking for `heron.class.repacking.algorithm`"
    )]
    ContainerCountUnsupported {
        /// The algorithm.
        algorithm: &'static str,
    },

    /// A change of parallelism that can't be read.
    #[error(
        "the parallelism `{text}` can't be read; write `component:instances`, separated by commas"
    )]
    MalformedRequest {
        /// As it was given.
        text: String,
    },

    /// A change of a component that the current plan doesn't have.
    #[error(
        "the topology has no component `{component}` to be changed; its components are {}",
        list(known)
    )]
    UnknownComponentInRequest {
        /// The name.
        component: String,
        /// The components there are.
        known: Vec<String>,
    },

    /// Every component has as many instances as it should have.
    #[error("every component has the requested parallelism already; there is nothing to change")]
    NothingToChange,

    /// More instances were to be removed than there are.
    #[error("there are no more instances of `{component}` to be removed; ask for 0 or more")]
    NothingToRemove {
        /// The component.
        component: String,
    },

    /// The current plan can't be what Heron wrote.
    #[error("the packing plan is damaged: {reason}")]
    DamagedPlan {
        /// What is wrong with it.
        reason: String,
    },
}

impl PackingError {
    /// Whether an update asks for what can't be, and nothing is wrong with the topology.
    #[must_use]
    pub fn is_about_request(&self) -> bool {
        matches!(
            self,
            Self::ContainerCountUnsupported { .. }
                | Self::MalformedRequest { .. }
                | Self::UnknownComponentInRequest { .. }
                | Self::NothingToChange
                | Self::NothingToRemove { .. }
        )
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
