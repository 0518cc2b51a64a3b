//! The shell command of a topology's containers: one value for launch, dry run and journal, with gaps for what differs
//! between containers.
//!
//! It is made from the executor's argument list with placeholders ([`crate::topology::executor`]), and every text that is
//! launched or shown is rendered from it, so that what is shown is what is launched.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::topology::executor::PORT_NAMES;
use crate::topology::shell::{ZeroByte, shell_command};

/// A shell command with gaps for a container's id and ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandTemplate(Vec<Piece>);

/// A piece of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Piece {
    /// The same for all containers.
    Text(String),
    /// One of the container's ports, by its place in the order of ports, from 0.
    Port { port: usize },
    /// The container's id. Always true; makes the JSON say what it is.
    Shard { shard: bool },
}

impl CommandTemplate {
    /// The command that runs an argument list. Arguments, or values of `--flag=`, that are placeholders such as `<shard>`
    /// and `<server-port>` become gaps; all else is quoted for the shell.
    pub fn of(argv: &[String]) -> Result<Self, ZeroByte> {
        let mut pieces = vec![Piece::Text("exec".to_owned())];
        let mut push = |text: String| match pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(&text),
            _ => pieces.push(Piece::Text(text)),
        };
        let mut gaps = Vec::new();
        for argument in argv {
            let (flag, value) = split(argument);
            let Some(gap) = gap(value) else {
                let quoted = shell_command(std::slice::from_ref(argument))?;
                push(quoted.strip_prefix("exec").unwrap_or(&quoted).to_owned());
                continue;
            };
            push(format!(" {flag}\u{0}"));
            gaps.push(gap);
        }
        Ok(Self(with_gaps(pieces, gaps)))
    }

    /// A command without gaps, as it is.
    #[must_use]
    pub fn verbatim(command: &str) -> Self {
        Self(vec![Piece::Text(command.to_owned())])
    }

    /// The command with other RAM for the components' instances, in bytes; `None` if it says nothing of them.
    pub fn with_component_ram(&self, ram: &[(String, i64)]) -> Result<Option<Self>, ZeroByte> {
        let Some(mut argv) = self.words(|| "<shard>".to_owned()) else { return Ok(None) };
        let known: BTreeSet<&str> = ram.iter().map(|(component, _)| component.as_str()).collect();
        let text: Vec<String> =
            ram.iter().map(|(component, bytes)| format!("{component}:{bytes}")).collect();
        let mut found = false;
        for argument in &mut argv {
            let (flag, value) = split(argument);
            if ram_map_components(value).is_some_and(|components| components == known) {
                *argument = format!("{flag}{}", text.join(","));
                found = true;
            }
        }
        if found { Self::of(&argv).map(Some) } else { Ok(None) }
    }

    /// The command of one container. A port that the container does not have leaves its gap empty, which the executor
    /// refuses; placement never gives fewer ports than a container wants.
    #[must_use]
    pub fn render(&self, container: u32, ports: &[u16]) -> String {
        let port = |port| ports.get(port).map(u16::to_string).unwrap_or_default();
        self.filled(|| container.to_string(), port)
    }

    /// The command of one container with placeholders for the ports that are not known yet, for showing.
    #[must_use]
    pub fn outline(&self, container: u32) -> String {
        self.filled(|| container.to_string(), placeholder)
    }

    /// The words of [`Self::outline`] as the executor gets them.
    #[must_use]
    pub fn argv(&self, container: u32) -> Vec<String> {
        self.words(|| container.to_string()).unwrap_or_default()
    }

    /// What the shell makes of the command, its leading `exec` aside. `None`: it is of another form than ours.
    fn words(&self, shard: impl Fn() -> String) -> Option<Vec<String>> {
        let known = |piece: &Piece| match piece {
            Piece::Port { port } => *port < PORT_NAMES.len(),
            _ => true,
        };
        if !self.0.iter().all(known) {
            return None;
        }
        let quoted = |port| format!("'{}'", placeholder(port));
        let mut words = shlex::split(&self.filled(|| format!("'{}'", shard()), quoted))?;
        (words.first()? == "exec").then(|| words.split_off(1))
    }

    fn filled(&self, shard: impl Fn() -> String, port: impl Fn(usize) -> String) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Port { port: index } => port(*index),
            Piece::Shard { .. } => shard(),
        };
        self.0.iter().map(text).collect()
    }
}

/// The `--flag=` of an argument, and the rest.
fn split(argument: &str) -> (String, &str) {
    match argument.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => (format!("{flag}="), value),
        _ => (String::new(), argument),
    }
}

/// What stands for a port, by its place.
fn placeholder(port: usize) -> String {
    format!("<{}>", PORT_NAMES.get(port).copied().unwrap_or("port"))
}

/// The components that a RAM map names, `component:bytes,component:bytes…`; the older executors take it without a flag.
fn ram_map_components(text: &str) -> Option<BTreeSet<&str>> {
    let component = |entry| {
        let (component, bytes) = str::rsplit_once(entry, ':')?;
        bytes.parse::<u64>().ok().map(|_| component)
    };
    text.split(',').map(component).collect()
}

/// Cuts the text at the marks; nothing else in it holds a zero byte, which no command line can.
fn with_gaps(pieces: Vec<Piece>, gaps: Vec<Piece>) -> Vec<Piece> {
    let mut gaps = gaps.into_iter();
    let mut result = Vec::new();
    for piece in pieces {
        let Piece::Text(text) = piece else { continue };
        for (index, part) in text.split('\u{0}').enumerate() {
            if index > 0 {
                result.extend(gaps.next());
            }
            if !part.is_empty() {
                result.push(Piece::Text(part.to_owned()));
            }
        }
    }
    result
}

/// What a placeholder of the executor's command line stands for.
fn gap(value: &str) -> Option<Piece> {
    let name = value.strip_prefix('<')?.strip_suffix('>')?;
    if name == "shard" {
        return Some(Piece::Shard { shard: true });
    }
    PORT_NAMES.iter().position(|port| *port == name).map(|port| Piece::Port { port })
}

#[cfg(test)]
mod tests;
