//! What masters write of themselves into ZooKeeper (`docs/mesos.md#leader`). Pure.
//!
//! Three generations: `json.info_<sequence>` with JSON, `info_<sequence>` with a protobuf message (before 0.24), and
//! bare `<sequence>` with the text `master@ip:port`.

use std::net::Ipv4Addr;

use prost::Message;
use serde::Deserialize;

use super::json::{self, or_default};
use super::master::{LeaderUrl, Scheme};

/// Why a master's node can't be understood.
#[derive(Debug, thiserror::Error)]
pub enum MasterInfoError {
    /// The JSON of a `json.info` node.
    #[error("it holds no MasterInfo in JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The message of an `info` node.
    #[error("it holds no MasterInfo message: {0}")]
    Message(#[from] prost::DecodeError),
    /// The text of an old node.
    #[error("it holds {0:?} instead of master@ip:port")]
    Text(String),
    /// A label of which nothing is known.
    #[error("its label {0:?} is unknown")]
    Label(String),
    /// Nothing that one could connect to.
    #[error("it names no address")]
    NoAddress,
}

/// The address part of a master's `MasterInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct MasterInfo {
    /// Since 0.24.
    #[serde(default)]
    pub address: Option<MasterIp>,
    /// Host name.
    #[serde(default)]
    pub hostname: Option<String>,
    /// IPv4 in network byte order, read as a number of a little endian machine.
    #[serde(default, deserialize_with = "or_default")]
    pub ip: u32,
    /// Port.
    #[serde(default, deserialize_with = "or_default")]
    pub port: u16,
}

/// An address with text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct MasterIp {
    /// Host name.
    #[serde(default)]
    pub hostname: Option<String>,
    /// IP address.
    #[serde(default)]
    pub ip: Option<String>,
    /// Port.
    #[serde(default, deserialize_with = "or_default")]
    pub port: u16,
}

#[derive(Clone, PartialEq, prost::Message)]
struct WireInfo {
    #[prost(uint32, optional, tag = "2")]
    ip: Option<u32>,
    #[prost(uint32, optional, tag = "3")]
    port: Option<u32>,
    #[prost(string, optional, tag = "5")]
    hostname: Option<String>,
    #[prost(message, optional, tag = "7")]
    address: Option<WireAddress>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct WireAddress {
    #[prost(string, optional, tag = "1")]
    hostname: Option<String>,
    #[prost(string, optional, tag = "2")]
    ip: Option<String>,
    #[prost(int32, optional, tag = "3")]
    port: Option<i32>,
}

impl MasterInfo {
    /// Reads the content of the node with that name.
    pub fn parse(name: &str, data: &[u8]) -> Result<Self, MasterInfoError> {
        match split(name).map(|(label, _)| label) {
            Some("json.info") => Ok(json::read(data)?),
            Some("info") => Ok(WireInfo::decode(data)?.into()),
            Some("") => Self::of_text(&String::from_utf8_lossy(data)),
            _ => Err(MasterInfoError::Label(name.to_owned())),
        }
    }

    fn of_text(text: &str) -> Result<Self, MasterInfoError> {
        let bad = || MasterInfoError::Text(text.chars().take(80).collect());
        let (_, address) = text.trim().split_once('@').ok_or_else(bad)?;
        let (ip, port) = address.rsplit_once(':').ok_or_else(bad)?;
        let port = port.parse().map_err(|_| bad())?;
        let address = MasterIp { ip: Some(ip.to_owned()), port, hostname: None };
        Ok(Self { address: Some(address), ..Self::default() })
    }

    /// Where the master is: by its address, which needs no name service, else by its host name.
    pub fn url(&self, scheme: Scheme, prefer_hostname: bool) -> Result<LeaderUrl, MasterInfoError> {
        let address = self.address.clone().unwrap_or_default();
        let port = if address.port == 0 { self.port } else { address.port };
        let old_ip = (self.ip != 0).then(|| Ipv4Addr::from(self.ip.to_le_bytes()).to_string());
        let names = [address.hostname, self.hostname.clone()];
        let hosts: Vec<Option<String>> = if prefer_hostname {
            names.into_iter().chain([address.ip, old_ip]).collect()
        } else {
            [address.ip].into_iter().chain(names).chain([old_ip]).collect()
        };
        let mut usable =
            hosts.into_iter().flatten().filter(|host| !host.is_empty() && host != "0.0.0.0");
        usable
            .find_map(|host| LeaderUrl::new(scheme, &host, port))
            .filter(|_| port != 0)
            .ok_or(MasterInfoError::NoAddress)
    }
}

impl From<WireInfo> for MasterInfo {
    fn from(wire: WireInfo) -> Self {
        Self {
            address: wire.address.map(|address| MasterIp {
                hostname: address.hostname,
                ip: address.ip,
                port: address.port.and_then(|port| port.try_into().ok()).unwrap_or_default(),
            }),
            hostname: wire.hostname,
            ip: wire.ip.unwrap_or_default(),
            port: wire.port.and_then(|port| port.try_into().ok()).unwrap_or_default(),
        }
    }
}

/// Label and sequence number of a node; `None` for nodes of other kinds, such as `log_replicas`.
fn split(name: &str) -> Option<(&str, i64)> {
    let (label, sequence) = match name.rsplit_once('_') {
        // The label is the first part, when there is more than one.
        Some((front, sequence)) => (front.split('_').next().unwrap_or_default(), sequence),
        None => ("", name),
    };
    Some((label, sequence.parse().ok()?))
}

/// The leader among the children of the masters' path: the lowest sequence number of all labels.
#[must_use]
pub fn leading_node<'a>(children: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    children
        .into_iter()
        .filter_map(|name| split(name).map(|(_, sequence)| (sequence, name)))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests;
