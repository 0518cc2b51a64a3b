//! An ensemble that is known from elsewhere.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::access::Access;
use super::address::{Endpoint, Ensemble};
use super::session::Session;

/// An ensemble whose access is known.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its servers, under every name they go by.
    pub endpoints: Vec<Endpoint>,
    /// How to be let in.
    pub access: Access,
    /// The session that there is with it.
    pub opened: Opened,
}

/// The session that a command has opened last with the ensemble it knows, for whatever else is to be asked there. Clones share it;
/// it is not kept open by it.
#[derive(Clone, Debug, Default)]
pub struct Opened(Arc<Mutex<Option<Weak<dyn Session>>>>);

impl Opened {
    /// Notes a session, for as long as its owner has it open.
    pub fn note(&self, session: Option<Weak<dyn Session>>) {
        *self.lock() = session;
    }

    /// The session, if it is open.
    #[must_use]
    pub fn get(&self) -> Option<Arc<dyn Session>> {
        self.lock().as_ref()?.upgrade()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Weak<dyn Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// How to be let into an ensemble: as is known if it has a server in common, and as anybody otherwise, so that no
    /// credentials go to strangers.
    #[must_use]
    pub fn access_to(&self, ensemble: &Ensemble) -> Access {
        if self.is(ensemble) { self.access.clone() } else { Access::default() }
    }

    /// A session with an ensemble that is open already.
    #[must_use]
    pub fn session_with(&self, ensemble: &Ensemble) -> Option<Arc<dyn Session>> {
        self.is(ensemble).then(|| self.opened.get())?
    }

    fn is(&self, ensemble: &Ensemble) -> bool {
        ensemble.endpoints.iter().any(|endpoint| self.endpoints.contains(endpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::zookeeper::access::{Credentials, Scheme};

    #[test]
    fn credentials_go_to_the_known_ensemble_only() {
        let text = "me:geheim".into();
        let access =
            Access { credentials: Credentials::parse(Scheme::Sasl, &text).ok(), tls: None };
        let endpoints = Ensemble::parse("a:1,b:1").unwrap().endpoints;
        let known = Known { endpoints, access, opened: Opened::default() };
        let shown =
            |text: &str| known.access_to(&Ensemble::parse(text).unwrap()).credentials.is_some();
        assert!(shown("b:1,c:1"));
        assert!(!shown("c:1") && !shown("a:2"));
    }
}
