//! How a command fails: its exit code (design §5, `docs/exit-codes.md`), its causes and what to do next.
//!
//! Errors of the modules are sorted here and nowhere else.

use std::fmt;

use crate::cli::positionals::UsageError;
use crate::commands::config::ConfigError;
use crate::config::secret::SecretError;
use crate::context::configure::ConfigureError;
use crate::context::{CommandError, Signal};
use crate::engine::connector::MesosError;
use crate::engine::journal::StoreError;
use crate::fetch_check::error::CheckError;
use crate::mesos::http::HttpError;
use crate::mesos::leader::LeaderError;
use crate::mesos::scheduler_client::CallError;
use crate::net::zookeeper::ConnectError;
use crate::packing::PackingError;
use crate::program::End;
use crate::state::StateError;
use crate::topology::definition::DefinitionError;
use crate::topology::dialect::ReleaseError;
use crate::topology::download::DownloadError;
use crate::topology::executor::ExecutorError;
use crate::topology::integrity::IntegrityError;
use crate::topology::location::LocationError;
use crate::topology::main_runner::MainError;
use crate::topology::package::PackageError;
use crate::topology::ready::ReadyError;
use crate::update::request::RequestError;
use crate::upload::{CredentialsError, Trouble, UnknownUploader, UploadError};

/// The exit codes. They are part of the command line's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// The operation failed; what was done was undone, or the message lists what is left.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// The configuration is wrong.
    Configuration = 3,
    /// The user's topology failed: its main, its package, its definition.
    Topology = 4,
    /// No such topology.
    NotFound = 5,
    /// It exists already, or somebody else is changing it.
    Conflict = 6,
    /// ZooKeeper, Mesos, the TManager or the package store can't be reached.
    Unreachable = 7,
    /// Not authenticated or not authorized.
    NotAllowed = 8,
    /// Timed out waiting; the operation goes on.
    TimedOut = 9,
    /// Partly done.
    PartlyDone = 10,
    /// No agent has room.
    NoPlacement = 11,
    /// Interrupted (SIGINT).
    Interrupted = 130,
    /// Terminated (SIGTERM).
    Terminated = 143,
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Configuration => "configuration",
            Self::Topology => "topology",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Unreachable => "unreachable",
            Self::NotAllowed => "not_allowed",
            Self::TimedOut => "timed_out",
            Self::PartlyDone => "partly_done",
            Self::NoPlacement => "no_placement",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

/// A command that failed.
#[derive(Debug)]
pub struct Failure {
    /// Its exit code.
    pub exit: Exit,
    /// What failed, outermost first.
    pub error: anyhow::Error,
    /// What to do next.
    pub hints: Vec<String>,
}

impl Failure {
    /// What failed, in one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        self.error.to_string()
    }

    /// Why, outermost first. A cause that only repeats what stands above it is left out.
    #[must_use]
    pub fn causes(&self) -> Vec<String> {
        let mut told = vec![self.message()];
        for cause in self.error.chain().skip(1) {
            let text = cause.to_string();
            if !told.iter().any(|above| above.contains(&text)) {
                told.push(text);
            }
        }
        told.split_off(1)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}

impl Exit {
    /// The exit code of a signal.
    #[must_use]
    pub const fn of_signal(signal: Signal) -> Self {
        match signal {
            Signal::Interrupted => Self::Interrupted,
            Signal::Terminated => Self::Terminated,
        }
    }
}

impl Failure {
    /// A failure without hints.
    #[must_use]
    pub fn new(exit: Exit, error: anyhow::Error) -> Self {
        Self { exit, error, hints: Vec::new() }
    }
}

impl From<anyhow::Error> for Failure {
    /// Sorts an error by the first cause that says what it is.
    fn from(error: anyhow::Error) -> Self {
        let sorted = error.chain().find_map(sort);
        let (exit, hints) = sorted.unwrap_or((Exit::Failed, Vec::new()));
        Self { exit, error, hints }
    }
}

type Sorted = (Exit, Vec<String>);

/// What an error means, if it is of a kind that says so.
fn sort(error: &(dyn std::error::Error + 'static)) -> Option<Sorted> {
    if let Some(error) = error.downcast_ref::<CommandError>() {
        return Some((exit_of_command(error), error.hints()));
    }
    if error.is::<UsageError>() || error.is::<RequestError>() {
        return Some((Exit::Usage, hint("`heron-cli help <command>` shows its arguments")));
    }
    if error.is::<ReleaseError>() {
        return Some((Exit::Configuration, hint("it is set by heron.release.version")));
    }
    if let Some(error) = error.downcast_ref::<CheckError>() {
        return Some((exit_of_check(error), hint(error.hint())));
    }
    if error.is::<ConfigureError>() {
        return Some((Exit::Configuration, Vec::new()));
    }
    if let Some(error) = error.downcast_ref::<ConfigError>() {
        return Some((exit_of_config(error), Vec::new()));
    }
    if let Some(error) = error.downcast_ref::<UploadError>() {
        let nothing = "nothing was changed".to_owned();
        return Some((exit_of_upload(error), vec![error.hint(), nothing]));
    }
    if error.is::<SecretError>() || error.is::<CredentialsError>() || error.is::<UnknownUploader>()
    {
        return Some((Exit::Configuration, Vec::new()));
    }
    sort_topology(error)
        .or_else(|| sort_package(error))
        .or_else(|| sort_state(error))
        .or_else(|| sort_mesos(error))
}

fn hint(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

fn exit_of_config(error: &ConfigError) -> Exit {
    match error {
        ConfigError::File(_) | ConfigError::Context(_) | ConfigError::Malformed { .. } => {
            Exit::Configuration
        }
        ConfigError::NoKey { .. } | ConfigError::NoCurrentContext | ConfigError::Yaml { .. } => {
            Exit::Usage
        }
        ConfigError::NoHome | ConfigError::Write { .. } => Exit::Failed,
    }
}

fn exit_of_upload(error: &UploadError) -> Exit {
    match error {
        UploadError::NoUri
        | UploadError::BadName { .. }
        | UploadError::BadUrl { .. }
        | UploadError::Credentials { .. }
        | UploadError::NotBuilt { .. }
        | UploadError::NoProgram(_)
        | UploadError::NoSize { .. } => Exit::Configuration,
        UploadError::Leftover { failed, .. } => exit_of_upload(failed),
        UploadError::Program(failure) => match (failure.end, failure.trouble) {
            (End::TimedOut(_), _) | (_, Trouble::Unreachable) => Exit::Unreachable,
            (_, Trouble::Denied | Trouble::HostKey) => Exit::NotAllowed,
            (_, Trouble::Other) => Exit::Failed,
        },
        UploadError::Unreachable { .. } => Exit::Unreachable,
        UploadError::NotAuthorized { .. } => Exit::NotAllowed,
        _ => Exit::Failed,
    }
}

fn exit_of_check(error: &CheckError) -> Exit {
    match error {
        CheckError::Nothing | CheckError::Name => Exit::Configuration,
        CheckError::Unnamed { .. } => Exit::Usage,
        CheckError::NoPackage { .. } | CheckError::NoSuchAgent { .. } => Exit::NotFound,
        CheckError::NoAgents => Exit::NoPlacement,
        CheckError::Unlisted | CheckError::Ended { forbidden: true, .. } => Exit::NotAllowed,
        CheckError::Ended { .. } => Exit::Failed,
        CheckError::Lost(_) => Exit::Unreachable,
    }
}

fn exit_of_command(error: &CommandError) -> Exit {
    match error {
        CommandError::NoSuchTopology { .. } | CommandError::NoSuchContainer { .. } => {
            Exit::NotFound
        }
        CommandError::Exists { .. }
        | CommandError::Elsewhere { .. }
        | CommandError::NotOurs { .. }
        | CommandError::Incomplete { .. } => Exit::Conflict,
        CommandError::TimedOut { .. } => Exit::TimedOut,
        CommandError::NoPlacement { .. } => Exit::NoPlacement,
        CommandError::PartlyDone { .. } => Exit::PartlyDone,
        CommandError::Interrupted { signal, .. } => Exit::of_signal(*signal),
        CommandError::Unsupported { .. } => Exit::Configuration,
        CommandError::Container { .. }
        | CommandError::FrameworkEnded { .. }
        | CommandError::Refused { .. } => Exit::Failed,
    }
}

fn sort_topology(error: &(dyn std::error::Error + 'static)) -> Option<Sorted> {
    if error.downcast_ref::<PackingError>().is_some_and(PackingError::is_about_request) {
        return Some((Exit::Usage, hint("nothing was changed")));
    }
    let topology = error.is::<DefinitionError>()
        || error.is::<PackingError>()
        || error.is::<MainError>()
        || error.is::<ReadyError>()
        || error.is::<IntegrityError>()
        || error.is::<ExecutorError>();
    let mut hints = hint("nothing was changed");
    if let Some(MainError::TimedOut { .. }) = error.downcast_ref() {
        hints.push(
            "`heron.topology.main.timeout` says how long a main may run; `--timeout` shortens it"
                .to_owned(),
        );
    }
    topology.then_some((Exit::Topology, hints))
}

/// Topology files and what is made of them.
fn sort_package(error: &(dyn std::error::Error + 'static)) -> Option<Sorted> {
    let exit = if let Some(error) = error.downcast_ref::<PackageError>() {
        match error {
            PackageError::Read { .. } | PackageError::Write { .. } => Exit::Failed,
            _ => Exit::Topology,
        }
    } else if let Some(error) = error.downcast_ref::<DownloadError>() {
        match error {
            DownloadError::Setup { .. } => Exit::Configuration,
            DownloadError::NotAllowed { .. } => Exit::NotAllowed,
            DownloadError::Refused { status, .. } if *status < 500 => Exit::Topology,
            DownloadError::Refused { .. }
            | DownloadError::Unreachable { .. }
            | DownloadError::TimedOut { .. } => Exit::Unreachable,
            DownloadError::Write { .. } => Exit::Failed,
            _ => Exit::Topology,
        }
    } else if error.is::<LocationError>() {
        Exit::Usage
    } else {
        return None;
    };
    Some((exit, hint("nothing was changed")))
}

/// Stores that work by programs of the system.
fn sort_state(error: &(dyn std::error::Error + 'static)) -> Option<Sorted> {
    let exit = match StoreError::state_of(error)? {
        StateError::Connect(error) => {
            return Some((exit_of_connect(error), hint(error.hint())));
        }
        StateError::Interrupted { signal, .. } => Exit::of_signal(*signal),
        StateError::ConnectionLost { .. }
        | StateError::TimedOut { .. }
        | StateError::SessionExpired
        | StateError::Closed
        | StateError::UnknownOutcome { .. } => Exit::Unreachable,
        StateError::NoAuth { .. } | StateError::AclRefused { .. } => Exit::NotAllowed,
        StateError::LockHeld { .. } => {
            return Some((Exit::Conflict, hint("wait until it is done, then try again")));
        }
        StateError::LockLost { .. }
        | StateError::NodeExists { .. }
        | StateError::BadVersion { .. } => Exit::Conflict,
        StateError::Address(_) | StateError::Path(_) | StateError::MissingDirectory { .. } => {
            Exit::Configuration
        }
        _ => Exit::Failed,
    };
    Some((exit, Vec::new()))
}

fn exit_of_connect(error: &ConnectError) -> Exit {
    match error {
        ConnectError::Interrupted { signal, .. } => Exit::of_signal(*signal),
        error if error.is_denial() => Exit::NotAllowed,
        ConnectError::Loopback(_) => Exit::Failed,
        _ => Exit::Unreachable,
    }
}

fn sort_mesos(error: &(dyn std::error::Error + 'static)) -> Option<Sorted> {
    if let Some(error) = error.downcast_ref::<LeaderError>() {
        return Some((exit_of_leader(error), hint(error.hint())));
    }
    if let Some(error) = http_error(error) {
        return Some((exit_of_http(error), hint(error.hint())));
    }
    match error.downcast_ref::<MesosError>()? {
        MesosError::Address { .. } | MesosError::Secret(_) | MesosError::Certificate { .. } => {
            Some((Exit::Configuration, Vec::new()))
        }
        MesosError::Lingering { .. } => Some((Exit::TimedOut, Vec::new())),
        // Their causes say more.
        MesosError::Leader(_) | MesosError::Http(_) => None,
    }
}

/// An HTTP error, whether it stands for itself or inside of one that is transparent.
fn http_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a HttpError> {
    if let Some(MesosError::Http(inner)) = error.downcast_ref::<MesosError>() {
        return Some(inner);
    }
    if let Some(CallError::Http(inner)) = error.downcast_ref::<CallError>() {
        return Some(inner);
    }
    error.downcast_ref::<HttpError>()
}

fn exit_of_leader(error: &LeaderError) -> Exit {
    match error {
        LeaderError::Connect(error) => exit_of_connect(error),
        LeaderError::Interrupted { signal, .. } => Exit::of_signal(*signal),
        LeaderError::ZooKeeperDenied { .. } => Exit::NotAllowed,
        LeaderError::Stale { source, .. } => exit_of_http(source),
        LeaderError::File { .. } | LeaderError::FileContent { .. } => Exit::Configuration,
        _ => Exit::Unreachable,
    }
}

fn exit_of_http(error: &HttpError) -> Exit {
    match error {
        HttpError::Setup { .. } => Exit::Configuration,
        HttpError::Unauthorized { .. } | HttpError::Forbidden { .. } => Exit::NotAllowed,
        HttpError::Unreachable { .. }
        | HttpError::Redirected { .. }
        | HttpError::TooManyRedirects { .. }
        | HttpError::NotReady { .. } => Exit::Unreachable,
        HttpError::NotFound { .. } | HttpError::Rejected { .. } | HttpError::BadAnswer { .. } => {
            Exit::Failed
        }
    }
}
