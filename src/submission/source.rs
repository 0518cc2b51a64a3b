//! What is submitted: the definitions that the user's main writes, or one that is ready, and the file with their code.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Map;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::cli::positionals::SubmitPositionals;
use crate::cli::{TopologySource, UsageError};
use crate::context::Context;
use crate::digest::hexadecimal;
use crate::env::Env;
use crate::net::http::Proxies;
use crate::net::redact::redact;
use crate::proto::api::TopologyState;
use crate::report::Progress;
use crate::scheduler::package::PackageContent;
use crate::temporary;
use crate::topology::conf_directory::{self, LeftOut, Secrets};
use crate::topology::definition::Definition;
use crate::topology::dialect::Release;
use crate::topology::download::{self, DownloadLimits};
use crate::topology::file_kind::FileKind;
use crate::topology::heron_conf::HeronConf;
use crate::topology::java::JavaEnvironment;
use crate::topology::location::{Location, LocationError};
use crate::topology::main_runner;
use crate::topology::options::Options;
use crate::topology::package::{Contents, Fingerprint};
use crate::topology::ready::ReadyError;
use crate::topology::user_main::UserMain;
use crate::topology::{integrity, package, ready};
use crate::upload::Package;

/// How long a topology file may take to be downloaded.
const DOWNLOAD: Duration = Duration::from_mins(15);

/// What is submitted.
pub struct Sources {
    /// The topologies, as their main defines them.
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
    /// The user's own files for `heron-conf/`.
    own: BTreeMap<String, Vec<u8>>,
}

/// Runs the main, or reads the definition that is ready. What is on the web is fetched first.
pub async fn sources(
    context: &Context<'_>,
    args: &TopologySource,
    target: &SubmitPositionals,
    env: &Env,
) -> anyhow::Result<Sources> {
    let own = own_files(context)?;
    let temporary = env.temporary();
    let directory = temporary::directory(&temporary).with_context(|| {
        format!("failed to make a temporary directory in {}", temporary.display())
    })?;
    let fetched = directory.path().join("fetched");
    let file = local(context, env, &target.file, &fetched.join("topology")).await?;
    let limit = context.settings.package_max.get();
    let (definitions, binary) = if FileKind::is_definition(&file.to_string_lossy()) {
        let named = match &args.topology_binary {
            Some(named) => {
                let word = named.to_string_lossy();
                Some(local(context, env, &word, &fetched.join("binary")).await?)
            }
            None if file.starts_with(&fetched) => {
                let definition = redact(&target.file);
                return Err(ReadyError::NothingNamed { definition }.into());
            }
            None => None,
        };
        let ready = ready::load(&file, named.as_deref())?;
        let binary = ready.binary;
        check(context, binary.clone(), limit).await?;
        (vec![ready.definition], binary)
    } else {
        check_before_main(context, &file, limit).await?;
        (run_main(context, args, target, env, &file, temporary).await?, file)
    };
    let max_buffer = context.settings.state.max_buffer.get();
    for definition in &definitions {
        definition.check_size(usize::try_from(max_buffer).unwrap_or(usize::MAX))?;
    }
    let fingerprint = package::fingerprint(&binary)?;
    let name = binary.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Sources { definitions, binary, binary_name: name, fingerprint, directory, keep: None, own })
}

/// The files of the configuration directory that go into packages; what does not is told.
fn own_files(context: &Context<'_>) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let secrets = if context.settings.package_secrets { Secrets::Allow } else { Secrets::Refuse };
    let own = context.yaml_directory.map(|path| conf_directory::read(path, secrets)).transpose()?;
    let own = own.unwrap_or_default();
    tell_left_out(context, &own.left_out);
    Ok(own.files)
}

fn tell_left_out(context: &Context<'_>, left_out: &[LeftOut]) {
    if !left_out.is_empty() {
        let names: Vec<String> = left_out.iter().map(ToString::to_string).collect();
        context.reporter.warn(&format!("left out of the package: {}", names.join(", ")));
    }
}

/// Where a file is on this machine: where it was said to be, or where it has been downloaded to.
async fn local(
    context: &Context<'_>,
    env: &Env,
    word: &str,
    directory: &Path,
) -> anyhow::Result<PathBuf> {
    let file = match Location::parse(word)? {
        Location::Path(path) => return there(env.directory.join(path)),
        Location::Web(file) => file,
    };
    std::fs::create_dir_all(directory)
        .with_context(|| format!("failed to make {}", directory.display()))?;
    let doing = format!("downloading {file}");
    context.reporter.step(&doing);
    let limits =
        DownloadLimits::new(context.settings.package_max.get(), context.deadline(DOWNLOAD));
    let on_progress = |done, total: Option<u64>| {
        if let Some(total) = total {
            let progress = Progress { done, total, unit: "bytes", ..Progress::default() };
            context.reporter.progress(&progress);
        }
    };
    let proxies = Proxies::of_environment(|name| env.get(name));
    let download = download::download(&file, directory, &proxies, &limits, &on_progress);
    context.or_interrupted(doing, download).await
}

/// A path, if there is something. Whether that can be read, those say who read it.
fn there(path: PathBuf) -> anyhow::Result<PathBuf> {
    match std::fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(LocationError::Missing { path }.into())
        }
        _ => Ok(path),
    }
}

/// Looks at a topology file, which may take a while for a large tar.
async fn check(context: &Context<'_>, file: PathBuf, limit: u64) -> anyhow::Result<()> {
    let doing = format!("reading {}", file.display());
    let checking = tokio::task::spawn_blocking(move || integrity::check(&file, limit));
    context.in_time(doing, async { Ok(checking.await??) }).await
}

/// A tar is read when it is extracted for its main: here its size matters only.
async fn check_before_main(context: &Context<'_>, file: &Path, limit: u64) -> anyhow::Result<()> {
    match FileKind::of_path(file) {
        Ok(FileKind::Tar | FileKind::TarGz) => {
            integrity::check_size(file, limit)?;
            Ok(())
        }
        // What is of no known kind is told by the runner.
        Err(_) => Ok(()),
        Ok(_) => check(context, file.to_owned(), limit).await,
    }
}

async fn run_main(
    context: &Context<'_>,
    args: &TopologySource,
    target: &SubmitPositionals,
    env: &Env,
    file: &Path,
    temporary: PathBuf,
) -> anyhow::Result<Vec<Definition>> {
    let settings = context.settings;
    let file_shown = redact(&target.file);
    let Some(class) = target.class.clone() else {
        return Err(UsageError::NoClass { file: file_shown }.into());
    };
    let limit = settings.main_timeout;
    let main = UserMain {
        file: file.to_owned(),
        class,
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
            path: env.path(),
        },
        jvm_properties: args.topology_main_jvm_property.clone(),
        extra_classpath: classpath(env, args.extra_launch_classpath.as_deref()),
        time_limit: context.whole.remaining(limit),
        size_limit: settings.package_max.get(),
        temporary,
    };
    let doing = format!("running the main of {file_shown}");
    context.reporter.step(&doing);
    let on_line = |_, line: &str| context.reporter.program_output(line);
    context.or_interrupted(doing, main_runner::run(&main, &on_line)).await
}

fn classpath(env: &Env, given: Option<&str>) -> Vec<PathBuf> {
    given
        .unwrap_or_default()
        .split(':')
        .filter(|entry| !entry.is_empty())
        .map(|entry| env.directory.join(entry))
        .collect()
}

impl Sources {
    /// With what is built kept in a directory, if the user wants it.
    #[must_use]
    pub fn kept_in(self, keep: Option<PathBuf>) -> Self {
        Self { keep, ..self }
    }

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
        let conf = self.heron_conf(context, release).files()?;
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

    /// What the package is made of beside the definition.
    pub fn content(
        &self,
        context: &Context<'_>,
        release: &Release,
    ) -> anyhow::Result<PackageContent> {
        let conf = self.heron_conf(context, release).files()?;
        let digest = |bytes: &[u8]| hexadecimal(&Sha256::digest(bytes));
        Ok(PackageContent {
            file: self.binary_name.clone(),
            sha256: self.fingerprint.sha256.clone(),
            conf: conf.iter().map(|(name, bytes)| (name.clone(), digest(bytes))).collect(),
            extra: Map::new(),
        })
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
    pub async fn package(
        &self,
        context: &Context<'_>,
        definition: &Definition,
        release: &Release,
        name: &str,
    ) -> anyhow::Result<Package> {
        let conf = self.heron_conf(context, release);
        tell_left_out(context, &conf.left_out());
        let conf = conf.files()?;
        let path = self.directory.path().join(name);
        let limit = context.settings.package_max.get();
        let (binary, binary_name) = (self.binary.clone(), self.binary_name.clone());
        let (packed, target) = (definition.clone(), path.clone());
        let building = tokio::task::spawn_blocking(move || {
            let (binary, binary_name) = (binary.as_path(), binary_name.as_str());
            let contents = Contents { binary, binary_name, definition: &packed, conf: &conf };
            package::build(&contents, &target, limit)
        });
        let built = async { Ok(building.await.context("building the package was broken off")??) };
        let built = context.in_time("building the package".to_owned(), built).await?;
        if let Some(keep) = &self.keep {
            // The name that Heron always gave it: a configuration of 2016 says that agents find it under that.
            let copy = |file: &mut File| io::copy(&mut File::open(&path)?, file).map(drop);
            let name = format!("{}.defn", definition.name());
            temporary::place(keep, "topology.tar.gz", copy)
                .and_then(|()| {
                    temporary::place(keep, &name, |file| file.write_all(&definition.bytes))
                })
                .with_context(|| format!("failed to keep the package in {}", keep.display()))?;
        }
        Ok(Package { path, size: built.size, sha256: built.sha256 })
    }

    /// What the files of `heron-conf/` in the package are made of.
    fn heron_conf(&self, context: &Context<'_>, release: &Release) -> HeronConf {
        let settings = context.settings;
        HeronConf {
            release: release.clone(),
            zookeeper: settings.state.backend.connection().to_owned(),
            root: settings.state.root.clone(),
            logging_directory: settings.sandbox.logging_directory.clone(),
            java_home: settings.sandbox.java_home.clone(),
            core_uri: settings.core_uri.clone(),
            packing_class: settings.packing_class.clone(),
            build_user: settings.release.user.clone(),
            release_yaml: None,
            own: self.own.clone(),
            overrides: settings.container_overrides.clone().into_iter().collect(),
        }
    }
}
