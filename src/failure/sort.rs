//! What each error of the modules means: its exit code, and what to do next.

use crate::cli::UsageError;
use crate::commands::config::ConfigError;
use crate::commands::explain::NoSuchKind;
use crate::config::secret::SecretError;
use crate::context::configure::ConfigureError;
use crate::context::{CommandError, ZooKeeperSettingsError};
use crate::controller::journal::StoreError;
use crate::engine::{EngineError, ErrorClass};
use crate::executable::ProgramError;
use crate::fetch_check::error::CheckError;
use crate::given::GivenError;
use crate::logs::LogsError;
use crate::net::unreachable::Unreachable;
use crate::net::zookeeper::ConnectError;
use crate::outcome::exit::Exit;
use crate::packing::PackingError;
use crate::program::End;
use crate::scheduler::run::DriverError;
use crate::state::StateError;
use crate::supervision::SupervisionError;
use crate::topology::conf_directory::ConfDirectoryError;
use crate::topology::definition::DefinitionError;
use crate::topology::dialect::ReleaseError;
use crate::topology::download::DownloadError;
use crate::topology::executor::ExecutorError;
use crate::topology::integrity::IntegrityError;
use crate::topology::location::LocationError;
use crate::topology::package::PackageError;
use crate::topology::ready::ReadyError;
use crate::topology::user_main::MainError;
use crate::update::request::RequestError;
use crate::upload::{CredentialsError, Trouble, UnknownUploader, UploadError};

/// What is true where nothing was begun.
pub(super) const NOTHING: &str = "nothing was changed";

/// An exit code, and what to do next.
pub(super) type Sorted = (Exit, Vec<String>);

/// What an error means, if it is of a kind that says so.
pub(super) fn sort(error: &(dyn std::error::Error + 'static)) -> Option<Sorted> {
    if let Some(error) = error.downcast_ref::<CommandError>() {
        return Some((exit_of_command(error), error.hints()));
    }
    if let Some(error) = error.downcast_ref::<UsageError>() {
        return Some((Exit::Usage, error.hints()));
    }
    if let Some(error) = error.downcast_ref::<NoSuchKind>() {
        return Some((Exit::Usage, error.hints()));
    }
    if error.is::<GivenError>() {
        return Some((Exit::Configuration, Vec::new()));
    }
    if let Some(error) = error.downcast_ref::<RequestError>() {
        return Some((Exit::Usage, error.hints()));
    }
    if let Some(error) = error.downcast_ref::<SupervisionError>() {
        let exit = match error {
            SupervisionError::Listen { .. } => Exit::Failed,
            _ => Exit::Usage,
        };
        return Some((exit, hint("`heron-cli help supervise` shows its arguments")));
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
    if let Some(error) = error.downcast_ref::<ProgramError>() {
        let exit = match error {
            ProgramError::OtherSystem { .. } => Exit::Configuration,
            _ => Exit::Failed,
        };
        return Some((exit, vec![NOTHING.to_owned()]));
    }
    if let Some(error) = error.downcast_ref::<UploadError>() {
        let nothing = NOTHING.to_owned();
        return Some((exit_of_upload(error), vec![error.hint(), nothing]));
    }
    if error.is::<SecretError>()
        || error.is::<CredentialsError>()
        || error.is::<UnknownUploader>()
        || error.is::<ZooKeeperSettingsError>()
    {
        return Some((Exit::Configuration, Vec::new()));
    }
    if let Some(error) = error.downcast_ref::<LogsError>() {
        return Some(sort_logs(error));
    }
    sort_topology(error)
        .or_else(|| sort_package(error))
        .or_else(|| sort_state(error))
        .or_else(|| sort_engine(error))
}

fn hint(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

fn exit_of_config(error: &ConfigError) -> Exit {
    match error {
        ConfigError::File(_)
        | ConfigError::Context(_)
        | ConfigError::Malformed { .. }
        | ConfigError::UnknownKey { .. }
        | ConfigError::Unset { .. }
        | ConfigError::NotYours { .. }
        | ConfigError::CantEdit { .. } => Exit::Configuration,
        ConfigError::NoKey { .. }
        | ConfigError::NoCurrentContext
        | ConfigError::Yaml { .. }
        | ConfigError::Value { .. }
        | ConfigError::NotGiven { .. }
        | ConfigError::Name(_)
        | ConfigError::SecretInContext { .. }
        | ConfigError::EmptyContext => Exit::Usage,
        ConfigError::FileExists { .. } | ConfigError::ContextExists { .. } => Exit::Conflict,
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
        UploadError::Unreachable { why, .. } => exit_of_unreachable(why),
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
        CheckError::Lost => Exit::Unreachable,
    }
}

fn exit_of_command(error: &CommandError) -> Exit {
    use CommandError as Error;
    match error {
        Error::NoSuchTopology { .. } | Error::NoSuchContainer { .. } => Exit::NotFound,
        Error::Exists { .. }
        | Error::Elsewhere { .. }
        | Error::NotOurs { .. }
        | Error::Killed { .. }
        | Error::NeverSo { .. }
        | Error::NothingBefore { .. }
        | Error::StateDiffers { .. }
        | Error::Incomplete { .. } => Exit::Conflict,
        Error::TimedOut { .. } => Exit::TimedOut,
        Error::NoPlacement { .. } => Exit::NoPlacement,
        Error::PartlyDone { .. } => Exit::PartlyDone,
        Error::Interrupted { signal, .. } => Exit::of_signal(*signal),
        Error::Unsupported { .. } => Exit::Configuration,
        Error::EngineAway { source, .. } => exit_of_engine(source),
        Error::Container { .. }
        | Error::NotReplaced { .. }
        | Error::FrameworkEnded { .. }
        | Error::Refused { .. }
        | Error::ForeignFramework { .. }
        | Error::Down { .. } => Exit::Failed,
    }
}

fn sort_logs(error: &LogsError) -> Sorted {
    let mut hints = Vec::new();
    let exit = match error {
        LogsError::NoSuch { .. } | LogsError::NoAttempt { .. } | LogsError::NoFile { .. } => {
            Exit::NotFound
        }
        LogsError::Ambiguous { .. } => Exit::Usage,
        LogsError::NoAddress { .. } => Exit::Unreachable,
        LogsError::Sandbox { source, .. } => {
            hints.extend(source.hint().map(str::to_owned));
            exit_of_engine(source)
        }
    };
    hints.extend(error.hints());
    (exit, hints)
}

fn sort_topology(error: &(dyn std::error::Error + 'static)) -> Option<Sorted> {
    if error.downcast_ref::<PackingError>().is_some_and(PackingError::is_about_request) {
        return Some((Exit::Usage, hint(NOTHING)));
    }
    let topology = error.is::<DefinitionError>()
        || error.is::<PackingError>()
        || error.is::<MainError>()
        || error.is::<ReadyError>()
        || error.is::<IntegrityError>()
        || error.is::<ExecutorError>();
    let mut hints = hint(NOTHING);
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
            DownloadError::Unreachable { why, .. } => exit_of_unreachable(why),
            DownloadError::Refused { .. } | DownloadError::TimedOut { .. } => Exit::Unreachable,
            DownloadError::Write { .. } => Exit::Failed,
            _ => Exit::Topology,
        }
    } else if error.is::<LocationError>() {
        Exit::Usage
    } else if let Some(error) = error.downcast_ref::<ConfDirectoryError>() {
        match error {
            ConfDirectoryError::Read { .. } => Exit::Failed,
            _ => Exit::Configuration,
        }
    } else {
        return None;
    };
    Some((exit, hint(NOTHING)))
}

/// Stores that work by programs of the system.
fn sort_state(error: &(dyn std::error::Error + 'static)) -> Option<Sorted> {
    let exit = match StoreError::state_of(error)? {
        StateError::Connect(error) => {
            return Some((exit_of_connect(error), hint(error.hint())));
        }
        StateError::Interrupted { signal, .. } => {
            return Some((Exit::of_signal(*signal), hint(NOTHING)));
        }
        StateError::ConnectionLost { .. }
        | StateError::TimedOut { .. }
        | StateError::SessionExpired
        | StateError::Closed
        | StateError::UnknownOutcome { .. } => Exit::Unreachable,
        StateError::NoAuth { .. } | StateError::AclRefused { .. } => {
            let text = "heron.statemgr.zookeeper.auth.file says who we are for ZooKeeper";
            return Some((Exit::NotAllowed, hint(text)));
        }
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

fn sort_engine(error: &(dyn std::error::Error + 'static)) -> Option<Sorted> {
    if matches!(error.downcast_ref(), Some(DriverError::Silent)) {
        let text = "check the network between this machine and the masters";
        return Some((Exit::Unreachable, hint(text)));
    }
    let error: &EngineError = error.downcast_ref()?;
    Some((exit_of_engine(error), error.hint().map(hint).unwrap_or_default()))
}

fn exit_of_engine(error: &EngineError) -> Exit {
    match error.class() {
        ErrorClass::Unreachable => Exit::Unreachable,
        ErrorClass::NotAllowed => Exit::NotAllowed,
        ErrorClass::Configuration => Exit::Configuration,
        ErrorClass::TimedOut => Exit::TimedOut,
        ErrorClass::Interrupted(signal) => Exit::of_signal(signal),
        ErrorClass::Refused => Exit::Failed,
    }
}

/// Who refuses our certificate has nothing against the network.
fn exit_of_unreachable(why: &Unreachable) -> Exit {
    match why {
        Unreachable::CertificateRefused(_) => Exit::NotAllowed,
        _ => Exit::Unreachable,
    }
}
