//! The releases that are played: what their executors take, and what they call things.
//!
//! Written down from `docs/heron.md#executor-command-line`, apart from the product's own table, so that the two check
//! each other. Where §6 gives only dates, the releases are those whose tagged parsers were looked at (see the product's
//! table).

use anyhow::{Context as _, Result, ensure};

/// A release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dialect(u32, u32, u32);

impl Default for Dialect {
    fn default() -> Self {
        Self::LATEST
    }
}

/// The arguments of 0.14.0 to 0.14.2 as §6.3 lists them, each with the flag that it became.
const POSITIONS: [(&str, &str); 31] = [
    ("shard", "--shard"),
    ("topology_name", "--topology-name"),
    ("topology_id", "--topology-id"),
    ("topology_defn", "--topology-defn-file"),
    ("instance_distribution", INSTANCE_DISTRIBUTION),
    ("zknode", "--state-manager-connection"),
    ("zkroot", "--state-manager-root"),
    ("tmaster_binary", "--tmanager-binary"),
    ("stmgr_binary", "--stmgr-binary"),
    ("metricsmgr_classpath", "--metrics-manager-classpath"),
    ("instance_jvm_opts", "--instance-jvm-opts"),
    ("classpath", "--classpath"),
    ("master_port", "--server-port"),
    ("tmaster_controller_port", "--tmanager-controller-port"),
    ("tmaster_stats_port", "--tmanager-stats-port"),
    ("heron_internals_config", "--heron-internals-config-file"),
    ("component_rammap", "--component-ram-map"),
    ("component_jvm_opts", "--component-jvm-opts"),
    ("pkg_type", "--pkg-type"),
    ("topology_bin_file", "--topology-binary-file"),
    ("java_home", "--heron-java-home"),
    ("shell_port", "--shell-port"),
    ("shell_binary", "--heron-shell-binary"),
    ("metricsmgr_port", "--metrics-manager-port"),
    ("cluster", "--cluster"),
    ("role", "--role"),
    ("environ", "--environment"),
    ("instance_classpath", "--instance-classpath"),
    ("metrics_sinks_config", "--metrics-sinks-config-file"),
    ("scheduler_classpath", "--scheduler-classpath"),
    ("scheduler_port", "--scheduler-port"),
];

/// A name for the argument that never became a flag.
pub const INSTANCE_DISTRIBUTION: &str = "--instance-distribution";

impl Dialect {
    /// 0.20.5, the last one: TManager.
    pub const LATEST: Self = Self(0, 20, 5);
    /// 0.17.8, the last one before Apache: TMaster.
    pub const V0_17_8: Self = Self(0, 17, 8);

    /// Reads a version from 0.14.0 on.
    pub fn parse(text: &str) -> Result<Self> {
        let mut numbers = text.split('.').map(str::parse::<u32>);
        let mut next = || numbers.next().and_then(Result::ok);
        let version = next().zip(next()).zip(next());
        let ((major, minor), patch) =
            version.with_context(|| format!("no such dialect: {text}; it is a version"))?;
        let dialect = Self(major, minor, patch);
        ensure!(dialect >= Self(0, 14, 0), "no such dialect: {text}; 0.14.0 is the first");
        Ok(dialect)
    }

    /// Whether it says TManager.
    pub fn has_tmanager(self) -> bool {
        self >= Self(0, 20, 3)
    }

    /// The name of the TManager's binary.
    pub fn manager(self) -> &'static str {
        if self.has_tmanager() { "heron-tmanager" } else { "heron-tmaster" }
    }

    /// The directory of the location node.
    pub fn location_directory(self) -> &'static str {
        if self.has_tmanager() { "tmanagers" } else { "tmasters" }
    }

    /// The root of its Java packages.
    pub fn package(self) -> &'static str {
        if self >= Self(0, 18, 0) { "org.apache.heron" } else { "com.twitter.heron" }
    }

    /// Whether its TManager tells the physical plan by HTTP.
    pub fn tells_plan(self) -> bool {
        self > Self::V0_17_8
    }

    /// Whether it understands `(61)` in JVM options.
    pub fn knows_parentheses(self) -> bool {
        self >= Self::V0_17_8
    }

    /// Whether its executor takes flags.
    pub fn has_flags(self) -> bool {
        self >= Self(0, 16, 4)
    }

    /// Whether its executor's parser is click.
    pub fn has_click(self) -> bool {
        self >= Self(0, 20, 0)
    }

    /// Whether its executor reads the packing plan; if not, it is told the instances.
    pub fn has_packing_plan(self) -> bool {
        self >= Self(0, 14, 3)
    }

    /// Whether its executor can be told to log garbage collections.
    pub fn has_verbose_gc(self) -> bool {
        self >= Self(0, 20, 4)
    }

    /// Whether its executor knows a flag of 0.20.5.
    pub fn has(self, flag: &str) -> bool {
        let since = match flag {
            "--state-manager-config-file" => Self(0, 17, 2),
            "--jvm-remote-debugger-ports" => Self(0, 17, 1),
            "--metricscache-manager-mode" => Self(0, 17, 8),
            "--checkpoint-manager-ram" => Self(0, 19, 0),
            _ => return true,
        };
        self >= since
    }

    /// Whether its core package has that directory of libraries.
    pub fn has_library(self, name: &str) -> bool {
        let since = match name {
            "metricscachemgr" => Self(0, 14, 7),
            "ckptmgr" | "statefulstorage" => Self(0, 14, 8),
            "healthmgr" => Self(0, 15, 1),
            "downloaders" => Self(0, 17, 0),
            _ => return true,
        };
        self >= since
    }

    /// What a positional executor takes, by the flags that these arguments became.
    pub fn positions(self) -> Vec<&'static str> {
        let mut all: Vec<&'static str> = POSITIONS.iter().map(|(_, flag)| *flag).collect();
        if self >= Self(0, 14, 3) {
            all.push("--python-instance-binary");
        }
        if self >= Self(0, 14, 4) {
            all.retain(|flag| *flag != INSTANCE_DISTRIBUTION);
        }
        if self >= Self(0, 14, 7) {
            all.push("--metricscache-manager-classpath");
            all.push("--metricscache-manager-server-port");
            all.push("--metricscache-manager-stats-port");
        }
        if self >= Self(0, 14, 8) {
            all.push("--is-stateful");
            all.push("--checkpoint-manager-classpath");
            all.push("--checkpoint-manager-port");
            all.push("--stateful-config-file");
        }
        if self >= Self(0, 15, 1) {
            all.push("--health-manager-mode");
            all.push("--health-manager-classpath");
        }
        if self >= Self(0, 15, 3)
            && let Some(at) = all.iter().position(|flag| *flag == "--heron-internals-config-file")
        {
            all.insert(at + 1, "--override-config-file");
        }
        all
    }

    /// The name of the flag of this release that means `latest`, a flag of 0.20.5.
    pub fn spelling(self, latest: &'static str) -> &'static str {
        if self.has_tmanager() {
            return latest;
        }
        match latest {
            "--tmanager-binary" => "--tmaster-binary",
            "--server-port" => "--master-port",
            "--tmanager-controller-port" => "--tmaster-controller-port",
            "--tmanager-stats-port" => "--tmaster-stats-port",
            "--metricscache-manager-server-port" => "--metricscache-manager-master-port",
            _ => latest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positional_forms_have_the_lengths_that_were_written_down() {
        let counts = [
            ("0.14.0", 31),
            ("0.14.2", 31),
            ("0.14.3", 32),
            ("0.14.4", 31),
            ("0.14.6", 31),
            ("0.14.7", 34),
            ("0.14.8", 38),
            ("0.15.0", 38),
            ("0.16.0", 41),
            ("0.16.3", 41),
        ];
        for (release, count) in counts {
            assert_eq!(Dialect::parse(release).unwrap().positions().len(), count, "{release}");
        }
        assert!(Dialect::parse("0.13.9").is_err() && Dialect::parse("x").is_err());
    }
}
