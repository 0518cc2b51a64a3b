//! What the stand-in reads from a sandbox: its own settings, Heron's YAML files, the topology.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use heron_cli::proto::api::Topology;
use prost::Message as _;
use serde::Deserialize;

use crate::dialect::Dialect;
use crate::flags::ExecutorFlags;

/// Where the settings lie in the sandbox, inside the core package.
pub const SETTINGS_FILE: &str = "heron-core/standin.json";
/// An environment variable with the same JSON; its keys win.
const SETTINGS_VARIABLE: &str = "HERON_STANDIN";

/// The stand-in's own settings. The defaults are Heron's times.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The release that is played, such as `0.20.5`.
    pub dialect: String,
    /// Pause before a dead process is started again.
    pub restart_delay_ms: u64,
    /// What is added to that pause after a changed packing plan: measured, not explained
    /// (`docs/heron.md#tmanager-restart`: a TManager was back 18.7 s after its end then, and 10 s after any other).
    pub replan_delay_ms: u64,
    /// ZooKeeper session timeout of TManager and stream managers.
    pub session_timeout_ms: u64,
    /// How long a stream manager takes to connect to a TManager that comes in place of one it has lost: the first try
    /// comes before that one listens, and the next after this interval. By default what `heron_internals.yaml` says.
    pub reconnect_ms: Option<u64>,
    /// Pause between two tries to register the TManager's location.
    pub location_retry_ms: u64,
    /// How many such tries there are.
    pub location_retries: u32,
    /// Pause between two looks for a packing plan that is not there.
    pub packing_retry_ms: u64,
    /// Longest wait for children to end on SIGTERM.
    pub stop_wait_ms: u64,
    /// Host to register instead of the machine's name.
    pub host: Option<String>,
    /// Fault: pause before a stream manager registers, as slow instances would cause.
    pub register_delay_ms: u64,
    /// Fault: stream managers that never register.
    pub never_register: Vec<String>,
    /// Fault: containers whose executor exits with 1 at once.
    pub executor_fails: Vec<u32>,
    /// Fault: containers whose executor exits with 1 after `executor_dies_after_ms`.
    pub executor_dies: Vec<u32>,
    /// See `executor_dies`.
    pub executor_dies_after_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dialect: "0.20.5".to_owned(),
            restart_delay_ms: 10_000,
            replan_delay_ms: 8_300,
            session_timeout_ms: 30_000,
            reconnect_ms: None,
            location_retry_ms: 1_000,
            location_retries: 30,
            packing_retry_ms: 10_000,
            stop_wait_ms: 5_000,
            host: None,
            register_delay_ms: 0,
            never_register: Vec::new(),
            executor_fails: Vec::new(),
            executor_dies: Vec::new(),
            executor_dies_after_ms: 1_000,
        }
    }
}

impl Settings {
    /// Reads the settings of the sandbox that is the working directory.
    pub fn load() -> Result<Self> {
        let file = std::fs::read_to_string(SETTINGS_FILE).unwrap_or_else(|_| "{}".to_owned());
        let variable = std::env::var(SETTINGS_VARIABLE).unwrap_or_else(|_| "{}".to_owned());
        Self::merge(&file, &variable)
    }

    /// Reads settings from two JSON texts; the keys of the second win.
    pub fn merge(file: &str, variable: &str) -> Result<Self> {
        let parse = |text: &str, from: &str| {
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text)
                .with_context(|| format!("{from} is no JSON object"))
        };
        let mut values = parse(file, SETTINGS_FILE)?;
        values.extend(parse(variable, SETTINGS_VARIABLE)?);
        let settings: Self = serde_json::from_value(serde_json::Value::Object(values))?;
        Dialect::parse(&settings.dialect)?;
        Ok(settings)
    }

    /// The release that is played.
    pub fn dialect(&self) -> Dialect {
        Dialect::parse(&self.dialect).unwrap_or_default()
    }

    /// The host that is registered: Heron's rule (`docs/heron.md#tmanager-restart`), unless one is set.
    pub fn host(&self) -> String {
        let in_docker =
            Path::new("/.dockerenv").exists().then(|| std::env::var("HOST").ok()).flatten();
        let name = || {
            std::fs::read_to_string("/proc/sys/kernel/hostname")
                .unwrap_or_else(|_| "localhost".to_owned())
        };
        self.host.clone().or(in_docker).unwrap_or_else(|| name().trim().to_owned())
    }

    /// The session timeout.
    pub fn session_timeout(&self) -> Duration {
        Duration::from_millis(self.session_timeout_ms)
    }
}

/// What an executor learns from its sandbox before it starts anything.
#[derive(Debug)]
pub struct Sandbox {
    /// The root of the state tree, from `statemgr.yaml` and not from the flag (`docs/heron.md#heron-conf`).
    pub root: String,
    /// The log directory of `heron_internals.yaml`.
    pub log_directory: String,
    /// The interval of stream managers that have lost their TManager, of the same file.
    pub reconnect_ms: u64,
}

/// Checks the sandbox as the executor and the processes that it starts would.
pub fn check_sandbox(flags: &ExecutorFlags, dialect: Dialect) -> Result<Sandbox> {
    check_topology(flags)?;
    check_ram_map(flags.get("--component-ram-map"))?;
    check_jvm_options(flags, dialect)?;
    let kind = flags.get("--pkg-type");
    ensure!(["jar", "tar", "pex", "so", "dylib"].contains(&kind), "unknown package type: {kind}");
    let stateful = flags.get("--is-stateful");
    ensure!(
        ["true", "false"].contains(&stateful) || !flags.has("--is-stateful"),
        "--is-stateful is neither true nor false: {stateful}"
    );
    for flag in ["--tmanager-binary", "--stmgr-binary", "--heron-shell-binary"] {
        ensure!(Path::new(flags.get(flag)).is_file(), "no such binary: {flag}={}", flags.get(flag));
    }
    let configs = ["--metrics-sinks-config-file", "--stateful-config-file"];
    for flag in configs.into_iter().filter(|flag| flags.has(flag)) {
        read_yaml(flags.get(flag)).with_context(|| format!("bad {flag}"))?;
    }
    let overrides = match flags.get("--override-config-file") {
        "" => Yaml::new(),
        file => read_yaml(file)?,
    };
    let mut internals = read_yaml(flags.get("--heron-internals-config-file"))?;
    internals.extend(overrides.clone());
    let log_directory = text(&internals, "heron.logging.directory")
        .context("heron_internals.yaml has no heron.logging.directory")?;
    let reconnect_ms = reconnection(&internals)?;
    if !flags.has("--state-manager-config-file") {
        // It knows no more than what it is told.
        let root = flags.get("--state-manager-root").to_owned();
        return Ok(Sandbox { root, log_directory, reconnect_ms });
    }
    let mut statemgr = read_yaml(flags.get("--state-manager-config-file"))?;
    statemgr.extend(overrides);
    let class =
        text(&statemgr, "heron.class.state.manager").context("statemgr.yaml names no class")?;
    let package = dialect.package();
    let wanted = format!("{package}.statemgr.zookeeper.curator.CuratorStateManager");
    ensure!(class == wanted, "statemgr.yaml: the state manager must be {wanted}, not {class}");
    let root = text(&statemgr, "heron.statemgr.root.path")
        .context("statemgr.yaml has no heron.statemgr.root.path")?;
    let root = substitute(&root, flags)?;
    ensure!(root.starts_with('/') && !root.ends_with('/'), "statemgr.yaml: bad root path {root}");
    Ok(Sandbox { root, log_directory, reconnect_ms })
}

/// How long a stream manager that has lost its TManager waits between two tries. It has no default of its own.
fn reconnection(internals: &Yaml) -> Result<u64> {
    let seconds = ["tmanager", "tmaster"].iter().find_map(|name| {
        internals.get(&format!("heron.streammgr.client.reconnect.{name}.interval.sec"))?.as_u64()
    });
    Ok(seconds
        .context("heron_internals.yaml has no interval of the reconnection to the TManager")?
        * 1000)
}

fn check_topology(flags: &ExecutorFlags) -> Result<()> {
    let path = flags.get("--topology-defn-file");
    let bytes =
        std::fs::read(path).with_context(|| format!("failed to read the definition {path}"))?;
    let topology =
        Topology::decode(bytes.as_slice()).with_context(|| format!("{path} is no topology"))?;
    let (name, id) = (flags.get("--topology-name"), flags.get("--topology-id"));
    ensure!(topology.name == name, "{path} holds the topology {}, not {name}", topology.name);
    ensure!(topology.id == id, "{path} holds the id {}, not {id}", topology.id);
    let binary = flags.get("--topology-binary-file");
    ensure!(Path::new(binary).is_file(), "no such topology file in the sandbox: {binary}");
    Ok(())
}

/// `component:bytes,component:bytes`, never empty.
fn check_ram_map(text: &str) -> Result<()> {
    for item in text.split(',') {
        let Some((name, bytes)) = item.rsplit_once(':') else {
            bail!("--component-ram-map can't be read: {item:?} is not component:bytes");
        };
        ensure!(!name.is_empty(), "--component-ram-map names no component: {item:?}");
        bytes
            .parse::<u64>()
            .with_context(|| format!("--component-ram-map: no number in {item:?}"))?;
    }
    Ok(())
}

fn check_jvm_options(flags: &ExecutorFlags, dialect: Dialect) -> Result<()> {
    let options = flags.get("--instance-jvm-opts");
    decode_options(options, dialect)
        .with_context(|| format!("bad --instance-jvm-opts: {options}"))?;
    let options = flags.get("--component-jvm-opts");
    let text = decode_options(options, dialect)
        .with_context(|| format!("bad --component-jvm-opts: {options}"))?;
    if !text.is_empty() {
        let map: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text).context("--component-jvm-opts holds no JSON object")?;
        for (component, value) in &map {
            decode_base64(component)?;
            decode_base64(value.as_str().unwrap_or_default())?;
        }
    }
    Ok(())
}

/// Strips the quotes, undoes the escapes for `=`, decodes base64 (`docs/heron.md#jvm-options`).
fn decode_options(text: &str, dialect: Dialect) -> Result<String> {
    let stripped = text.trim_matches('"').replace("&equals;", "=");
    let stripped =
        if dialect.knows_parentheses() { stripped.replace("(61)", "=") } else { stripped };
    decode_base64(&stripped)
}

fn decode_base64(text: &str) -> Result<String> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).context("no base64")?;
    String::from_utf8(bytes).context("no UTF-8")
}

type Yaml = serde_json::Map<String, serde_json::Value>;

fn read_yaml(path: &str) -> Result<Yaml> {
    let content =
        std::fs::read_to_string(path).with_context(|| format!("failed to read {path}"))?;
    let value: Option<Yaml> = serde_saphyr::from_str(&content)
        .map_err(|error| anyhow::anyhow!("{path} is no YAML map: {error}"))?;
    Ok(value.unwrap_or_default())
}

fn text(values: &Yaml, key: &str) -> Option<String> {
    values.get(key).and_then(|value| value.as_str()).map(str::to_owned)
}

/// The substitutions of Heron's Python side; another token is an error (`docs/heron.md#heron-conf`).
fn substitute(text: &str, flags: &ExecutorFlags) -> Result<String> {
    let home = std::env::var("HOME").unwrap_or_default();
    let text = text
        .replace("${HOME}", &home)
        .replace("${CLUSTER}", flags.get("--cluster"))
        .replace("${JAVA_HOME}", flags.get("--heron-java-home"));
    ensure!(!text.contains("${"), "statemgr.yaml: unknown token in {text}");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ram_map_is_read_as_strictly_as_heron_reads_it() {
        assert!(check_ram_map("count_bolt:1073741824,word_spout:1").is_ok());
        for bad in ["", "a", "a:", ":1", "a:1,", "a:x"] {
            assert!(check_ram_map(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn options_come_in_both_escapes() {
        assert_eq!(decode_options("\"\"", Dialect::LATEST).unwrap(), "");
        assert_eq!(decode_options("\"LVhteDFn\"", Dialect::LATEST).unwrap(), "-Xmx1g");
        assert_eq!(decode_options("\"LWE(61)\"", Dialect::LATEST).unwrap(), "-a");
        assert_eq!(decode_options("LWE&equals;", Dialect::LATEST).unwrap(), "-a");
        assert!(decode_options("\"LWE\"", Dialect::LATEST).is_err());
        assert!(decode_options("\"LWE(61)\"", Dialect::parse("0.17.7").unwrap()).is_err());
    }

    #[test]
    fn the_environment_wins_over_the_package() {
        let settings =
            Settings::merge(r#"{"restart_delay_ms":5,"host":"a"}"#, r#"{"host":"b"}"#).unwrap();
        assert_eq!((settings.restart_delay_ms, settings.host.as_deref()), (5, Some("b")));
        assert!(Settings::merge(r#"{"dialect":"1"}"#, "{}").is_err());
        assert!(Settings::merge(r#"{"unknown":1}"#, "{}").is_err());
    }
}
