//! The table of the verbs.

use clap::Subcommand;

use super::verb::Verb;
use crate::cli::positionals::{list, logs, names, restart, submit, topology};
use crate::cli::{self, Legacy, UsageError, Words};
use crate::commands::{self as run, config};
use crate::config::Need::{Engine, Launch, State};

/// Makes of one table the subcommands of the command line, and what each of them needs and does.
macro_rules! verbs {
    ($($name:ident($arguments:ident: $type:ty) => $verb:expr;)*) => {
        /// The commands.
        #[derive(Debug, Subcommand)]
        #[allow(missing_docs, reason = "described by their arguments")]
        pub enum Command { $($name($type),)* }

        impl Command {
            /// What it needs and does.
            pub fn verb(self) -> Result<Verb, UsageError> {
                Ok(match self { $(Self::$name($arguments) => $verb,)* })
            }
        }
    };
}

/// What a verb does in a cluster, with its positionals.
macro_rules! work {
    ($context:ident, $found:ident => $work:expr) => {
        move |$context, $found| Box::pin(async move { $work.await })
    };
}

// Each line: the verb and its arguments, what it needs, how its positionals are told apart, what it does.
#[rustfmt::skip]
verbs! {
    Submit(a: cli::SubmitArgs) => { let (file, set) = (a.source.release_yaml_file.clone(), a.properties()); Verb::cluster("submit", Launch, a.words.clone(), submit, work!(c, t => run::submit::submit(c, &a, &t, c.env)))?.of_release(file).setting(set) };
    Diff(a: cli::DiffArgs) => { let file = a.source.release_yaml_file.clone(); Verb::cluster("diff", Launch, a.words.clone(), submit, work!(c, t => run::diff::diff(c, &a, &t, c.env)))?.of_release(file) };
    Activate(a: cli::ActivateArgs) => Verb::cluster("activate", State, a.words, topology, work!(c, t => run::activate::activate(c, &t.topology)))?;
    Deactivate(a: cli::DeactivateArgs) => Verb::cluster("deactivate", State, a.words, topology, work!(c, t => run::deactivate::deactivate(c, &t.topology)))?;
    Restart(a: cli::RestartArgs) => { let a = a.with_old_names(); Verb::cluster("restart", Engine, a.words, restart, work!(c, t => run::restart::restart(c, &t.topology, run::restart::Options { container: t.container, batch: a.batch, failed: a.failed })))? };
    Update(a: cli::UpdateArgs) => { let set = a.properties(); Verb::cluster("update", a.need(), a.words.clone(), topology, work!(c, t => run::update::update(c, &a, &t.topology)))?.setting(set) };
    Rollback(a: cli::RollbackArgs) => Verb::cluster("rollback", Engine, a.words.clone(), topology, work!(c, t => run::rollback::rollback(c, &a, &t.topology)))?;
    Kill(a: cli::KillArgs) => Verb::cluster("kill", Engine, a.words, topology, work!(c, t => run::kill::kill(c, &t.topology, run::kill::Options { ignore_not_found: a.ignore_not_found, state_only: a.state_only, keep_package: a.keep_package })))?.asking(!a.yes);
    Supervise(a: cli::SuperviseArgs) => Verb::cluster("supervise", Engine, a.words.clone(), names, work!(c, t => run::supervise::supervise(c, &a, &t.names)))?;
    List(a: cli::ListArgs) => Verb::cluster("list", State, a.words, list, work!(c, _t => run::list::list(c)))?;
    Status(a: cli::StatusArgs) => Verb::cluster("status", State, a.words.clone(), topology, work!(c, t => run::status::status(c, &t.topology, a.check)))?;
    Wait(a: cli::WaitArgs) => Verb::cluster("wait", State, a.words, topology, work!(c, t => run::wait::wait(c, a.awaited, &t.topology)))?;
    Events(a: cli::EventsArgs) => Verb::cluster("events", State, a.words.clone(), topology, work!(c, t => run::events::events(c, &a, &t.topology)))?;
    Logs(a: cli::LogsArgs) => Verb::cluster("logs", Engine, a.words.clone(), logs, work!(c, t => run::logs::logs(c, &a, &t)))?;
    Doctor(a: cli::DoctorArgs) => Verb::cluster("doctor", Launch, a.words, list, work!(c, _t => run::doctor::doctor(c)))?;
    Check(a: cli::ClusterCheckArgs) => match a.command {
        cli::ClusterCheck::Fetch(a) => Verb::cluster("check fetch", Engine, Words::of(a.overrides.as_ref()), list, work!(c, _t => run::check_fetch::fetch(c, &a)))?,
    };
    Config(a: cli::ConfigArgs) => Verb::files("config", config::overrides(&a.command), move |given, env, reporter| config::config(&a.command, given, env, reporter));
    Version(a: cli::VersionArgs) => Verb::alone("version", a.legacy, || Ok(run::version::version()));
    Classpath(a: cli::ClasspathArgs) => Verb::alone("classpath", a.legacy, || Ok(run::classpath::classpath())).in_text();
    Completions(a: cli::CompletionsArgs) => Verb::alone("completions", Legacy::default(), move || run::completions::completions(a.shell)).in_text();
    Explain(a: cli::ExplainArgs) => Verb::alone("explain", Legacy::default(), move || Ok(run::explain::explain(a.kind.as_deref())?)).in_text();
    Man(a: cli::ManArgs) => Verb::of_the_command_line("man", move |definition| run::man::man(definition, &a.directory)).in_text();
}
