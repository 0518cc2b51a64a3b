//! The algorithms, by their names.

use std::fmt;

/// How instances are put into containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// In turn into `topology.stmgrs` containers, which are shared out. Heron's default.
    RoundRobin,
    /// The same as it was in 2015, chosen by the class name of those years.
    RoundRobin2015,
    /// In turn into `topology.stmgrs` containers, with defaults.
    RoundRobinV2,
    /// In turn into `topology.stmgrs` containers or, if these are too small, more.
    ResourceCompliantRoundRobin,
    /// Large ones first, each into the first container that has room.
    FirstFitDecreasing,
}

impl Algorithm {
    /// Those of Heron's last release.
    pub const ALL: [Self; 4] = [
        Self::RoundRobin,
        Self::RoundRobinV2,
        Self::ResourceCompliantRoundRobin,
        Self::FirstFitDecreasing,
    ];
    /// Their names, in the order of [`Self::ALL`].
    pub const NAMES: [&'static str; 4] = [
        "RoundRobinPacking",
        "RoundRobinPackingV2",
        "ResourceCompliantRRPacking",
        "FirstFitDecreasingPacking",
    ];

    /// The name of its class, without the package.
    #[must_use]
    pub fn name(self) -> &'static str {
        let [one, two, compliant, first_fit] = Self::NAMES;
        match self {
            Self::RoundRobin | Self::RoundRobin2015 => one,
            Self::RoundRobinV2 => two,
            Self::ResourceCompliantRoundRobin => compliant,
            Self::FirstFitDecreasing => first_fit,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}
