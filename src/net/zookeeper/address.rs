//! Addresses of ZooKeeper: connection strings, `host:port,host:port/chroot`, and what follows `zk://` in the address of a
//! Mesos master, `[user:password@]host:port,host:port/path`. Pure.
//!
//! One reading for the configuration's check and for the connector. Each server names its port: Heron's daemons and Mesos,
//! which get the same text, know no default. Credentials never get into a message.

use std::fmt;
use std::net::Ipv6Addr;

use secrecy::SecretString;
use thiserror::Error;

use crate::net::redact::MASK;
use crate::znode_path;

/// Why an address can't be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the ZooKeeper address {why}")]
pub struct AddressError {
    /// What is wrong with it, such as `has no port in "zk1"`.
    pub why: String,
}

impl AddressError {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }
}

/// One server of an ensemble.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Name or address, an IPv6 address without its brackets.
    pub host: String,
    /// Client port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A connection string, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ensemble {
    /// The servers, at least one.
    pub endpoints: Vec<Endpoint>,
    /// What is put before every path; empty, or with a slash at its start only.
    pub chroot: String,
}

impl Ensemble {
    /// Takes a connection string apart.
    pub fn parse(connection: &str) -> Result<Self, AddressError> {
        let (servers, chroot) = match connection.find('/') {
            Some(at) => connection.split_at(at),
            None => (connection, ""),
        };
        if servers.contains('@') || chroot.contains('@') {
            return Err(AddressError::new(
                "holds credentials; they belong into a file of their own",
            ));
        }
        Ok(Self { endpoints: endpoints(servers)?, chroot: path(chroot)? })
    }

    /// The servers as one string, without the chroot.
    #[must_use]
    pub fn servers(&self) -> String {
        let names: Vec<_> = self.endpoints.iter().map(Endpoint::to_string).collect();
        names.join(",")
    }
}

impl fmt::Display for Ensemble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.servers(), self.chroot)
    }
}

/// Where masters elect: what follows `zk://`.
#[derive(Clone, Debug)]
pub struct ElectionAddress {
    /// The servers.
    pub ensemble: Ensemble,
    /// Absolute path of the masters' nodes.
    pub path: String,
    /// For the scheme `digest`: user and password.
    pub credentials: Option<(String, SecretString)>,
}

impl ElectionAddress {
    /// Reads what follows `zk://`.
    pub fn parse(rest: &str) -> Result<Self, AddressError> {
        let no_path = || {
            AddressError::new(
                "has no path after its servers, such as /mesos (and / alone is not supported)",
            )
        };
        let (authority, below) = rest.split_at(rest.find('/').ok_or_else(no_path)?);
        if below.contains('@') {
            // A password with a slash: what stands before it must not be shown as a server.
            return Err(AddressError::new(
                "has a / in its password, or an @ in its path; neither is supported",
            ));
        }
        let (credentials, servers) = match authority.rsplit_once('@') {
            Some((pair, servers)) => (Some(user_and_password(pair)?), servers),
            None => (None, authority),
        };
        let ensemble = Ensemble { endpoints: endpoints(servers)?, chroot: String::new() };
        let path = path(below)?;
        if path.is_empty() {
            return Err(no_path());
        }
        Ok(Self { ensemble, path, credentials })
    }
}

impl fmt::Display for ElectionAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = if self.credentials.is_some() { format!("{MASK}@") } else { String::new() };
        write!(f, "zk://{hidden}{}{}", self.ensemble.servers(), self.path)
    }
}

fn user_and_password(text: &str) -> Result<(String, SecretString), AddressError> {
    match text.split_once(':') {
        Some((user, password)) if !user.is_empty() => Ok((user.to_owned(), password.into())),
        _ => Err(AddressError::new("has credentials that are not user:password")),
    }
}

fn endpoints(servers: &str) -> Result<Vec<Endpoint>, AddressError> {
    if servers.trim().is_empty() {
        return Err(AddressError::new("names no server"));
    }
    servers.split(',').map(|server| endpoint(server.trim())).collect()
}

fn endpoint(text: &str) -> Result<Endpoint, AddressError> {
    let bad = |why: &str| AddressError::new(format!("{why} in {text:?}"));
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or_else(|| bad("lacks a ']'"))?;
            if host.parse::<Ipv6Addr>().is_err() {
                return Err(bad("has no IPv6 address in the brackets"));
            }
            (host, port.strip_prefix(':'))
        }
        None => match text.rsplit_once(':') {
            Some((host, _)) if host.contains(':') => {
                return Err(bad("has an IPv6 address without brackets"));
            }
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() {
        return Err(bad("names no host"));
    }
    if host.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#@\\\"".contains(c)) {
        return Err(bad("has a character that no host has"));
    }
    let port = port.ok_or_else(|| bad("has no port"))?;
    match port.parse() {
        Ok(0) | Err(_) => Err(bad("has a port that is no number from 1 to 65535")),
        Ok(port) => Ok(Endpoint { host: host.to_owned(), port }),
    }
}

/// A path without slashes at its end, empty for `/` and for none.
fn path(text: &str) -> Result<String, AddressError> {
    let path = text.trim_end_matches('/');
    let bad = |why: &str| Err(AddressError::new(format!("has the path {path:?}: {why}")));
    if path.contains("://") || path.contains(',') {
        return bad(
            "the path stands once, after the last server, and an address can't be mixed with others",
        );
    }
    if path.contains(char::is_whitespace) {
        return bad("it contains a blank");
    }
    match znode_path::check(path) {
        Ok(()) => Ok(path.to_owned()),
        Err(why) => bad(&format!("it {why}")),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn connection_strings_are_taken_apart() {
        let ensemble = Ensemble::parse("a:1,b:2, [::1]:3/x/y").unwrap();
        assert_eq!(ensemble.to_string(), "a:1,b:2,[::1]:3/x/y");
        assert_eq!(ensemble.chroot, "/x/y");
        assert_eq!(ensemble.endpoints[2].host, "::1");
        assert_eq!(Ensemble::parse("a:1/").unwrap().chroot, "");
    }

    #[test]
    fn bad_connection_strings_are_refused() {
        for bad in [
            "",
            ",",
            "a",
            "a:1,",
            "a:",
            "a:x",
            "a:0",
            "a:99999",
            ":2181",
            "a:1//b",
            "a:1/../b",
            "a:1/b c",
            "h:1/a,h:2/a",
            "::1:2181",
            "[::1",
            "[::1]x",
            "[h]:1",
            "http://x:1",
            "u:p@h:1",
            "LOCAL MODE",
        ] {
            assert!(Ensemble::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn election_addresses_are_taken_apart() {
        let address = ElectionAddress::parse("user:p@ss:w@h1:1,h2:2/mesos/").unwrap();
        let (user, password) = address.credentials.as_ref().unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("user", "p@ss:w"));
        assert_eq!(address.path, "/mesos");
        assert_eq!(address.to_string(), "zk://********@h1:1,h2:2/mesos");
        for bad in ["h:1", "h:1/", "user@h:1/m", "u:hidden/hidden@h:1/m", "/m", "h:1/a,h:2/b"] {
            let error = ElectionAddress::parse(bad).unwrap_err();
            assert!(!error.to_string().contains("hidden"), "{bad:?}: {error}");
        }
    }
}
