//! What a terminal shows of a command at work.

use std::fs::File;
use std::io::Read as _;
use std::process::{Child, Stdio};

use nix::pty::{Winsize, openpty};
use serde_json::json;

use crate::environment::TestEnv;

/// A command whose stderr is a terminal.
struct OnTerminal {
    child: Child,
    terminal: File,
    shown: String,
}

impl OnTerminal {
    fn start(env: &TestEnv, words: &[&str]) -> Self {
        Self::with(env, words, "NOTHING")
    }

    /// With a variable in its environment.
    fn with(env: &TestEnv, words: &[&str], variable: &str) -> Self {
        let size = Winsize { ws_row: 24, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(&size, None).unwrap();
        let mut command = env.command(words);
        command
            .env("TERM", "xterm")
            .env(variable, "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(pty.slave);
        let child = command.spawn().unwrap();
        Self { child, terminal: File::from(pty.master), shown: String::new() }
    }

    /// Reads until something stands there, or the program has ended.
    fn until(&mut self, text: &str) -> &mut Self {
        let mut bytes = [0; 1024];
        while !self.shown.contains(text) {
            let Ok(count @ 1..) = self.terminal.read(&mut bytes) else { break };
            self.shown.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        self
    }

    /// Whether it succeeded, and all that was shown.
    fn end(mut self) -> (Option<i32>, String) {
        self.until("\0");
        (self.child.wait().unwrap().code(), self.shown)
    }
}

#[test]
fn a_terminal_shows_steps_and_why_they_last() {
    let env = TestEnv::new();
    let file = env.topology("shown", 2);
    env.cluster.control("/hold-offers", &json!({}));
    let mut submit = OnTerminal::start(&env, &["submit", &file]);
    submit.until("3 not launched");
    env.cluster.control("/resume-offers", &json!({}));
    let (code, shown) = submit.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("launching topology shown: 0 of 3 containers (waiting for offers)"),
        "{shown}"
    );
    assert!(shown.contains("✓ launching topology shown: 3 of 3 containers"), "{shown}");

    env.ok(&["kill", "shown"]);
    env.assert_nothing_left("shown");
}

#[test]
fn colours_are_left_out_where_nobody_wants_them() {
    let env = TestEnv::new();
    let coloured = |words: &[&str], variable: &str| {
        let (code, shown) = OnTerminal::with(&env, words, variable).end();
        assert_eq!(code, Some(5), "{shown}");
        shown.contains("\u{1b}[3") || shown.contains("\u{1b}[1m")
    };
    assert!(coloured(&["status", "nobody"], "NOTHING"));
    assert!(!coloured(&["status", "nobody"], "NO_COLOR"));
    assert!(!coloured(&["status", "nobody", "--color", "never"], "NOTHING"));
}

#[test]
fn whoever_leaves_a_terminal_is_told_what_goes_on() {
    let env = TestEnv::new();
    let file = env.topology("left", 1);
    env.cluster.control("/hold-offers", &json!({}));
    let mut submit = OnTerminal::start(&env, &["submit", &file]);
    submit.until("2 not launched");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(submit.child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let (code, shown) = submit.end();
    assert_eq!(code, Some(130), "{shown}");
    assert!(shown.contains("goes on with it"), "{shown}");
    assert!(!shown.contains("✓ launching"), "{shown}");
    env.cluster.control("/resume-offers", &json!({}));
    env.ok(&["kill", "left"]);
    env.assert_nothing_left("left");
}
