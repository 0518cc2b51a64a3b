//! What can go wrong with Mesos, sorted.

use std::path::PathBuf;

use thiserror::Error;

use crate::config::secret::SecretError;
use crate::engine::error::{EngineError, ErrorClass};
use crate::mesos::election::ElectionError;
use crate::mesos::http::HttpError;
use crate::mesos::ids::FrameworkId;
use crate::mesos::leader::LeaderError;
use crate::mesos::master::MasterError;
use crate::mesos::sandbox::SandboxError;
use crate::mesos::scheduler_client::CallError;
use crate::net::unreachable::Unreachable;
use crate::net::zookeeper::ConnectError;

/// Mesos can't be asked.
#[derive(Debug, Error)]
pub(super) enum MesosError {
    /// The address of the master can't be read.
    #[error("the Mesos master `{address}` can't be used")]
    Address {
        /// As configured, without credentials.
        address: String,
        #[source]
        source: MasterError,
    },
    #[error("failed to read the secret for Mesos")]
    Secret(#[from] SecretError),
    #[error("failed to read `{}`", path.display())]
    Certificate {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// There is no leading master, or it can't be found.
    #[error("failed to find the leading Mesos master")]
    Leader(#[from] LeaderError),
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A framework that was torn down is still there.
    #[error("framework {framework} is still there: {what}")]
    Lingering {
        framework: FrameworkId,
        /// What the master says of it.
        what: String,
    },
}

impl From<MesosError> for EngineError {
    fn from(error: MesosError) -> Self {
        match error {
            MesosError::Address { .. } | MesosError::Secret(_) | MesosError::Certificate { .. } => {
                Self::new(ErrorClass::Configuration, None, error)
            }
            MesosError::Leader(ref leader) => {
                let (class, passes) = (of_leader(leader), leader.is_transient());
                Self::new(class, Some(leader.hint()), error).passing(passes)
            }
            MesosError::Http(ref http) => {
                let (class, passes) = (of_http(http), http.is_transient());
                Self::new(class, Some(http.hint()), error).passing(passes)
            }
            MesosError::Lingering { .. } => Self::new(ErrorClass::TimedOut, None, error),
        }
    }
}

impl From<LeaderError> for EngineError {
    fn from(error: LeaderError) -> Self {
        Self::new(of_leader(&error), Some(error.hint()), error)
    }
}

impl From<HttpError> for EngineError {
    fn from(error: HttpError) -> Self {
        Self::new(of_http(&error), Some(error.hint()), error)
    }
}

impl From<CallError> for EngineError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Http(error) => error.into(),
            over @ CallError::SubscriptionDead { .. } => {
                Self::new(ErrorClass::Unreachable, None, over)
            }
        }
    }
}

impl From<SandboxError> for EngineError {
    fn from(error: SandboxError) -> Self {
        let class = match &error {
            SandboxError::Http(error) => of_http(error),
            _ => ErrorClass::Refused,
        };
        Self::new(class, Some(error.hint()), error)
    }
}

fn of_leader(error: &LeaderError) -> ErrorClass {
    match error {
        LeaderError::Election(ElectionError::Connect(error)) => of_connect(error),
        LeaderError::Election(ElectionError::Denied { .. }) => ErrorClass::NotAllowed,
        LeaderError::Interrupted { signal, .. } => ErrorClass::Interrupted(*signal),
        LeaderError::Stale { source, .. } => of_http(source),
        LeaderError::NoneLeads { attempts }
            if attempts.iter().all(|attempt| !attempt.may_pass)
                && attempts.iter().any(|attempt| attempt.denied) =>
        {
            ErrorClass::NotAllowed
        }
        LeaderError::File { .. } | LeaderError::FileContent { .. } => ErrorClass::Configuration,
        _ => ErrorClass::Unreachable,
    }
}

fn of_connect(error: &ConnectError) -> ErrorClass {
    match error {
        ConnectError::Interrupted { signal, .. } => ErrorClass::Interrupted(*signal),
        error if error.is_denial() => ErrorClass::NotAllowed,
        ConnectError::Loopback(_) => ErrorClass::Refused,
        _ => ErrorClass::Unreachable,
    }
}

fn of_http(error: &HttpError) -> ErrorClass {
    match error {
        HttpError::Setup { .. } => ErrorClass::Configuration,
        HttpError::Unauthorized { .. }
        | HttpError::Forbidden { .. }
        // Who refuses our certificate has nothing against the network.
        | HttpError::Unreachable { cause: Unreachable::CertificateRefused(_), .. } => {
            ErrorClass::NotAllowed
        }
        HttpError::Interrupted { signal, .. } => ErrorClass::Interrupted(*signal),
        HttpError::Unreachable { .. }
        | HttpError::Redirected { .. }
        | HttpError::TooManyRedirects { .. }
        | HttpError::NotReady { .. } => ErrorClass::Unreachable,
        HttpError::NotFound { .. } | HttpError::Rejected { .. } | HttpError::BadAnswer { .. } => {
            ErrorClass::Refused
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;
    use crate::mesos::leader::Attempt;

    fn http(status: u16) -> HttpError {
        let url = url::Url::parse("http://h:5050/").unwrap();
        let text = "no".to_owned();
        match status {
            401 => HttpError::Unauthorized { url, challenge: text },
            403 => HttpError::Forbidden { url, text },
            503 => HttpError::NotReady { url, status, text, retry_after: None },
            _ => HttpError::Rejected { url, status, text },
        }
    }

    #[test]
    fn errors_mean_what_they_say() {
        let class = |error: HttpError| EngineError::from(error).class();
        assert_eq!(class(http(401)), ErrorClass::NotAllowed);
        assert_eq!(class(http(403)), ErrorClass::NotAllowed);
        assert_eq!(class(http(503)), ErrorClass::Unreachable);
        assert_eq!(class(http(400)), ErrorClass::Refused);
        let attempt = |may_pass, denied| Attempt {
            endpoint: "h".into(),
            reason: "r".into(),
            may_pass,
            denied,
            hint: None,
        };
        let none = |attempts| EngineError::from(LeaderError::NoneLeads { attempts }).class();
        assert_eq!(none(vec![attempt(false, true), attempt(false, false)]), ErrorClass::NotAllowed);
        assert_eq!(none(vec![attempt(false, true), attempt(true, false)]), ErrorClass::Unreachable);
    }

    #[test]
    fn an_error_of_the_engine_speaks_as_the_one_inside() {
        let inner = || MesosError::Leader(LeaderError::NoneLeads { attempts: Vec::new() });
        let error = EngineError::from(inner());
        assert_eq!(error.to_string(), inner().to_string());
        assert_eq!(
            error.source().map(ToString::to_string),
            inner().source().map(ToString::to_string)
        );
        assert!(error.hint().is_some());
    }
}
