//! What is submitted: the definitions that the user's main writes, or one that is ready, and the file with their code.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::plan::Plan;
use crate::cli::SubmitArgs;
use crate::cli::positionals::{SubmitPositionals, is_definition};
use crate::commands::context::Context;
use crate::config::Settings;
use crate::env::Env;
use crate::proto::api::TopologyState;
use crate::topology::definition::Definition;
use crate::topology::java::JavaEnvironment;
use crate::topology::main_runner::{self, UserMain};
use crate::topology::options::Options;
use crate::topology::{edit, ready};
use crate::upload::Package;

/// How long a user's main may take.
const MAIN_LIMIT: Duration = Duration::from_mins(5);

/// What is submitted.
pub(super) struct Sources {
    pub definitions: Vec<Definition>,
    /// The file with the topologies' code.
    pub binary: PathBuf,
    /// Its name in the sandbox.
    pub binary_name: String,
    /// SHA-256 of its content.
    binary_digest: Vec<u8>,
    /// Where packages are built; removed with this value.
    directory: TempDir,
}

/// Runs the main, or reads the definition that is ready.
pub(super) async fn sources(
    context: &Context<'_>,
    args: &SubmitArgs,
    target: &SubmitPositionals,
    env: &Env,
) -> anyhow::Result<Sources> {
    let file = env.directory.join(&target.file);
    let (definitions, binary) = if is_definition(&target.file) {
        let binary = args.topology_binary.as_ref().map(|binary| env.directory.join(binary));
        let ready = ready::load(&file, binary.as_deref())?;
        (vec![ready.definition], ready.binary)
    } else {
        (run_main(context, args, target, env, &file).await?, file)
    };
    let content =
        std::fs::read(&binary).with_context(|| format!("failed to read {}", binary.display()))?;
    let name = binary.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let directory = tempfile::tempdir().context("failed to make a temporary directory")?;
    Ok(Sources {
        definitions,
        binary,
        binary_name: name,
        binary_digest: Sha256::digest(&content).to_vec(),
        directory,
    })
}

async fn run_main(
    context: &Context<'_>,
    args: &SubmitArgs,
    target: &SubmitPositionals,
    env: &Env,
    file: &Path,
) -> anyhow::Result<Vec<Definition>> {
    let settings = context.settings;
    let main = UserMain {
        file: file.to_owned(),
        class: target.class.clone().unwrap_or_default(),
        arguments: target.arguments.clone(),
        options: Options {
            initial_state: if args.deactivated {
                TopologyState::Paused
            } else {
                TopologyState::Running
            },
            cluster: settings.cluster.clone(),
            role: settings.role.clone(),
            environ: settings.environ.clone(),
            submit_user: settings.submit_user.clone(),
        },
        java: JavaEnvironment {
            java_bin: env.get("JAVA_BIN").map(PathBuf::from),
            java_home: env.get("JAVA_HOME").map(PathBuf::from),
            path: env.get("PATH").map(Into::into),
        },
        jvm_properties: args.topology_main_jvm_property.clone(),
        extra_classpath: classpath(args.extra_launch_classpath.as_deref()),
        time_limit: context.timeout.unwrap_or(MAIN_LIMIT),
        temporary: env.get("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from),
    };
    context.reporter.step(&format!("running the main of {}", target.file));
    let on_line = |_, line: &str| context.reporter.program_output(line);
    tokio::select! {
        definitions = main_runner::run(&main, &on_line) => Ok(definitions?),
        signal = context.signals.wait() => {
            let doing = format!("running the main of {}", target.file);
            let next = vec!["nothing was changed".to_owned()];
            Err(crate::commands::error::CommandError::Interrupted { signal, doing, next }.into())
        }
    }
}

fn classpath(given: Option<&str>) -> Vec<PathBuf> {
    given
        .unwrap_or_default()
        .split(':')
        .filter(|entry| !entry.is_empty())
        .map(PathBuf::from)
        .collect()
}

impl Sources {
    /// Tells submissions of the same content, although every run of a main makes another topology id.
    pub fn digest(&self, settings: &Settings, definition: &Definition) -> anyhow::Result<String> {
        let mut hash = Sha256::new();
        let mut add = |part: &[u8]| {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        };
        // Serialized objects may differ from run to run; what they are made of is in the binary.
        add(&edit::without_id(&definition.trimmed()?)?);
        add(&self.binary_digest);
        for text in [
            &settings.cluster,
            &settings.role,
            &settings.environ,
            &settings.core_uri,
            &settings.state.root,
        ] {
            add(text.as_bytes());
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Builds the package of one topology.
    pub async fn package(&self, c: &Context<'_>, p: &Plan) -> anyhow::Result<Package> {
        let path = self.directory.path().join("topology.tar.gz");
        let mut t = tar::Builder::new(flate2::write::GzEncoder::new(
            std::fs::File::create(&path)?,
            flate2::Compression::fast(),
        ));
        let mut add = |n: &str, b: &[u8]| {
            let mut h = tar::Header::new_gnu();
            h.set_size(b.len() as u64);
            h.set_mode(0o644);
            h.set_mtime(315532800);
            t.append_data(&mut h, n, b)
        };
        add(&self.binary_name, &std::fs::read(&self.binary)?)?;
        add(&format!("{}.defn", p.name), &p.definition.bytes)?;
        for f in ["heron_internals.yaml", "metrics_sinks.yaml", "stateful.yaml"] {
            add(
                &format!("heron-conf/{f}"),
                &std::fs::read(format!("/work/shared/golden/vectors/heron-conf-mesos/{f}"))?,
            )?;
        }
        add("heron-conf/override.yaml", b"{}\n")?;
        let s = c.settings;
        add("heron-conf/statemgr.yaml", format!("heron.class.state.manager: org.apache.heron.statemgr.zookeeper.curator.CuratorStateManager\nheron.statemgr.connection.string: {}\nheron.statemgr.root.path: {}\n", s.state.backend.connection(), s.state.root).as_bytes())?;
        t.into_inner()?.finish()?;
        Ok(Package::read(&path).await?)
    }
}
