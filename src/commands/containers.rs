//! What the scheduler is told to launch: containers with their sizes, and the command with its gaps.

use std::collections::BTreeSet;

use serde_json::Map;

use crate::config::Settings;
use crate::config::units::Bytes;
use crate::packing::{ContainerPlan, Defaults, Resource};
use crate::scheduler::record::{DesiredContainer, Piece};
use crate::topology::executor::PORT_NAMES;
use crate::topology::shell::{ZeroByte, shell_command};

/// Bytes in what Mesos calls MB.
const MB: f64 = 1_048_576.0;

/// What instances get of which nothing is said.
pub(super) fn defaults(settings: &Settings) -> Defaults {
    let resources = &settings.resources;
    Defaults {
        cpu: resources.instance_cpu,
        ram: signed(resources.instance_ram),
        disk: signed(resources.instance_disk),
    }
}

fn signed(bytes: Bytes) -> i64 {
    i64::try_from(bytes.get()).unwrap_or(i64::MAX)
}

/// Container 0, which gets a stated size.
pub(super) fn tmanager_container(settings: &Settings) -> DesiredContainer {
    let resources = &settings.resources;
    let size = Resource {
        cpu: resources.tmanager_cpu,
        ram: signed(resources.tmanager_ram),
        disk: signed(resources.tmanager_disk),
    };
    of_size(0, size)
}

/// A container with the size that its plan says that it needs.
pub(super) fn sized(planned: &ContainerPlan) -> DesiredContainer {
    of_size(u32::try_from(planned.id).unwrap_or_default(), planned.required)
}

fn of_size(id: u32, resource: Resource) -> DesiredContainer {
    DesiredContainer {
        id,
        cpus: resource.cpu,
        mem_mb: (resource.ram as f64 / MB).ceil(),
        disk_mb: (resource.disk as f64 / MB).ceil(),
        restarts: 0,
        extra: Map::new(),
    }
}

/// The shell command with gaps for the container's id and ports.
pub(super) fn pieces(argv: &[String]) -> Result<Vec<Piece>, ZeroByte> {
    let mut pieces = vec![Piece::Text("exec".to_owned())];
    let mut push = |text: String| match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(&text),
        _ => pieces.push(Piece::Text(text)),
    };
    let mut gaps = Vec::new();
    for argument in argv {
        let (flag, value) = match argument.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (format!("{flag}="), value),
            _ => (String::new(), argument.as_str()),
        };
        let Some(gap) = gap(value) else {
            let quoted = shell_command(std::slice::from_ref(argument))?;
            push(quoted.strip_prefix("exec").unwrap_or(&quoted).to_owned());
            continue;
        };
        push(format!(" {flag}\u{0}"));
        gaps.push(gap);
    }
    Ok(with_gaps(pieces, gaps))
}

/// The command with other RAM for the components' instances; `None` if it says nothing of them.
pub(super) fn with_component_ram(
    command: &[Piece],
    ram: &[(String, i64)],
) -> Result<Option<Vec<Piece>>, ZeroByte> {
    let Some(mut argv) = argv(command) else { return Ok(None) };
    let known: BTreeSet<&str> = ram.iter().map(|(component, _)| component.as_str()).collect();
    let text: Vec<String> =
        ram.iter().map(|(component, bytes)| format!("{component}:{bytes}")).collect();
    let mut found = false;
    for argument in &mut argv {
        let (flag, value) = match argument.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (format!("{flag}="), value),
            _ => (String::new(), argument.as_str()),
        };
        if ram_map_components(value).is_some_and(|components| components == known) {
            *argument = format!("{flag}{}", text.join(","));
            found = true;
        }
    }
    if found { pieces(&argv).map(Some) } else { Ok(None) }
}

/// The components that a RAM map names, `component:bytes,component:bytes…`; the older executors take it without a flag.
fn ram_map_components(text: &str) -> Option<BTreeSet<&str>> {
    let component = |entry| {
        let (component, bytes) = str::rsplit_once(entry, ':')?;
        bytes.parse::<u64>().ok().map(|_| component)
    };
    text.split(',').map(component).collect()
}

/// The executor's arguments with placeholders: what [`pieces`] made the command from.
fn argv(command: &[Piece]) -> Option<Vec<String>> {
    let placeholder = |piece: &Piece| match piece {
        Piece::Text(text) => Some(text.clone()),
        Piece::Port { port } => PORT_NAMES.get(*port).map(|name| format!("'<{name}>'")),
        Piece::Shard { .. } => Some("'<shard>'".to_owned()),
    };
    let text: String = command.iter().map(placeholder).collect::<Option<_>>()?;
    let mut words = shlex::split(&text)?;
    (words.first()? == "exec").then(|| words.split_off(1))
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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scheduler::record::Launch;
    use crate::topology::executor::tests::word_count;
    use crate::topology::executor::{ExecutorCommand, Ports};

    /// What a shell makes of the command of a container.
    fn rendered(argv: &[String], shard: u32, ports: &[u16]) -> Option<Vec<String>> {
        let launch = Launch {
            command: pieces(argv).ok()?,
            user: None,
            uris: Vec::new(),
            ports: ports.len(),
            kill_grace_ms: 0,
            release: None,
            extra: Map::new(),
        };
        let words = shlex::split(&launch.render(shard, ports))?;
        words.strip_prefix(&["exec".to_owned()]).map(<[String]>::to_vec)
    }

    #[test]
    fn what_is_launched_is_the_executors_command_line() {
        let ports = [7100, 7101, 7102, 7103, 7104, 7105, 7106, 7107, 7108];
        for release in ["0.20.5", "0.17.8", "0.16.3", "0.14.0"] {
            let command = word_count(release);
            let template = command.topology_argv().unwrap();
            assert!(template.iter().any(|word| word.ends_with("<server-port>")), "{release}");
            let argv = command.argv(4, &Ports::numbers(ports)).unwrap();
            assert_eq!(rendered(&template, 4, &ports), Some(argv), "{release}");
        }
    }

    proptest! {
        #[test]
        fn names_of_any_kind_survive_the_shell(
            name in "[^\0]{1,12}", role in "[<>a-z=-]{0,12}", shard in any::<u32>(), ports in any::<[u16; 9]>()
        ) {
            for release in ["0.20.5", "0.16.0"] {
                let command = ExecutorCommand {
                    topology_name: name.clone(),
                    role: role.clone(),
                    ..word_count(release)
                };
                if let Ok(template) = command.topology_argv() {
                    let argv = command.argv(shard, &Ports::numbers(ports)).unwrap();
                    prop_assert_eq!(rendered(&template, shard, &ports), Some(argv));
                }
            }
        }
    }

    #[test]
    fn the_components_ram_is_changed_and_nothing_else() {
        for flag in ["--component-ram-map=", ""] {
            let argv = |ram: &str| {
                let words = [
                    "./bin/heron-executor",
                    "--shard=<shard>",
                    "--topology-name=a b's",
                    "--heron-java-home=${JAVA_HOME}/x",
                    "--server-port=<server-port>",
                    &format!("{flag}{ram}"),
                    "\"LVhteDE=\"",
                ];
                words.map(str::to_owned)
            };
            let before = pieces(&argv("word:1,the count:2")).unwrap();
            let ram = [("the count".to_owned(), 5), ("word".to_owned(), 4)];
            let after = with_component_ram(&before, &ram).unwrap().unwrap();
            assert_eq!(after, pieces(&argv("the count:5,word:4")).unwrap());
            let other = [("nobody".to_owned(), 5)];
            assert_eq!(with_component_ram(&before, &other).unwrap(), None);
        }
    }

    #[test]
    fn gaps_are_cut_out_and_the_rest_is_quoted() {
        let argv = [
            "./bin/heron-executor",
            "--topology-name=a b<server-port>",
            "--shard=<shard>",
            "--server-port=<server-port>",
            "--x=y",
            "--checkpoint-manager-port=<checkpoint-manager-port>",
        ]
        .map(str::to_owned);
        let launch = Launch {
            command: pieces(&argv).unwrap(),
            user: None,
            uris: Vec::new(),
            ports: 9,
            kill_grace_ms: 0,
            release: None,
            extra: Map::new(),
        };
        let ports: Vec<u16> = (1..=9).collect();
        let words = shlex::split(&launch.render(4, &ports)).unwrap();
        assert_eq!(
            words,
            [
                "exec",
                "./bin/heron-executor",
                "--topology-name=a b<server-port>",
                "--shard=4",
                "--server-port=1",
                "--x=y",
                "--checkpoint-manager-port=9"
            ]
        );
    }
}
