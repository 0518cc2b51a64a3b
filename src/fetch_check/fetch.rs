//! What is fetched, and what is to be found then. Pure.

use super::look::Look;
use crate::deployment::command::CommandTemplate;
use crate::engine::fetching;
use crate::scheduler::uri::Uri;
use crate::topology::core_layout;
use crate::topology::dialect::Release;
use crate::topology::layout::Layout;

/// Which of a container's packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageKind {
    /// Heron's.
    Core,
    /// The topology's own.
    Topology,
}

impl PackageKind {
    /// Its name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Topology => "topology",
        }
    }
}

/// One URI, and what is to be found once it is unpacked.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetch {
    /// Which package it is.
    pub kind: PackageKind,
    /// Where it is.
    pub uri: Uri,
    /// What is to be found.
    pub look: Look,
    /// The task's command.
    pub command: CommandTemplate,
}

impl Fetch {
    /// The core package. Directories are those of the sandbox.
    pub fn core(uri: Uri, release: &Release, layout: &Layout) -> Result<Self, shlex::QuoteError> {
        let home = layout.bin.strip_suffix("/bin").unwrap_or(&layout.bin);
        let directories = ["", home, &layout.bin, &layout.lib];
        let needs = core_layout::of_core(release, layout);
        Self::new(PackageKind::Core, uri, &directories, needs)
    }

    /// A topology's package.
    pub fn topology(
        uri: Uri,
        release: &Release,
        layout: &Layout,
    ) -> Result<Self, shlex::QuoteError> {
        let needs = core_layout::of_topology(release, layout);
        Self::new(PackageKind::Topology, uri, &["", &layout.conf], needs)
    }

    fn new(
        kind: PackageKind,
        uri: Uri,
        directories: &[&str],
        needs: Vec<core_layout::Need>,
    ) -> Result<Self, shlex::QuoteError> {
        let bare = |path: &&str| path.strip_prefix("./").unwrap_or(path).to_owned();
        let look = Look {
            file: fetching::sandbox_name(&uri).to_owned(),
            directories: directories.iter().map(bare).collect(),
            needs,
            definition: kind == PackageKind::Topology,
        };
        let command = CommandTemplate::verbatim(&look.command()?);
        Ok(Self { kind, uri, look, command })
    }
}
