//! Commands as processes run them: the words are parsed, understood and carried out as in `app`.

use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context as Polling, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::network::as_process;
use super::world::{Fall, Process, Shared, clock};
use crate::config::Need;
use crate::context::Context;
use crate::context::configure::{ClusterConfig, ConfigInput, configure};
use crate::env::{Env, Machine};
use crate::failure::Failure;
use crate::net::deadline::{Deadline, Signals};
use crate::net::zookeeper::Opened;
use crate::outcome::Outcome;
use crate::outcome::stream::{Item, ReaderGone, Stream};
use crate::report::{Progress, Reporter};
use crate::verbs::{Work, parse};

/// Longer than a command may take. Supervisors have no end of their own.
fn longest(words: &str) -> Duration {
    let minutes = if words.starts_with("supervise") { 600 } else { 30 };
    Duration::from_mins(minutes)
}

struct Told {
    world: Shared,
    name: String,
}

impl Reporter for Told {
    fn step(&self, text: &str) {
        self.world.lock().note(format!("{}: {text}", self.name));
    }

    fn progress(&self, _: &Progress) {}

    fn warn(&self, text: &str) {
        self.world.lock().note(format!("{}: warning: {text}", self.name));
    }

    fn program_output(&self, _: &str) {}
}

/// Everything that a future does is done as a process.
struct As<F>(u32, Pin<Box<F>>);

impl<F: Future> Future for As<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, polling: &mut Polling<'_>) -> Poll<F::Output> {
        let pid = self.0;
        as_process(pid, || self.1.as_mut().poll(polling))
    }
}

fn env() -> Env {
    let variables = [("HOME", "/nowhere"), ("USER", "root"), ("PATH", "")];
    let variables = variables.map(|(name, value)| (name.into(), value.into()));
    Env::new(variables.into(), "/".into())
}

/// The configuration of every process.
fn configured() -> &'static ClusterConfig {
    static CONFIGURED: OnceLock<ClusterConfig> = OnceLock::new();
    CONFIGURED.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("m.conf");
        let text = "zk.connection.string: zookeeper:2181\nstate.root.address: /heron\n\
                    heron.mesos.master.uri: master0:5050,master1:5050\n\
                    heron.core.release.uri: file:///core/heron-core.tar.gz\nheron.release.version: 0.20.5\n\
                    heron.class.uploader: org.apache.heron.uploader.NullUploader\n\
                    heron.topology.pkg.uri: file:///store/topology.tar.gz\n\
                    heron.statemgr.zookeeper.session.timeout.ms: 4000\n\
                    dc: test\nrole: root\nenviron: devel\ninstance.ram.default: 67108864\n\
                    heron.mesos.kill.grace.seconds: 5\n";
        std::fs::write(&file, text).unwrap();
        let input = ConfigInput {
            loader: Some("com.twitter.heron.scheduler.mesos.MesosConfigLoader".to_owned()),
            config_file: Some(file),
            ..ConfigInput::default()
        };
        configure(input, Need::Launch, &env(), &Silent).unwrap()
    })
}

struct Silent;

impl Stream for Silent {
    fn show(&self, _: &Item<'_>) -> Result<(), ReaderGone> {
        Ok(())
    }
}

impl Reporter for Silent {
    fn step(&self, _: &str) {}
    fn progress(&self, _: &Progress) {}
    fn warn(&self, _: &str) {}
    fn program_output(&self, _: &str) {}
}

impl Shared {
    /// Runs a command to its end, as a process that may fall with one of its messages: its exit code, if it has lived to have one.
    pub async fn run(&self, pid: u32, words: &str, fall: Option<Fall>) -> Option<u8> {
        let (death, mut died) = watch::channel(false);
        let process = Process {
            name: words.to_owned(),
            death,
            messages: 0,
            fall,
            sessions: Vec::new(),
            streams: Vec::new(),
        };
        {
            let mut world = self.lock();
            world.processes.insert(pid, process);
            world.note(format!("`{words}` begins (pid {pid})"));
        }
        let command = As(pid, Box::pin(self.command(pid, words)));
        let ended = tokio::select! {
            biased;
            _ = died.wait_for(|died| *died) => None,
            done = command => Some(done),
            () = sleep(longest(words)) => panic!("`{words}` never ends"),
        };
        let (code, said) = match ended {
            Some(Ok(_)) => (Some(0), "is done".to_owned()),
            Some(Err(failure)) => {
                let code = failure.exit.code();
                (Some(code), format!("ends with {code}: {:#}", failure.error))
            }
            None => (None, "has died".to_owned()),
        };
        self.lock().note(format!("`{words}` (pid {pid}) {said}"));
        code
    }

    async fn command(&self, pid: u32, words: &str) -> Result<Outcome, Failure> {
        let configured = configured();
        let argv = std::iter::once("heron-cli").chain(words.split(' '));
        let parsed = parse(argv.map(Into::into)).unwrap();
        let verb = parsed.cli.command.verb().unwrap();
        let Work::Cluster(_, work) = verb.work else { panic!("{words}") };
        let env = env();
        let machine = Machine { host: "here".to_owned(), pid, clock, ..env.machine() };
        let timeout = parsed.cli.global.timeout;
        let context = Context {
            settings: &configured.settings,
            yaml_directory: None,
            place: &configured.place,
            reporter: Arc::new(Told { world: self.clone(), name: words.to_owned() }),
            answers: Arc::new(Silent),
            machine: &machine,
            env: &env,
            whole: Deadline::starting_now(timeout, Signals::never()),
            timeout,
            opened: Opened::default(),
            verb: verb.name,
            member: None,
        };
        let work = pin!(work(&context));
        Ok(work.await?)
    }
}
