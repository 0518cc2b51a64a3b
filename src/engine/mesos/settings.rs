//! What the settings say of the way to Mesos: secrets and certificates are read here.

use super::error::MesosError;
use crate::config::keys;
use crate::config::problem::WarningKind;
use crate::config::settings::Mesos;
use crate::config::{Warning, read_secret};
use crate::mesos::http::{Authorization, HttpSettings};
use crate::mesos::master::{MasterAddress, Scheme};

/// The way to the masters.
pub(super) struct Way {
    pub http: HttpSettings,
    pub address: MasterAddress,
    pub scheme: Scheme,
    /// Doubts, such as a secret that others can read.
    pub warnings: Vec<Warning>,
}

impl Way {
    pub fn of(mesos: &Mesos) -> Result<Self, MesosError> {
        let address = mesos
            .master
            .expose()
            .parse()
            .map_err(|source| MesosError::Address { address: mesos.master.to_string(), source })?;
        let mut warnings = Vec::new();
        let mut http = HttpSettings::default();
        if let (Some(principal), Some(file)) = (&mesos.principal, &mesos.secret_file) {
            let (secret, warning) = read_secret(file)?;
            warnings.extend(warning);
            http.authorization = Authorization::Basic { principal: principal.clone(), secret };
        }
        if let Some(path) = &mesos.ca_file {
            let read = std::fs::read(path);
            http.tls.ca_pem = Some(read.map_err(|source| {
                let path = path.clone();
                MesosError::Certificate { path, source }
            })?);
        }
        if let Some(file) = &mesos.client_certificate_file {
            let (identity, warning) = read_secret(file)?;
            warnings.extend(warning);
            http.tls.identity_pem = Some(identity);
        }
        let scheme = if mesos.https { Scheme::Https } else { Scheme::Http };
        if !matches!(http.authorization, Authorization::None) {
            warnings.extend(unencrypted(mesos, &address, scheme));
        }
        Ok(Self { http, address, scheme, warnings })
    }
}

/// A secret that others can read on its way.
fn unencrypted(mesos: &Mesos, address: &MasterAddress, scheme: Scheme) -> Option<Warning> {
    let plain = match address {
        MasterAddress::ZooKeeper(_) | MasterAddress::File(_) => scheme == Scheme::Http,
        MasterAddress::Masters(masters) => masters.iter().any(|master| {
            let here = matches!(master.host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
            master.scheme.unwrap_or(scheme) == Scheme::Http && !here
        }),
    };
    plain.then(|| Warning {
        kind: WarningKind::Secret,
        key: Some(keys::MESOS_SECRET.name.to_owned()),
        origin: None,
        text: format!(
            "the secret crosses the network in readable form, because {} is asked by http; see heron.mesos.scheme",
            mesos.master
        ),
    })
}
