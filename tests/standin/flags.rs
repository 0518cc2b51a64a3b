//! Command lines: the executor's, as strict as Heron's own parser, and the simple ones of the other parts.
//!
//! Source of facts: `docs/heron.md#executor-command-line`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};

use crate::dialect::Dialect;

/// Flags with a value that must be given, as 0.20.5 spells them.
const REQUIRED: [&str; 44] = [
    "--topology-name",
    "--topology-id",
    "--topology-defn-file",
    "--state-manager-connection",
    "--state-manager-root",
    "--state-manager-config-file",
    "--tmanager-binary",
    "--stmgr-binary",
    "--metrics-manager-classpath",
    "--instance-jvm-opts",
    "--classpath",
    "--heron-internals-config-file",
    "--override-config-file",
    "--component-ram-map",
    "--component-jvm-opts",
    "--pkg-type",
    "--topology-binary-file",
    "--heron-java-home",
    "--heron-shell-binary",
    "--cluster",
    "--role",
    "--environment",
    "--instance-classpath",
    "--metrics-sinks-config-file",
    "--scheduler-classpath",
    "--python-instance-binary",
    "--cpp-instance-binary",
    "--metricscache-manager-classpath",
    "--is-stateful",
    "--checkpoint-manager-classpath",
    "--stateful-config-file",
    "--checkpoint-manager-ram",
    "--health-manager-mode",
    "--health-manager-classpath",
    "--shard",
    "--server-port",
    "--tmanager-controller-port",
    "--tmanager-stats-port",
    "--shell-port",
    "--metrics-manager-port",
    "--scheduler-port",
    "--metricscache-manager-server-port",
    "--metricscache-manager-stats-port",
    "--checkpoint-manager-port",
];

/// Flags with a value that may be left out.
const OPTIONAL: [&str; 2] = ["--metricscache-manager-mode", "--jvm-remote-debugger-ports"];

/// The nine ports, in the order in which a container's ports are handed out.
pub const PORTS: [&str; 9] = [
    "--server-port",
    "--tmanager-controller-port",
    "--tmanager-stats-port",
    "--shell-port",
    "--metrics-manager-port",
    "--scheduler-port",
    "--metricscache-manager-server-port",
    "--metricscache-manager-stats-port",
    "--checkpoint-manager-port",
];

/// A wrong command line: what Heron's parser prints before it exits with 2.
#[derive(Debug, PartialEq, Eq)]
pub struct Usage(pub String);

/// The executor's flags by their 0.20.5 names.
#[derive(Debug)]
pub struct ExecutorFlags(BTreeMap<&'static str, String>);

impl ExecutorFlags {
    /// Parses the arguments after the binary's name.
    pub fn parse(arguments: &[String], dialect: Dialect) -> Result<Self, Usage> {
        if !dialect.has_flags() {
            return Self::parse_positions(arguments, dialect);
        }
        let expected: BTreeMap<&str, &'static str> = REQUIRED
            .iter()
            .chain(&OPTIONAL)
            .filter(|flag| dialect.has(flag))
            .map(|flag| (dialect.spelling(flag), *flag))
            .collect();
        let mut values = BTreeMap::new();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--verbose-gc" && dialect.has_verbose_gc() {
                continue;
            }
            let (name, inline) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            if !name.starts_with("--") {
                return Err(Usage(format!("Got unexpected extra argument ({argument})")));
            }
            let Some(flag) = expected.get(name) else {
                return Err(Usage(format!("No such option: {name}")));
            };
            let Some(value) = inline.or_else(|| rest.next().cloned()) else {
                return Err(Usage(format!("Option '{name}' requires an argument.")));
            };
            values.insert(*flag, value);
        }
        let missing = REQUIRED.iter().find(|flag| {
            expected.values().any(|known| known == *flag) && !values.contains_key(*flag)
        });
        if let Some(flag) = missing {
            return Err(Usage(format!("Missing option '{}'.", dialect.spelling(flag))));
        }
        let flags = Self(values);
        flags.check_numbers(dialect)?;
        Ok(flags)
    }

    /// The executors of that time counted their arguments, and looked at little else.
    fn parse_positions(arguments: &[String], dialect: Dialect) -> Result<Self, Usage> {
        let positions = dialect.positions();
        if arguments.len() != positions.len() {
            let (given, wanted) = (arguments.len(), positions.len());
            return Err(Usage(format!("Usage: {wanted} arguments, {given} were given")));
        }
        let flags = Self(positions.into_iter().zip(arguments.iter().cloned()).collect());
        flags.check_numbers(dialect)?;
        Ok(flags)
    }

    fn check_numbers(&self, dialect: Dialect) -> Result<(), Usage> {
        let whole = |flag: &'static str| {
            let text = self.get(flag);
            text.parse::<i64>().map_err(|_| {
                let flag = dialect.spelling(flag);
                Usage(format!("Invalid value for '{flag}': '{text}' is not a valid integer."))
            })
        };
        whole("--shard")?;
        if self.has("--checkpoint-manager-ram") {
            whole("--checkpoint-manager-ram")?;
        }
        let mut taken = BTreeSet::new();
        for flag in PORTS.into_iter().filter(|flag| self.has(flag)) {
            let number = whole(flag)?;
            let spelt = dialect.spelling(flag);
            if !(1..=65535).contains(&number) {
                return Err(Usage(format!("Invalid value for '{spelt}': {number} is no port.")));
            }
            if !taken.insert(number) {
                return Err(Usage(format!(
                    "Invalid value for '{spelt}': {number} is given twice."
                )));
            }
        }
        Ok(())
    }

    /// The value of a flag; empty for an optional one that was not given.
    pub fn get(&self, flag: &str) -> &str {
        self.0.get(flag).map_or("", String::as_str)
    }

    /// Whether it was given.
    pub fn has(&self, flag: &str) -> bool {
        self.0.contains_key(flag)
    }

    /// The container's number.
    pub fn shard(&self) -> Result<u32> {
        self.get("--shard").parse().with_context(|| format!("bad shard: {}", self.get("--shard")))
    }

    /// A port by its flag.
    pub fn port(&self, flag: &str) -> Result<u16> {
        self.get(flag).parse().with_context(|| format!("bad port: {flag}={}", self.get(flag)))
    }
}

/// The flags of the other parts: `--name=value` or `--name value`, all known.
#[derive(Debug, Default)]
pub struct Flags(BTreeMap<String, Vec<String>>);

impl Flags {
    /// Parses `arguments`; those in `switches` take no value.
    pub fn parse(arguments: &[String], known: &[&str], switches: &[&str]) -> Result<Self> {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let (name, inline) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            let value = if switches.contains(&name) {
                Some(String::new())
            } else if known.contains(&name) {
                inline.or_else(|| rest.next().cloned())
            } else {
                bail!("unknown flag {name}; known are {} {}", known.join(" "), switches.join(" "))
            };
            let value = value.with_context(|| format!("{name} needs a value"))?;
            values.entry(name.to_owned()).or_default().push(value);
        }
        Ok(Self(values))
    }

    /// The last value of a flag.
    pub fn get(&self, flag: &str) -> Option<&str> {
        self.0.get(flag).and_then(|values| values.last()).map(String::as_str)
    }

    /// Every value of a flag.
    pub fn all(&self, flag: &str) -> Vec<String> {
        self.0.get(flag).cloned().unwrap_or_default()
    }

    /// The last value of a flag that must be there.
    pub fn need(&self, flag: &str) -> Result<&str> {
        self.get(flag).with_context(|| format!("{flag} is missing"))
    }

    /// A port.
    pub fn port(&self, flag: &str) -> Result<u16> {
        let text = self.need(flag)?;
        text.parse().with_context(|| format!("bad port: {flag}={text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command line that Heron's own Java code built, as recorded.
    fn recorded() -> Vec<String> {
        let text = include_str!("../data/executor-command-0.20.5.txt");
        text.lines()
            .skip_while(|line| !line.starts_with("--"))
            .take_while(|line| line.starts_with("--"))
            .map(str::to_owned)
            .collect()
    }

    fn refusal(arguments: &[String]) -> String {
        ExecutorFlags::parse(arguments, Dialect::LATEST).map(|_| ()).unwrap_err().0
    }

    #[test]
    fn takes_the_recorded_command_line() {
        let flags = ExecutorFlags::parse(&recorded(), Dialect::LATEST).unwrap();
        assert_eq!(flags.shard().unwrap(), 0);
        assert_eq!(flags.port("--checkpoint-manager-port").unwrap(), 7108);
        let mut with_gc = recorded();
        with_gc.push("--verbose-gc".to_owned());
        assert!(ExecutorFlags::parse(&with_gc, Dialect::LATEST).is_ok());
    }

    #[test]
    fn misses_every_required_flag() {
        for flag in REQUIRED {
            let without: Vec<String> = recorded()
                .into_iter()
                .filter(|argument| !argument.starts_with(&format!("{flag}=")))
                .collect();
            assert_eq!(refusal(&without), format!("Missing option '{flag}'."));
        }
    }

    #[test]
    fn refuses_what_is_unknown_or_no_number() {
        let with = |extra: &str| {
            let mut arguments = recorded();
            arguments.push(extra.to_owned());
            refusal(&arguments)
        };
        assert_eq!(with("--nope=1"), "No such option: --nope");
        assert_eq!(with("stray"), "Got unexpected extra argument (stray)");
        assert_eq!(
            with("--jvm-remote-debugger-ports"),
            "Option '--jvm-remote-debugger-ports' requires an argument."
        );
        assert_eq!(
            with("--shell-port=x"),
            "Invalid value for '--shell-port': 'x' is not a valid integer."
        );
        assert_eq!(
            with("--shell-port=7100"),
            "Invalid value for '--shell-port': 7100 is given twice."
        );
        assert_eq!(
            with("--shard=one"),
            "Invalid value for '--shard': 'one' is not a valid integer."
        );
    }

    #[test]
    fn the_older_dialect_has_its_own_names() {
        let older: Vec<String> = recorded()
            .into_iter()
            .filter(|argument| !argument.starts_with("--checkpoint-manager-ram="))
            .map(|argument| match argument.split_once('=') {
                Some(("--tmanager-binary", value)) => format!("--tmaster-binary={value}"),
                Some(("--server-port", value)) => format!("--master-port={value}"),
                Some(("--tmanager-controller-port", value)) => {
                    format!("--tmaster-controller-port={value}")
                }
                Some(("--tmanager-stats-port", value)) => format!("--tmaster-stats-port={value}"),
                Some(("--metricscache-manager-server-port", value)) => {
                    format!("--metricscache-manager-master-port={value}")
                }
                _ => argument,
            })
            .collect();
        let flags = ExecutorFlags::parse(&older, Dialect::V0_17_8).unwrap();
        assert_eq!(flags.port("--server-port").unwrap(), 7100);
        assert_eq!(refusal(&older), "No such option: --tmaster-binary");
        assert!(ExecutorFlags::parse(&recorded(), Dialect::V0_17_8).is_err());
    }
}
