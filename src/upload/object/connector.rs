//! The crate `object_store` sends its requests by clients of ours.

use std::time::Duration;

use object_store::client::{ClientConfigKey, HttpClient, HttpConnector};
use object_store::{ClientOptions, Error};

use super::ObjectConfig;
use crate::net::http::{self, Options, Proxies, Route, Security};
use crate::net::tls::Tls;

/// How long connecting to a store may take. The crate itself gives less to what a machine in the clouds asks for
/// credentials, by which the two are told apart.
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// Makes clients for one bucket.
#[derive(Debug)]
pub(super) struct Connector {
    proxies: Proxies,
    timeout: Duration,
}

impl Connector {
    pub fn new(config: &ObjectConfig, timeout: Duration) -> Self {
        Self { proxies: config.proxies.clone(), timeout }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let asked = options.get_config_value(&ClientConfigKey::ConnectTimeout);
        let of_store = ClientOptions::new().with_connect_timeout(CONNECT);
        let of_store = of_store.get_config_value(&ClientConfigKey::ConnectTimeout);
        let (route, connect_timeout) = if asked == of_store {
            (Route::Proxied(self.proxies.clone()), CONNECT)
        } else {
            // The machine's own service has an address that only the machine knows.
            (Route::Direct, Duration::from_secs(1))
        };
        let client = http::client(&Options {
            route,
            connect_timeout,
            security: Security::Tls(Tls::default()),
            total: Some(self.timeout),
            ..Options::default()
        });
        let client = client
            .map_err(|error| Error::Generic { store: "HTTP client", source: Box::new(error) })?;
        Ok(HttpClient::new(client))
    }
}
