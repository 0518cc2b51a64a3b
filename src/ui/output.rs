//! The streams: what is written to them, and that it was.

use std::io::{self, IsTerminal as _, Write};

use super::paint::{escaped, painted, plain};
use crate::net::redact::redact;

/// Text for people, to stdout.
pub(super) fn text(text: &str) -> io::Result<()> {
    all(&mut anstream::stdout().lock(), &ended(painted(text)))
}

/// Text with colours that were asked for, wherever it goes.
pub(super) fn coloured(text: &str) -> io::Result<()> {
    all(&mut io::stdout().lock(), &ended(painted(text)))
}

/// A document, to stdout.
pub(super) fn json(document: &str) -> io::Result<()> {
    all(&mut io::stdout().lock(), &ended(escaped(document).into_owned()))
}

/// The bytes of a file, to stdout; a terminal gets them as harmless text, without secrets.
pub(super) fn file(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    if stdout.is_terminal() {
        return all(&mut stdout, &plain(&redact(&String::from_utf8_lossy(bytes))));
    }
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Help, in clap's own colours, to stdout. It holds no word but ours.
pub(super) fn help(help: &clap::Error) -> io::Result<()> {
    all(&mut anstream::stdout().lock(), &help.render().ansi().to_string())
}

/// Help that nobody asked for, to stderr.
pub(super) fn help_aside(help: &clap::Error) -> io::Result<()> {
    all(&mut anstream::stderr().lock(), &help.render().ansi().to_string())
}

/// Text for people, to stderr.
pub(super) fn aside(text: &str) -> io::Result<()> {
    all(&mut anstream::stderr().lock(), &painted(text))
}

fn all(stream: &mut impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Stderr for log lines, those of libraries included: what they quote steers no terminal, and holds no secret.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        io::stderr().lock().write_all(plain(&redact(&text)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
