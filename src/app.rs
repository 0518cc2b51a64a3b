//! From words to an exit code: parse, configure, run one command, show what came of it.

mod confirm;
mod invocation;
mod logs;
mod signals;

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::{Global, OutputFormat};
use crate::completion;
use crate::config::Settings;
use crate::context::Context;
use crate::context::configure::{self, ClusterConfig};
use crate::env::Env;
use crate::failure::{Exit, Failure};
use crate::given::{self, Typed};
use crate::net::deadline::{Deadline, Signals};
use crate::net::zookeeper::Opened;
use crate::outcome::Outcome;
use crate::report::Reporter as _;
use crate::ui::{self, Ui};
use crate::verbs::{self, InCluster, Parsed, Verb, Work};
use invocation::Invocation;

/// How long what threads are still at may take to end, such as a look-up of a name, before the process goes.
const SHUTDOWN: Duration = Duration::from_millis(150);

/// Runs the program; returns its exit code.
#[must_use]
pub fn run(argv: impl IntoIterator<Item = OsString>, env: &Env) -> u8 {
    let argv: Vec<OsString> = argv.into_iter().collect();
    match completion::complete(verbs::definition, &argv, env) {
        Ok(false) => {}
        Ok(true) => return 0,
        // A shell shows nothing of it.
        Err(_) => return Exit::Failed.code(),
    }
    let wished = OutputFormat::named(env.get("HERON_OUTPUT"));
    let guessed = OutputFormat::guessed(&argv);
    let guessed = guessed.or(wished.clone().ok().flatten()).unwrap_or_default();
    let Parsed { cli, words } = match verbs::parse(argv) {
        Ok(parsed) => parsed,
        Err(error) => return ui::usage_error(&error, guessed),
    };
    let understood = cli.command.verb().and_then(|verb| {
        let wished = if verb.is_text || cli.global.output.is_some() { Ok(None) } else { wished };
        Ok((verb, cli.global.output.or(wished?).unwrap_or_default()))
    });
    let (verb, format) = match understood {
        Ok(understood) => understood,
        Err(error) => {
            let mut failure = Failure::from(anyhow::Error::from(error));
            Invocation::new(&words, &cli.global, None).complete(failure.hints.iter_mut());
            return Ui::new(&cli.global, guessed).finish(Err(failure));
        }
    };
    let ui = Ui::new(&cli.global, format);
    logs::init(cli.global.verbose, env);
    let invocation = Invocation::new(&words, &cli.global, verb.overrides.as_deref());
    let mut answer = carry_out(verb, &cli.global, &ui, env);
    match &mut answer {
        Ok(outcome) => invocation.complete(outcome.hints_mut()),
        Err(failure) => invocation.complete(failure.hints.iter_mut()),
    }
    ui.finish(answer)
}

fn carry_out(verb: Verb, global: &Global, ui: &Ui, env: &Env) -> Result<Outcome, Failure> {
    let console = ui.console();
    for warning in verb.legacy.warnings() {
        console.warn(&warning);
    }
    let typed = Typed {
        global,
        legacy: &verb.legacy,
        overrides: verb.overrides.as_deref(),
        release_file: verb.release_file.as_deref(),
        properties: &verb.properties,
    };
    let given = given::given(&typed, env).map_err(anyhow::Error::from)?;
    given::check_cluster(&given.config, env).map_err(anyhow::Error::from)?;
    match verb.work {
        Work::Alone(work) => work().map_err(Failure::from),
        Work::CommandLine(work) => work(verbs::definition()).map_err(Failure::from),
        Work::Files(work) => work(given.config, env, console.as_ref()).map_err(Failure::from),
        Work::Cluster(need, work) => {
            let configured = configure::configure(given.config, need, env, console.as_ref());
            let configured = configured.map_err(anyhow::Error::from)?;
            let Settings { cluster, role, environ, state, .. } = &configured.settings;
            tracing::info!(cluster, role, environ, state_root = state.root, "configured");
            // Signals end the process here: nothing has begun.
            if verb.asks && !given.by_hand {
                let what = [Some(verb.name), verb.topology.as_deref()];
                let what: Vec<&str> = what.into_iter().flatten().collect();
                confirm::confirm(&what.join(" "), &configured.settings)?;
            }
            let given = InACluster { name: verb.name, timeout: global.timeout, configured };
            in_runtime(work, &given, ui, env)
        }
    }
}

/// What a verb that needs a cluster is given.
struct InACluster {
    name: &'static str,
    timeout: Option<Duration>,
    configured: ClusterConfig,
}

fn in_runtime(work: InCluster, given: &InACluster, ui: &Ui, env: &Env) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(anyhow::Error::from)?;
    let command = async |signals| Box::pin(in_cluster(work, given, ui, env, signals)).await;
    let answer = runtime.block_on(signals::listening(command));
    runtime.shutdown_timeout(SHUTDOWN);
    answer
}

async fn in_cluster(
    work: InCluster,
    given: &InACluster,
    ui: &Ui,
    env: &Env,
    signals: Signals,
) -> Result<Outcome, Failure> {
    let machine = env.machine();
    let console = ui.console();
    let listener = Arc::new(move |what: Option<&str>| console.waiting(what));
    let context = Context {
        settings: &given.configured.settings,
        yaml_directory: given.configured.loaded.yaml_directory.as_deref(),
        place: &given.configured.place,
        reporter: ui.console(),
        answers: ui.stream(),
        machine: &machine,
        env,
        whole: Deadline::starting_now(given.timeout, signals).heard_by(listener),
        timeout: given.timeout,
        opened: Opened::default(),
        verb: given.name,
        member: None,
    };
    Ok(work(&context).await?)
}
