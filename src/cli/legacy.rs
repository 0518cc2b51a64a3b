//! Flags of earlier releases: they are understood, and say so where they do nothing any more.

use clap::Args;

/// Flags of earlier releases; each that means nothing any more is warned about once.
#[derive(Clone, Debug, Default, Args)]
pub struct Legacy {
    /// 2015: Aurora's own wait.
    #[arg(long, hide = true)]
    pub heron_aurora_no_wait: bool,
    /// 2015: Aurora's batch size.
    #[arg(long, hide = true, value_name = "N")]
    pub heron_batch_size: Option<String>,
    /// 2015: owner of the release package.
    #[arg(long, hide = true, value_name = "ROLE")]
    pub heron_release_pkgrole: Option<String>,
    /// 2015: name of the release package.
    #[arg(long, hide = true, value_name = "NAME")]
    pub heron_release_pkgname: Option<String>,
    /// 2015: version of the release package.
    #[arg(long, hide = true, value_name = "VERSION")]
    pub heron_release_pkgversion: Option<String>,
    /// 2015: `--verbose`.
    #[arg(long, hide = true)]
    pub heron_verbose: bool,
    /// 2016: the JVM's own tracing.
    #[arg(long, hide = true)]
    pub trace_execution: bool,
    /// 2020: an API server instead of direct submission.
    #[arg(long, hide = true, value_name = "URL")]
    pub service_url: Option<String>,
}

impl Legacy {
    /// A line for each flag that was given although it does nothing.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |given: bool, flag: &str, instead: &str| {
            if given {
                warnings.push(format!("`{flag}` has no effect any more: {instead}"));
            }
        };
        warn(self.heron_aurora_no_wait, "--heron-aurora-no-wait", "use `--wait none`");
        warn(self.heron_batch_size.is_some(), "--heron-batch-size", "it was Aurora's");
        warn(self.trace_execution, "--trace-execution", "use `-vv`");
        warn(
            self.service_url.is_some(),
            "--service-url",
            "heron-cli talks to Mesos and ZooKeeper itself",
        );
        warnings
    }

    /// What the flags of 2015 set, as properties.
    #[must_use]
    pub fn properties(&self) -> Vec<String> {
        [
            ("heron.release.package.role", &self.heron_release_pkgrole),
            ("heron.release.package.name", &self.heron_release_pkgname),
            ("heron.release.package.version", &self.heron_release_pkgversion),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.as_ref().map(|value| format!("{key}={value}")))
        .chain(self.heron_verbose.then(|| "heron.verbose=true".to_owned()))
        .collect()
    }
}
