//! Every command is killed with SIGKILL after each of its messages while something else breaks as well, and another command
//! takes over from it. There is one healthy topology afterwards, or none, and nothing else.
//!
//! All of that takes hours, so that each run takes some of it, by chance. `HERON_TEST_EVERY_MESSAGE=1` takes all of it, `=5` every
//! fifth message, and `HERON_TEST_SEED` what a run before has taken, which says its number.

mod audit;
mod bad_day;
mod chance;

use std::process::Stdio;
use std::time::{Duration, Instant};

use rand::Rng as _;
use rand::rngs::StdRng;

use crate::environment::{Ran, TestOptions};
use crate::fault_proxy::{Killing, Strike, death, when_free};
use audit::{Audit, forget_packages};
use bad_day::{BadDay, heal};

/// How long a command may take on a bad day: less than any wait for what doesn't come back.
const LIMIT: &str = "90s";
/// How long a master is away that fails over by the default settings.
const LONG: Duration = Duration::from_secs(30);
/// After so many messages a command only tries again what it has tried before.
const MOST: usize = 120;

/// The commands that change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Submit,
    Restart,
    Update,
    Kill,
}

impl Verb {
    const ALL: [Self; 4] = [Self::Submit, Self::Restart, Self::Update, Self::Kill];

    /// About how many messages it sends on a good day.
    fn messages(self) -> usize {
        match self {
            Self::Submit => 50,
            Self::Restart => 45,
            Self::Update => 70,
            Self::Kill => 30,
        }
    }

    fn words(self, file: &str) -> Vec<&str> {
        match self {
            Self::Submit => vec!["submit", file],
            Self::Restart => vec!["restart", NAME],
            Self::Update => vec!["update", NAME, "--container-number", "3"],
            Self::Kill => vec!["kill", NAME],
        }
    }

    /// What may come next.
    fn others(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Submit => &[&["kill", NAME]],
            Self::Restart => &[&["restart", NAME, "1"], &["kill", NAME]],
            Self::Update => &[
                &["restart", NAME, "1"],
                &["deactivate", NAME],
                &["restart", NAME],
                &["kill", NAME],
            ],
            Self::Kill => &[],
        }
    }
}

const NAME: &str = "unlucky";

/// One try.
#[derive(Debug)]
struct Round {
    day: BadDay,
    verb: Verb,
    /// After how many of its messages the command dies.
    death: usize,
    /// After how many the bad day begins.
    strike: usize,
    then: Vec<String>,
}

impl Round {
    fn by_chance(day: BadDay, verb: Verb, death: usize, chance: &mut StdRng, file: &str) -> Self {
        let first = verb.words(file);
        let others = verb.others();
        let words: &[&str] = match chance.random_range(0..=others.len()) {
            0 => &first,
            other => others[other - 1],
        };
        let strike = death - chance.random_range(0..death.min(12));
        let then = words.iter().map(|word| (*word).to_owned()).collect();
        Self { day, verb, death, strike, then }
    }

    fn run(&self, test: &Killing, file: &str, chance: &mut StdRng) -> bool {
        let env = &test.env;
        if self.verb != Verb::Submit {
            env.ok(&["submit", file]);
        }
        let (pid, first) = self.first(test, file, chance);
        let killed = first.code == -1;
        if !killed {
            assert!(self.day.explains(&first), "{self:?}: {}: {}", first.code, first.stderr);
        }
        self.day.before_next(env);
        // A submission that died before it had written anything has left nothing that says whose its package is.
        let unwritten = format!("{}/topologies/{NAME}", env.root);
        let unwritten = self.verb == Verb::Submit && !env.znodes_of(NAME).contains(&unwritten);
        let then: Vec<&str> = self.then.iter().map(String::as_str).collect();
        let next = timed(&then);
        let ran = when_free(|| env.run(&next));
        // It was about to take itself back.
        let was_undone = ran.stderr.contains("exists already: it is being killed");
        let gone = ran.code == 5 && (then[0] == "kill" || self.verb == Verb::Kill);
        // It asks the TManager alone, and has nothing to go on with that would bring that back.
        let is_down =
            then[0] == "deactivate" && self.day.lasts() && ran.stderr.contains("is down:");
        assert!(
            ran.code == 0 || (ran.code == 6 && was_undone) || gone || (ran.code == 1 && is_down),
            "{self:?}: {}: {}\nfirst: {}",
            ran.code,
            ran.stderr,
            first.stderr
        );
        let audit = Audit { round: self, env, unwritten, dead: killed.then_some(pid) };
        if then[0] != "kill" {
            if !was_undone {
                audit.assert_one();
            }
            env.ok(&["kill", NAME, "--timeout", LIMIT]);
        }
        audit.assert_none();
        killed
    }

    /// Runs the command, which dies; its process, and what came of it.
    fn first(&self, test: &Killing, file: &str, chance: &mut StdRng) -> (u32, Ran) {
        let mut command = test.env.command(&timed(&self.verb.words(file)));
        for property in &test.properties {
            command.args(["--config-property", property]);
        }
        let client = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = client.id();
        let begin = self.day.strike(&test.env, NAME, chance);
        let strike = Strike { after: self.strike, what: begin };
        test.fault_proxy.arm(vec![strike, death(&client, self.death)]);
        let ran = Ran::from(client.wait_with_output().unwrap());
        test.fault_proxy.arm(Vec::new());
        (pid, ran)
    }
}

/// With a limit.
fn timed<'a>(words: &[&'a str]) -> Vec<&'a str> {
    words.iter().copied().chain(["--timeout", LIMIT]).collect()
}

fn survive(day: BadDay) {
    let every = std::env::var("HERON_TEST_EVERY_MESSAGE").ok();
    let every: Option<usize> = every.map(|every| every.parse().unwrap());
    let mut chance = chance::of_this_run(day);
    let words = "--agents 4 --agent-ping-timeout-ms 300 --reregister-ms 300";
    let test = Killing::with(&TestOptions {
        cluster: words.split_whitespace().map(str::to_owned).collect(),
        standin: day.standin(),
        config: vec!["heron.statemgr.zookeeper.session.timeout.ms: 2500".to_owned()],
        ..TestOptions::default()
    });
    let file = test.env.topology(NAME, 2);
    for verb in day.verbs(&mut chance) {
        let first = chance.random_range(1..=every.unwrap_or(verb.messages()));
        let deaths = (first..MOST).step_by(every.unwrap_or(MOST));
        for death in deaths {
            let round = Round::by_chance(day, verb, death, &mut chance, &file);
            let began = Instant::now();
            forget_packages(&test.env);
            let killed = round.run(&test, &file, &mut chance);
            heal(&test.env);
            let took = began.elapsed();
            eprintln!("{round:?}: {} in {took:.1?}", if killed { "killed" } else { "done" });
            if !killed {
                break;
            }
        }
    }
}

#[test]
fn an_agent_is_lost_for_good() {
    survive(BadDay::AgentLost);
}

#[test]
fn the_tmanager_is_dead() {
    survive(BadDay::TManagerDead);
}

#[test]
fn the_master_fails_over() {
    survive(BadDay::MasterAway(Duration::from_secs(3)));
}

/// As long as ZooKeeper and Mesos take by default. What commands do after their second try is the same, so that one of them, by
/// chance, stands for all.
#[test]
fn the_master_is_away_for_half_a_minute() {
    survive(BadDay::MasterAway(LONG));
}

#[test]
fn calls_are_refused_with_429() {
    survive(BadDay::Refused(429));
}

#[test]
fn calls_are_refused_with_500() {
    survive(BadDay::Refused(500));
}

#[test]
fn calls_are_refused_with_403() {
    survive(BadDay::Refused(403));
}

#[test]
fn answers_are_lost() {
    survive(BadDay::AnswersLost);
}

#[test]
fn calls_are_lost() {
    survive(BadDay::CallsLost);
}
