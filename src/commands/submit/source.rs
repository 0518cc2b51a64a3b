//! What is submitted: the definitions that the user's main writes, or one that is ready, and the file with their code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;

use super::plan::Plan;
use crate::cli::SubmitArgs;
use crate::cli::positionals::{SubmitPositionals, is_definition};
use crate::commands::context::Context;
use crate::env::Env;
use crate::proto::api::TopologyState;
use crate::topology::definition::Definition;
use crate::topology::dialect::Release;
use crate::topology::heron_conf::HeronConf;
use crate::topology::java::JavaEnvironment;
use crate::topology::main_runner::{self, UserMain};
use crate::topology::options::Options;
use crate::topology::package::{Contents, Fingerprint};
use crate::topology::{package, ready};
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
    fingerprint: Fingerprint,
    /// Where packages are built; removed with this value.
    directory: TempDir,
    /// Where what was built is kept, if the user wants it.
    keep: Option<PathBuf>,
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
    let fingerprint = package::fingerprint(&binary)?;
    let name = binary.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let directory = tempfile::tempdir().context("failed to make a temporary directory")?;
    Ok(Sources {
        definitions,
        binary,
        binary_name: name,
        fingerprint,
        directory,
        keep: args.tmp_dir.as_ref().map(|keep| env.directory.join(keep)),
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
    /// Tells submissions of the same content, although every run of a main makes another topology id. `command` is the
    /// containers' command line.
    pub fn digest(
        &self,
        context: &Context<'_>,
        release: &Release,
        definition: &Definition,
        command: &[String],
    ) -> anyhow::Result<String> {
        // Serialized objects may differ from run to run; what they are made of is in the binary.
        let trimmed = Definition::decode(definition.trimmed()?)?;
        let conf = heron_conf(context, release)?.files()?;
        let contents = self.contents(&trimmed, &conf);
        let command: Vec<&str> = command
            .iter()
            .map(String::as_str)
            .filter(|argument| !argument.contains(definition.id()))
            .collect();
        let also = [("command", command.join("\n"))];
        let also = also.each_ref().map(|(name, text)| (*name, text.as_str()));
        Ok(package::content_digest(&contents, &self.fingerprint, &also)?)
    }

    fn contents<'a>(
        &'a self,
        definition: &'a Definition,
        conf: &'a BTreeMap<String, Vec<u8>>,
    ) -> Contents<'a> {
        Contents { binary: &self.binary, binary_name: &self.binary_name, definition, conf }
    }

    /// Builds the package of one topology, on another thread: a large one takes longer than ZooKeeper waits for a sign of
    /// life of whoever holds the lock.
    pub async fn package(&self, context: &Context<'_>, plan: &Plan) -> anyhow::Result<Package> {
        let conf = heron_conf(context, &plan.release)?.files()?;
        let path = self.directory.path().join(&plan.package.name);
        let (binary, binary_name) = (self.binary.clone(), self.binary_name.clone());
        let (definition, target) = (plan.definition.clone(), path.clone());
        let building = tokio::task::spawn_blocking(move || {
            let (binary, binary_name) = (binary.as_path(), binary_name.as_str());
            let contents = Contents { binary, binary_name, definition: &definition, conf: &conf };
            package::build(&contents, &target)
        });
        let built = building.await.context("building the package was broken off")??;
        if let Some(keep) = &self.keep {
            std::fs::create_dir_all(keep)
                // The name that Heron always gave it: a configuration of 2016 says that agents find it under that.
                .and_then(|()| std::fs::copy(&path, keep.join("topology.tar.gz")))
                .and_then(|_| {
                    let name = format!("{}.defn", plan.name);
                    std::fs::write(keep.join(name), &plan.definition.bytes)
                })
                .with_context(|| format!("failed to keep the package in {}", keep.display()))?;
        }
        Ok(Package { path, size: built.size, sha256: built.sha256 })
    }
}

/// What the files of `heron-conf/` in the package are made of.
fn heron_conf(context: &Context<'_>, release: &Release) -> anyhow::Result<HeronConf> {
    let settings = context.settings;
    let own = context.yaml_directory.map(package::read_directory).transpose()?;
    Ok(HeronConf {
        release: release.clone(),
        zookeeper: settings.state.backend.connection().to_owned(),
        root: settings.state.root.clone(),
        logging_directory: settings.sandbox.logging_directory.clone(),
        java_home: settings.sandbox.java_home.clone(),
        core_uri: settings.core_uri.clone(),
        packing_class: settings.packing_class.clone(),
        build_user: settings.release.user.clone(),
        release_yaml: None,
        own: own.unwrap_or_default(),
        overrides: settings.container_overrides.clone().into_iter().collect(),
    })
}
