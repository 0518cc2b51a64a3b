//! What values look like.

use std::fmt;

use crate::config::units::{self, TimeUnit};
use crate::constraint;
use crate::mesos::master::MasterAddress;
use crate::names::{self, Named, is_control};
use crate::net::zookeeper::Ensemble;
use crate::znode_path;

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Text on one line, without control characters.
    Line,
    /// What something is called; nothing, where it has no name.
    Name(Named),
    /// A Java class; its last component counts.
    Class,
    /// A path of a file or directory.
    Path,
    /// A URI.
    Uri,
    /// A URI that begins with `http://` or `https://`.
    Web,
    /// `true` or `false`.
    Bool,
    /// A whole number within bounds.
    Integer {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// A decimal number that is not below the bound.
    Number {
        /// The smallest.
        min: f64,
    },
    /// An amount of bytes.
    Bytes,
    /// A duration; a bare number counts in the unit.
    Duration(TimeUnit),
    /// A duration of more than nothing: for limits that let nothing through when they are 0.
    Limit(TimeUnit),
    /// One of several words.
    Choice(&'static [&'static str]),
    /// ZooKeeper's `host:port[,host:port…][/path]`, or `LOCALMODE`.
    Connection,
    /// A path in ZooKeeper or, with local state, in the file system.
    Root,
    /// A Mesos master: `zk://…/path`, `http(s)://host:port`, `host:port[,host:port…]`, or `file:///…` with one of these.
    Master,
    /// Words separated by commas.
    List,
    /// Constraints on hosts, separated by semicolons.
    Constraints,
}

/// The largest number of a 32-bit integer, Java's `int`.
pub(super) const INT: i64 = i32::MAX as i64;

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Line => f.write_str("text without control characters"),
            Self::Name(what) => {
                f.write_str("letters, digits and")?;
                what.signs().chars().try_for_each(|sign| write!(f, " {sign}"))
            }
            Self::Class => f.write_str("Java class"),
            Self::Path => f.write_str("path"),
            Self::Uri => f.write_str("URI"),
            Self::Web => f.write_str("URI with http:// or https://"),
            Self::Bool => f.write_str("true or false"),
            Self::Integer { min, max } if *max == INT => write!(f, "whole number, at least {min}"),
            Self::Integer { min, max } => write!(f, "whole number from {min} to {max}"),
            Self::Number { min } => write!(f, "number, at least {min}"),
            Self::Bytes => f.write_str("bytes, or with a unit such as 512MB"),
            Self::Duration(unit) => write!(f, "{}, or with a unit such as 30s or 2h", unit.name()),
            Self::Limit(unit) => {
                write!(f, "{}, or with a unit such as 30s or 2h; more than 0", unit.name())
            }
            Self::Choice(words) => f.write_str(&words.join(", ")),
            Self::Connection => f.write_str("host:port[,host:port…][/path]"),
            Self::Root => f.write_str("absolute path"),
            Self::Master => {
                f.write_str("zk://host:port/path, http(s)://host:port, host:port or file:///path")
            }
            Self::List => f.write_str("words separated by commas"),
            Self::Constraints => f.write_str("field:rule:value, separated by ;"),
        }
    }
}

impl Kind {
    /// Says what was expected if the value isn't of this kind. Blanks around it don't matter.
    pub fn check(self, value: &str) -> Result<(), String> {
        let value = value.trim();
        let good = match self {
            Self::Text => true,
            Self::Path | Self::List | Self::Class => !value.is_empty(),
            Self::Line => !value.contains(is_control),
            Self::Name(_) if value.is_empty() => true,
            Self::Name(what) => {
                return names::check(what, value).map_err(|error| error.fault.to_string());
            }
            Self::Constraints => {
                return constraint::parse(value).map(|_| ()).map_err(|error| error.to_string());
            }
            Self::Uri => is_uri(value),
            Self::Web => is_uri(value) && is_web(value),
            Self::Bool => parse_bool(value).is_some(),
            Self::Integer { min, max } => {
                value.parse::<i64>().is_ok_and(|number| (min..=max).contains(&number))
            }
            Self::Number { min } => {
                value.parse::<f64>().is_ok_and(|number| number.is_finite() && number >= min)
            }
            Self::Bytes => units::bytes(value).is_some(),
            Self::Duration(unit) => units::duration(value, unit).is_some(),
            Self::Limit(unit) => units::duration(value, unit).is_some_and(|time| !time.is_zero()),
            Self::Choice(words) => words.iter().any(|word| word.eq_ignore_ascii_case(value)),
            Self::Connection => return check_connection(value),
            Self::Root => return check_root(value),
            Self::Master => return check_master(value),
        };
        if good { Ok(()) } else { Err(format!("expected {self}")) }
    }
}

fn is_uri(value: &str) -> bool {
    !value.is_empty() && !value.contains(|char: char| char.is_whitespace() || is_control(char))
}

fn is_web(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    web && !rest.is_empty()
}

/// Reads a truth value as Java, YAML and argparse users write it.
#[must_use]
pub fn parse_bool(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn check_connection(value: &str) -> Result<(), String> {
    if value == "LOCALMODE" {
        return Ok(());
    }
    let read = Ensemble::parse(value);
    read.map(drop).map_err(|error| format!("expected {}: it {}", Kind::Connection, error.why))
}

fn check_root(value: &str) -> Result<(), String> {
    znode_path::root(value).map(drop).map_err(|why| format!("expected {}: it {why}", Kind::Root))
}

fn check_master(value: &str) -> Result<(), String> {
    let read = value.parse::<MasterAddress>();
    read.map(drop).map_err(|error| format!("expected {}: {error}", Kind::Master))
}

#[cfg(test)]
mod tests;
