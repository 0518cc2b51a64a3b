//! Where the master is, as a setting says it (`docs/mesos.md#master-addresses`), and addresses of masters. Pure.
//!
//! Forms: `zk://[user:password@]h1:p1,h2:p2/path`; `host:port` or `http(s)://host:port`, several with commas between;
//! `file:///path` of a file that holds one of the others. Credentials never get into a message.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use crate::net::zookeeper::{AddressError, ElectionAddress};

const MESOS_PORT: u16 = 5050;

/// Why a master setting can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MasterError {
    /// Nothing is given.
    #[error("master address is empty")]
    Empty,
    /// A scheme that is none of ours.
    #[error(
        "master address has scheme {0:?}; known are zk, http, https and file, or a bare host:port"
    )]
    UnknownScheme(String),
    /// What follows `zk://`.
    #[error("zk://: {0}")]
    ZooKeeper(#[from] AddressError),
    /// Credentials where none are looked for.
    #[error("address of master {0} holds credentials; they belong into their own settings")]
    UnexpectedCredentials(String),
    /// A piece that is no host and port.
    #[error("{address:?} is not host:port: {reason}")]
    BadServer {
        /// The piece.
        address: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A file name that isn't absolute.
    #[error("file:// address {0:?} has no absolute path")]
    BadFile(String),
    /// ZooKeeper among plain addresses.
    #[error("zk:// and file:// can't be mixed with other addresses")]
    Mixed,
}

/// `http` or `https`: Mesos never says which, so that it is a setting (`docs/mesos.md#leader`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Plain.
    #[default]
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    /// The port of a URL that names none.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// Its name in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A master setting.
#[derive(Clone, Debug)]
pub enum MasterAddress {
    /// Masters elect in ZooKeeper.
    ZooKeeper(ElectionAddress),
    /// Masters by name; never empty.
    Masters(Vec<Endpoint>),
    /// A file that holds one of the others.
    File(PathBuf),
}

/// One master as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The scheme, if named.
    pub scheme: Option<Scheme>,
    /// Host name or address; an IPv6 address in brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path of a proxy before Mesos's own paths, without slash at its end; mostly empty.
    pub prefix: String,
}

impl FromStr for MasterAddress {
    type Err = MasterError;

    fn from_str(text: &str) -> Result<Self, MasterError> {
        let text = text.trim();
        if let Some(rest) = strip_scheme(text, "zk") {
            return Ok(Self::ZooKeeper(ElectionAddress::parse(rest)?));
        }
        if let Some(path) = strip_scheme(text, "file") {
            let absolute = path.starts_with('/') && path.len() > 1;
            return if absolute {
                Ok(Self::File(PathBuf::from(path)))
            } else {
                Err(MasterError::BadFile(path.to_owned()))
            };
        }
        let pieces: Vec<&str> =
            text.split(',').map(str::trim).filter(|piece| !piece.is_empty()).collect();
        if pieces.is_empty() {
            return Err(MasterError::Empty);
        }
        pieces.into_iter().map(endpoint).collect::<Result<_, _>>().map(Self::Masters)
    }
}

impl fmt::Display for MasterAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZooKeeper(address) => address.fmt(f),
            Self::Masters(endpoints) => {
                for (at, endpoint) in endpoints.iter().enumerate() {
                    write!(f, "{}{endpoint}", if at == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Self::File(path) => write!(f, "file://{}", path.display()),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.scheme {
            write!(f, "{}://", scheme.as_str())?;
        }
        write!(f, "{}:{}{}", self.host, self.port, self.prefix)
    }
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, rest) = text.split_once("://")?;
    found.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn endpoint(text: &str) -> Result<Endpoint, MasterError> {
    let (scheme, rest) = match text.split_once("://") {
        None => (None, text),
        Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
            "http" => (Some(Scheme::Http), rest),
            "https" => (Some(Scheme::Https), rest),
            "zk" | "file" => return Err(MasterError::Mixed),
            _ => return Err(MasterError::UnknownScheme(scheme.to_owned())),
        },
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if let Some((_, address)) = path.rsplit_once('@') {
        return Err(MasterError::UnexpectedCredentials(address.to_owned()));
    }
    // The form of Mesos's own process ids.
    let authority = match authority.rsplit_once('@') {
        Some(("master", address)) => address,
        Some((_, address)) => return Err(MasterError::UnexpectedCredentials(address.to_owned())),
        None => authority,
    };
    let default = match scheme {
        None => MESOS_PORT,
        Some(scheme) => scheme.port(),
    };
    let (host, port) = host_and_port(authority, default)?;
    let path = path.trim_end_matches('/');
    let prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
    let endpoint = Endpoint { scheme, host, port, prefix };
    // Whatever a URL can't hold is found here.
    match LeaderUrl::of(&endpoint, Scheme::Http) {
        Some(_) => Ok(endpoint),
        None => Err(MasterError::BadServer {
            address: authority.to_owned(),
            reason: "it can't be part of a URL",
        }),
    }
}

fn host_and_port(text: &str, default: u16) -> Result<(String, u16), MasterError> {
    let bad = |reason| MasterError::BadServer { address: text.to_owned(), reason };
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']').ok_or(bad("a bracket is not closed"))?;
            address
                .parse::<std::net::Ipv6Addr>()
                .map_err(|_| bad("no IPv6 address is in the brackets"))?;
            let port = match after {
                "" => None,
                _ => Some(after.strip_prefix(':').ok_or(bad("text follows the bracket"))?),
            };
            (format!("[{address}]"), port)
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host.to_owned(), Some(port)),
            None => (text.to_owned(), None),
        },
    };
    if host.is_empty() {
        return Err(bad("the host is missing"));
    }
    if host.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#@\\".contains(c)) {
        return Err(bad("the host has a character that no host has"));
    }
    let port = match port {
        None => default,
        Some(port) if port.contains(':') => {
            return Err(bad("it has several colons; an IPv6 address needs brackets"));
        }
        Some(port) => match port.parse() {
            Ok(0) | Err(_) => return Err(bad("the port is not a number from 1 to 65535")),
            Ok(port) => port,
        },
    };
    Ok((host, port))
}

/// Base address of a master or an agent: scheme, host, port, and a proxy's prefix.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeaderUrl(Url);

impl LeaderUrl {
    /// The address of parts; an IPv6 address may lack its brackets. `None`, if the host is none.
    #[must_use]
    pub fn new(scheme: Scheme, host: &str, port: u16) -> Option<Self> {
        let bare_ipv6 = host.parse::<std::net::Ipv6Addr>().is_ok();
        let host = if bare_ipv6 { format!("[{host}]") } else { host.to_owned() };
        Self::of(&Endpoint { scheme: Some(scheme), host, port, prefix: String::new() }, scheme)
    }

    /// The address of an endpoint. `None`, if a URL can't hold it.
    #[must_use]
    pub fn of(endpoint: &Endpoint, scheme: Scheme) -> Option<Self> {
        let scheme = endpoint.scheme.unwrap_or(scheme).as_str();
        let Endpoint { host, port, prefix, .. } = endpoint;
        let url = Url::parse(&format!("{scheme}://{host}:{port}{prefix}")).ok()?;
        let bare = url.username().is_empty() && url.query().is_none() && url.fragment().is_none();
        bare.then_some(Self(url))
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        if self.0.scheme() == "https" { Scheme::Https } else { Scheme::Http }
    }

    /// Host name or address.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(MESOS_PORT)
    }

    /// The URL of a path such as `/api/v1/scheduler`, with a query whose values are encoded here.
    #[must_use]
    pub fn join(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.0.clone();
        let prefix = self.0.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{prefix}{path}"));
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
        url.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
        url
    }

    /// Where a `Location` header points to: `//host:port/…`, `host:port…` or a whole URL. `None`, if it is none of
    /// these. Only host and port are taken: the path is known, and the scheme never falls back to plain.
    #[must_use]
    pub fn redirected(&self, location: &str) -> Option<Self> {
        let location = location.trim();
        let (scheme, named, rest) = match location.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => {
                (Scheme::Https, true, rest)
            }
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => {
                (self.scheme(), true, rest)
            }
            Some(_) => return None,
            None => (self.scheme(), false, location.strip_prefix("//").unwrap_or(location)),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // A whole URL has its scheme's port; what Mesos itself writes always names one.
        let default = if named { scheme.port() } else { MESOS_PORT };
        let (host, port) = host_and_port(authority, default).ok()?;
        Self::new(scheme, &host, port)
    }
}

impl fmt::Display for LeaderUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Encodes for a query. Mesos takes `+` for a blank, and needs no encoding of `/`.
pub(crate) fn percent(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a string doesn't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests;
