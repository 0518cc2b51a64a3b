//! Why a topology can't be packed.

use thiserror::Error;

/// A topology can't be packed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PackingError {
    /// No such algorithm.
    #[error("the packing algorithm `{class}` is not known; known are {known}")]
    UnknownAlgorithm {
        /// As it was given.
        class: String,
        /// The names that are known.
        known: String,
    },
    /// A setting is no number, or lacks something.
    #[error("`{key}` is `{value}`{of}, expected {expected}")]
    BadSetting {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// ` of component x`, or nothing.
        of: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A component without parallelism.
    #[error("component `{component}` has no `topology.component.parallelism`")]
    NoParallelism {
        /// The component.
        component: String,
    },
    /// A map names a component that is not there.
    #[error("`{key}` names the component `{component}`, which the topology does not have")]
    UnknownComponent {
        /// The key of the map.
        key: String,
        /// The name.
        component: String,
    },
    /// More containers than instances.
    #[error(
        "`topology.stmgrs` asks for {containers} containers, and there are only {instances} instances to put into them"
    )]
    TooManyContainers {
        /// Containers.
        containers: i64,
        /// Instances.
        instances: usize,
    },
    /// No container at all.
    #[error("`topology.stmgrs` is {containers}; at least one container is needed")]
    NoContainers {
        /// As it was given.
        containers: i64,
    },
    /// The instances want more than the container has.
    #[error(
        "container {container} has {available} {unit} of {resource}, and its instances want {wanted}; raise `{key}`"
    )]
    TooSmall {
        /// Its id.
        container: u32,
        /// `memory` or `cpu`.
        resource: &'static str,
        /// What there is.
        available: String,
        /// What is wanted.
        wanted: String,
        /// `bytes` or `cores`.
        unit: &'static str,
        /// The setting that would help.
        key: &'static str,
    },
    /// A sum that no number holds.
    #[error("the memory of the instances in container {container} is more than 2^63 bytes")]
    TooLarge {
        /// Its id.
        container: u32,
    },
    /// An instance gets too little memory.
    #[error(
        "an instance of `{component}` would get {ram} bytes of memory, and needs at least {least}"
    )]
    InstanceTooSmall {
        /// The component.
        component: String,
        /// What it would get.
        ram: i64,
        /// What it needs.
        least: i64,
    },
}
