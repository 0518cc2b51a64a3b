//! ZooKeeper connection strings: `host:port,host:port/chroot`.

use std::fmt;

use thiserror::Error;

/// The port of an endpoint that names none.
const DEFAULT_PORT: u16 = 2181;

/// Why a connection string can't be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the ZooKeeper connection string '{connection}' {why}")]
pub struct ConnectionStringError {
    /// As it was given.
    pub connection: String,
    /// What is wrong with it.
    pub why: String,
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
    pub fn parse(connection: &str) -> Result<Self, ConnectionStringError> {
        let error = |why: String| ConnectionStringError { connection: connection.to_owned(), why };
        let (servers, chroot) = match connection.find('/') {
            Some(at) => connection.split_at(at),
            None => (connection, ""),
        };
        let chroot = chroot.trim_end_matches('/');
        if chroot.split('/').skip(1).any(|part| part.is_empty() || part == "." || part == "..") {
            return Err(error(format!("has a bad path '{chroot}'")));
        }
        let endpoints = servers
            .split(',')
            .map(|server| parse_endpoint(server.trim()).map_err(&error))
            .collect::<Result<_, _>>()?;
        Ok(Self { endpoints, chroot: chroot.to_owned() })
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

fn parse_endpoint(text: &str) -> Result<Endpoint, String> {
    let bad_port = || format!("has a bad port in '{text}'");
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) =
            rest.split_once(']').ok_or_else(|| format!("lacks a ']' in '{text}'"))?;
        match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if rest.is_empty() => (host, None),
            None => return Err(bad_port()),
        }
    } else {
        match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    if host.is_empty() {
        return Err("names no host".to_owned());
    }
    if host.contains(char::is_whitespace) || host.contains('@') {
        return Err(format!("has a bad host name in '{}'", text.rsplit('@').next().unwrap_or("")));
    }
    let port = match port {
        None => DEFAULT_PORT,
        Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(bad_port)?,
    };
    Ok(Endpoint { host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_taken_apart() {
        let ensemble = Ensemble::parse("a:1,b,[::1]:3/x/y").unwrap();
        assert_eq!(ensemble.to_string(), "a:1,b:2181,[::1]:3/x/y");
        assert_eq!(ensemble.chroot, "/x/y");
        assert_eq!(ensemble.endpoints[2].host, "::1");
        assert_eq!(Ensemble::parse("a/").unwrap().chroot, "");
        assert_eq!(Ensemble::parse("a, b").unwrap().servers(), "a:2181,b:2181");
    }

    #[test]
    fn bad_strings_are_refused() {
        for bad in [
            "",
            ",",
            "a,",
            "a:x",
            "a:0",
            "a:99999",
            ":2181",
            "a//b",
            "a/../b",
            "[::1",
            "[::1]x",
            "LOCAL MODE",
        ] {
            assert!(Ensemble::parse(bad).is_err(), "{bad:?}");
        }
    }
}
