//! From words to an exit code: parse, configure, run one command, show what came of it.

use std::ffi::OsString;
use std::time::Duration;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
use tokio::sync::watch;

use crate::cli::{self, Cli, ClusterCheck, Command, Legacy, positionals};
use crate::commands::{
    activate, check_fetch, config, deactivate, kill, list, man, restart, status, submit, update,
};
use crate::config::Need;
use crate::context::configure::{self, Given};
use crate::context::{Context, Signal, Signals};
use crate::env::Env;
use crate::failure::{Exit, Failure};
use crate::net::deadline::Deadline;
use crate::outcome::{Outcome, SCHEMA, Text, Version};
use crate::report::Reporter;
use crate::ui::{self, Ui};

/// The Heron release whose command lines are written unless the configuration names another.
const NEWEST_HERON: &str = "0.20.5";
/// How long work that was begun may take to end after a signal, before the process goes.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// Runs the program; returns its exit code.
#[must_use]
pub fn run(argv: impl IntoIterator<Item = OsString>, env: &Env) -> u8 {
    let argv: Vec<OsString> = argv.into_iter().collect();
    let json = wants_json(&argv);
    let cli = match cli::parse(argv) {
        Ok(cli) => cli,
        Err(error) => return ui::usage_error(&error, json),
    };
    let ui = Ui::new(&cli.global);
    init_logs(cli.global.verbose, env);
    ui.finish(dispatch(&cli, &ui, env))
}

/// Whether wrong usage is to be told as JSON; the words could not be parsed, so that they are only looked at.
fn wants_json(argv: &[OsString]) -> bool {
    let words: Vec<&str> = argv.iter().filter_map(|word| word.to_str()).collect();
    let joined = ["-ojson", "--output=json", "-o=json"];
    words.iter().any(|word| joined.contains(word))
        || words.windows(2).any(|pair| matches!(pair, ["-o" | "--output", "json"]))
}

fn init_logs(verbose: u8, env: &Env) {
    let level = match verbose {
        0 | 1 => "warn,heron_cli=info",
        2 => "warn,heron_cli=debug",
        _ => "debug,heron_cli=trace",
    };
    let filter = match (env.get("HERON_LOG"), verbose) {
        (Some(filter), _) => filter,
        (None, 0) => return,
        (None, _) => level,
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .finish();
    // Only a second program in this process could have set one already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

fn dispatch(cli: &Cli, ui: &Ui, env: &Env) -> Result<Outcome, Failure> {
    match &cli.command {
        Command::Version(args) => {
            warn_of(&args.legacy, ui);
            Ok(version())
        }
        Command::Classpath(args) => {
            warn_of(&args.legacy, ui);
            Ok(text(String::new()))
        }
        Command::Completions(args) => Ok(text(completions(args.shell))),
        Command::Man(args) => man::man(cli::definition(), &args.directory).map_err(Failure::from),
        Command::Config(args) => {
            let given = given(cli, config::overrides(&args.command), &cli.command);
            let console = ui.console();
            config::config(&args.command, given, env, console.as_ref()).map_err(Failure::from)
        }
        command => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| Failure::new(Exit::Failed, error.into()))?;
            let result = runtime.block_on(with_signals(cli, command, ui, env));
            runtime.shutdown_timeout(SHUTDOWN);
            result
        }
    }
}

fn warn_of(legacy: &Legacy, ui: &Ui) {
    for warning in legacy.warnings() {
        ui.console().warn(&warning);
    }
}

fn version() -> Outcome {
    Outcome::Version(Version {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        heron: NEWEST_HERON,
    })
}

fn text(text: String) -> Outcome {
    Outcome::Text(Text { schema: SCHEMA, text })
}

fn completions(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::definition(), "heron-cli", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Listens for signals while a command runs. The first one asks it to end in good order; the second ends the process.
async fn with_signals(
    cli: &Cli,
    command: &Command,
    ui: &Ui,
    env: &Env,
) -> Result<Outcome, Failure> {
    let (sender, receiver) = watch::channel(None);
    let streams = [
        (SignalKind::interrupt(), Signal::Interrupted),
        (SignalKind::terminate(), Signal::Terminated),
        (SignalKind::hangup(), Signal::Terminated),
    ];
    let mut listening = Vec::new();
    for (kind, meaning) in streams {
        let stream = signal(kind).map_err(|error| Failure::new(Exit::Failed, error.into()))?;
        listening.push(tokio::spawn(listen(stream, meaning, sender.clone())));
    }
    let result = Box::pin(execute(cli, command, ui, env, Signals::new(receiver))).await;
    for task in listening {
        task.abort();
    }
    result
}

#[allow(clippy::exit)] // a second signal means: now
async fn listen(mut stream: Stream, meaning: Signal, sender: watch::Sender<Option<Signal>>) {
    while stream.recv().await.is_some() {
        let again = sender.send_replace(Some(meaning)).is_some();
        if again {
            std::process::exit(i32::from(Exit::of_signal(meaning).code()));
        }
    }
}

async fn execute(
    cli: &Cli,
    command: &Command,
    ui: &Ui,
    env: &Env,
    signals: Signals,
) -> Result<Outcome, Failure> {
    let whole = Deadline::starting_now(cli.global.timeout, signals.clone());
    let console = ui.console();
    let machine = env.machine();
    let call = Call::of(command).map_err(|error| Failure::from(anyhow::Error::from(error)))?;
    if let Some(legacy) = legacy(command) {
        warn_of(legacy, ui);
    }
    let given = given(cli, call.overrides.clone(), command);
    let configured = configure::configure(given, call.need, env, console.as_ref());
    let configured = configured.map_err(|error| Failure::from(anyhow::Error::from(error)))?;
    let context = Context {
        settings: &configured.settings,
        yaml_directory: configured.loaded.yaml_directory.as_deref(),
        reporter: console.clone(),
        machine: &machine,
        env,
        signals,
        timeout: cli.global.timeout,
        whole,
        verb: call.verb,
    };
    Box::pin(carry_out(&context, command, &call, env)).await.map_err(Failure::from)
}

fn given(cli: &Cli, overrides: Option<String>, command: &Command) -> Given {
    let global = &cli.global;
    let mut properties = legacy(command).map(Legacy::properties).unwrap_or_default();
    properties.extend(global.config_property.iter().cloned());
    Given {
        loader: global.config_loader.clone(),
        config_file: global.config_file.clone(),
        config_path: global.config_path.clone(),
        properties,
        overrides,
        context: global.context.clone(),
        release_file: match command {
            Command::Submit(args) => args.release_yaml_file.clone(),
            _ => None,
        },
    }
}

/// The historical flags of a command that had any.
fn legacy(command: &Command) -> Option<&Legacy> {
    match command {
        Command::Submit(args) => Some(&args.legacy),
        Command::Activate(args) | Command::Deactivate(args) | Command::Status(args) => {
            Some(&args.legacy)
        }
        Command::Restart(args) => Some(&args.legacy),
        Command::Update(args) => Some(&args.legacy),
        Command::Kill(args) => Some(&args.legacy),
        Command::List(args) => Some(&args.legacy),
        Command::Version(_)
        | Command::Classpath(_)
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Check(_)
        | Command::Config(_) => None,
    }
}

/// A command with its positionals told apart.
struct Call {
    verb: &'static str,
    need: Need,
    /// Overrides of any form.
    overrides: Option<String>,
    target: Target,
}

/// What a command is about.
enum Target {
    /// A topology to be submitted.
    Submission(positionals::SubmitPositionals),
    /// A topology, and for `restart` a container of it.
    Topology(String, Option<u32>),
    /// All topologies.
    All,
}

impl Call {
    fn of(command: &Command) -> Result<Self, positionals::UsageError> {
        let named = |verb, need, found: positionals::TopologyPositionals| Self {
            verb,
            need,
            overrides: found.overrides,
            target: Target::Topology(found.topology, found.container),
        };
        Ok(match command {
            Command::Submit(args) => {
                let found = positionals::submit(&args.arguments)?;
                let overrides = found.overrides.clone();
                let target = Target::Submission(found);
                Self { verb: "submit", need: Need::Launch, overrides, target }
            }
            Command::Activate(args) => {
                named("activate", Need::State, positionals::topology(&args.arguments)?)
            }
            Command::Deactivate(args) => {
                named("deactivate", Need::State, positionals::topology(&args.arguments)?)
            }
            Command::Status(args) => {
                named("status", Need::State, positionals::topology(&args.arguments)?)
            }
            Command::Kill(args) => {
                named("kill", Need::Engine, positionals::topology(&args.arguments)?)
            }
            Command::Restart(args) => {
                named("restart", Need::Engine, positionals::restart(&args.arguments)?)
            }
            Command::Update(args) => {
                let settings_only = !args.runtime_config.is_empty();
                let need = if settings_only { Need::State } else { Need::Engine };
                named("update", need, positionals::topology(&args.arguments)?)
            }
            Command::List(args) => {
                let overrides = positionals::list(&args.arguments)?;
                Self { verb: "list", need: Need::State, overrides, target: Target::All }
            }
            Command::Check(args) => {
                let ClusterCheck::Fetch(args) = &args.command;
                let overrides = args.overrides.clone();
                Self { verb: "check fetch", need: Need::Engine, overrides, target: Target::All }
            }
            Command::Version(_)
            | Command::Classpath(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Config(_) => {
                Self { verb: "version", need: Need::State, overrides: None, target: Target::All }
            }
        })
    }
}

async fn carry_out(
    context: &Context<'_>,
    command: &Command,
    call: &Call,
    env: &Env,
) -> anyhow::Result<Outcome> {
    match (command, &call.target) {
        (Command::Submit(args), Target::Submission(target)) => {
            Box::pin(submit::submit(context, args, target, env)).await
        }
        (Command::Activate(_), Target::Topology(name, _)) => {
            activate::activate(context, name).await
        }
        (Command::Deactivate(_), Target::Topology(name, _)) => {
            deactivate::deactivate(context, name).await
        }
        (Command::Restart(_), Target::Topology(name, container)) => {
            restart::restart(context, name, *container).await
        }
        (Command::Update(args), Target::Topology(name, _)) => {
            update::update(context, args, name).await
        }
        (Command::Kill(args), Target::Topology(name, _)) => {
            kill::kill(context, name, args.ignore_not_found).await
        }
        (Command::Status(_), Target::Topology(name, _)) => status::status(context, name).await,
        (Command::Check(args), _) => {
            let ClusterCheck::Fetch(args) = &args.command;
            check_fetch::fetch(context, args).await
        }
        _ => list::list(context).await,
    }
}
