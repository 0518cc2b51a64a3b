//! What a task prints of its own directory, and the reading of it. Pure.
//!
//! The command is one line for a plain `/bin/sh` with its builtin commands; only for sizes it tries `wc`. Command
//! executors print the command itself, too, so no line of the output stands in the command as a line.

use std::collections::BTreeMap;

use shlex::QuoteError;

use crate::topology::core_layout::{Need, NeedKind};
use crate::topology::core_package;

/// The lines around what is printed.
const BEGIN: &str = "heron-check-fetch begin";
const END: &str = "heron-check-fetch end";
/// Where Linux says from which ports outgoing connections come.
const EPHEMERAL: &str = "/proc/sys/net/ipv4/ip_local_port_range";
/// The exit status of a task that lacks something.
pub const LACKING: i32 = 3;

/// What a task looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The fetched file itself, which is there unless it came from the agent's cache.
    pub file: String,
    /// Directories whose entries are listed; `""` is the task's own.
    pub directories: Vec<String>,
    /// What must be there.
    pub needs: Vec<Need>,
    /// Whether a topology's definition must be there.
    pub definition: bool,
}

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A directory.
    Directory,
    /// A file that may be run.
    Program,
    /// Another file.
    File,
}

/// What a task found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SandboxContent {
    /// Size of the fetched file.
    pub bytes: Option<u64>,
    /// What is there, by path.
    pub entries: BTreeMap<String, Entry>,
    /// `heron.build.version` of a `release.yaml`.
    pub version: Option<String>,
    /// The needs that are not met, as the task itself judged.
    pub lacking: Vec<usize>,
    /// The lowest and the highest of the ports that the host gives to outgoing connections.
    pub ephemeral: Option<(u16, u16)>,
    /// Whether the output has its end.
    pub complete: bool,
}

impl Look {
    /// The command of the task; it ends with [`LACKING`] if a need is not met.
    pub fn command(&self) -> Result<String, QuoteError> {
        let mut parts = vec![print(BEGIN)];
        let file = quoted(&self.file)?;
        parts.push(format!(
            "if [ -f {file} ]; then s=$(wc -c <{file} 2>/dev/null) || s=; printf 'bytes %s\\n' \"$s\"; fi"
        ));
        let mut globs = Vec::new();
        for directory in &self.directories {
            globs.push(if directory.is_empty() {
                "*".to_owned()
            } else {
                format!("{}/*", quoted(directory)?)
            });
        }
        parts.push(format!(
            "for p in {}; do if [ -d \"$p\" ]; then printf 'd %s\\n' \"$p\"; elif [ -x \"$p\" ]; then \
             printf 'x %s\\n' \"$p\"; elif [ -f \"$p\" ]; then printf 'f %s\\n' \"$p\"; fi; done",
            globs.join(" ")
        ));
        parts.push(
            "if [ -f release.yaml ]; then while IFS= read -r l || [ -n \"$l\" ]; do case $l in \
             heron.build.version*) printf 'v %s\\n' \"$l\";; esac; done <release.yaml; fi"
                .to_owned(),
        );
        parts.push("m=0".to_owned());
        for (index, need) in self.needs.iter().enumerate() {
            let path = quoted(&need.path)?;
            let test = match need.kind {
                NeedKind::Program => format!("[ -f {path} ] && [ -x {path} ]"),
                NeedKind::Directory => format!("[ -d {path} ]"),
                NeedKind::File => format!("[ -f {path} ]"),
            };
            parts
                .push(format!("{{ {test}; }} || {{ m={LACKING}; printf 'lacks %s\\n' {index}; }}"));
        }
        if self.definition {
            parts.push(format!(
                "for p in *.defn; do [ -f \"$p\" ] || {{ m={LACKING}; printf 'lacks %s\\n' {}; }}; done",
                self.needs.len()
            ));
        }
        // The kernel gives it to one read only, and a shell's own reads single bytes.
        parts.push(format!("e=$(cat {EPHEMERAL} 2>/dev/null) && printf 'ephemeral %s\\n' \"$e\""));
        parts.push(print(END));
        parts.push("exit $m".to_owned());
        Ok(parts.join("; "))
    }

    /// What is not as it must be, in words.
    #[must_use]
    pub fn missing(&self, found: &SandboxContent) -> Vec<String> {
        let told = |index: &usize| match self.needs.get(*index) {
            None => "a topology's definition (<name>.defn)".to_owned(),
            Some(need) => match found.entries.get(&need.path) {
                Some(Entry::File) if need.kind == NeedKind::Program => {
                    format!("{} (it may not be run)", need.path)
                }
                Some(_) => format!("{} (it is no {})", need.path, need.kind.name()),
                None => need.path.clone(),
            },
        };
        found.lacking.iter().map(told).collect()
    }
}

/// A command that prints a line without having it as its text.
fn print(line: &str) -> String {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    format!("printf '%s %s\\n' {first} {rest}")
}

fn quoted(text: &str) -> Result<String, QuoteError> {
    // A name that begins like an option would be one.
    let text = if text.starts_with('-') { format!("./{text}") } else { text.to_owned() };
    shlex::try_quote(&text).map(std::borrow::Cow::into_owned)
}

impl SandboxContent {
    /// Reads the output of a task. What stands around it is passed over.
    #[must_use]
    pub fn parse(stdout: &str) -> Self {
        let mut found = Self::default();
        for line in stdout.lines().skip_while(|line| *line != BEGIN).skip(1) {
            if line == END {
                found.complete = true;
                break;
            }
            let Some((kind, value)) = line.split_once(' ') else { continue };
            let entry = match kind {
                "d" => Entry::Directory,
                "x" => Entry::Program,
                "f" => Entry::File,
                "bytes" => {
                    found.bytes = value.trim().parse().ok();
                    continue;
                }
                "v" => {
                    found.version =
                        core_package::build_in(value.as_bytes()).map(|build| build.version);
                    continue;
                }
                "ephemeral" => {
                    let mut bounds = value.split_whitespace().map(str::parse::<u16>);
                    if let (Some(Ok(first)), Some(Ok(last))) = (bounds.next(), bounds.next()) {
                        found.ephemeral = Some((first, last));
                    }
                    continue;
                }
                "lacks" => {
                    found.lacking.extend(value.trim().parse::<usize>().ok());
                    continue;
                }
                _ => continue,
            };
            found.entries.insert(value.to_owned(), entry);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn look() -> Look {
        let need = |path: &str, kind| Need { path: path.to_owned(), kind };
        Look {
            file: "heron core.tar.gz".to_owned(),
            directories: ["", "heron-core", "heron-core/bin"].map(str::to_owned).to_vec(),
            needs: vec![
                need("heron-core/bin/heron-executor", NeedKind::Program),
                need("heron-core/lib", NeedKind::Directory),
                need("conf.yaml", NeedKind::File),
            ],
            definition: true,
        }
    }

    fn run(look: &Look, directory: &Path) -> (i32, SandboxContent) {
        let mut command = Command::new("/bin/sh");
        // Without PATH there is nothing but the shell.
        command.args(["-c", &look.command().unwrap()]).current_dir(directory).env_clear();
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), SandboxContent::parse(&text))
    }

    fn unpacked() -> tempfile::TempDir {
        let sandbox = tempfile::tempdir().unwrap();
        let at = |path: &str| sandbox.path().join(path);
        fs::create_dir_all(at("heron-core/bin")).unwrap();
        fs::create_dir_all(at("heron-core/lib")).unwrap();
        fs::write(at("heron-core/bin/heron-executor"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(at("heron-core/bin/heron-executor"), fs::Permissions::from_mode(0o755))
            .unwrap();
        fs::write(at("release.yaml"), "heron.build.user: a\nheron.build.version: '0.17.8'")
            .unwrap();
        fs::write(at("conf.yaml"), "").unwrap();
        fs::write(at("word count.defn"), "").unwrap();
        fs::write(at("heron core.tar.gz"), [0; 1234]).unwrap();
        sandbox
    }

    #[test]
    fn a_shell_finds_what_is_there() {
        let sandbox = unpacked();
        let (status, found) = run(&look(), sandbox.path());
        assert_eq!(status, 0, "{found:?}");
        assert!(found.complete);
        assert_eq!(found.version.as_deref(), Some("0.17.8"));
        assert_eq!(found.entries["heron-core/bin/heron-executor"], Entry::Program);
        assert_eq!(found.entries["heron-core/lib"], Entry::Directory);
        assert_eq!(found.entries["release.yaml"], Entry::File);
        assert_eq!(found.bytes, Some(1234));
        let (first, last) = found.ephemeral.expect("this is Linux");
        assert!(1 < first && first < last, "{first} {last}");
        assert!(look().missing(&found).is_empty());
    }

    #[test]
    fn what_is_missing_is_named() {
        let sandbox = unpacked();
        let executor = sandbox.path().join("heron-core/bin/heron-executor");
        fs::set_permissions(executor, fs::Permissions::from_mode(0o644)).unwrap();
        fs::remove_dir(sandbox.path().join("heron-core/lib")).unwrap();
        fs::write(sandbox.path().join("heron-core/lib"), "").unwrap();
        fs::remove_file(sandbox.path().join("conf.yaml")).unwrap();
        fs::remove_file(sandbox.path().join("word count.defn")).unwrap();
        let (status, found) = run(&look(), sandbox.path());
        assert_eq!(status, LACKING);
        assert_eq!(
            look().missing(&found),
            [
                "heron-core/bin/heron-executor (it may not be run)",
                "heron-core/lib (it is no directory)",
                "conf.yaml",
                "a topology's definition (<name>.defn)",
            ]
        );
        let (status, found) = run(&look(), tempfile::tempdir().unwrap().path());
        assert_eq!((status, look().missing(&found).len()), (LACKING, 4));
    }

    #[test]
    fn the_command_that_an_executor_echoes_is_not_taken_for_its_output() {
        let command = look().command().unwrap();
        let echoed = format!("Received SUBSCRIBED event\nsh -c '{command}'\nForked command at 7\n");
        assert_eq!(SandboxContent::parse(&echoed), SandboxContent::default());
        let found =
            SandboxContent::parse(&format!("{echoed}{BEGIN}\nd heron-core\n{END}\nd later\n"));
        assert_eq!(found.entries.len(), 1);
        assert!(!command.contains('\n'));
    }

    proptest! {
        #[test]
        fn any_output_is_read(lines in proptest::collection::vec("(bytes|v|d|x|f|lacks)? ?.{0,20}", 0..8)) {
            let text = format!("{BEGIN}\n{}\n", lines.join("\n"));
            let found = SandboxContent::parse(&text);
            let _ = look().missing(&found);
        }

        #[test]
        fn any_name_survives_the_shell(name in "[a-zA-Z0-9 '\"$`\\\\*?;&|<>(){}\\[\\]~#!-]{1,12}") {
            let sandbox = tempfile::tempdir().unwrap();
            fs::write(sandbox.path().join(&name), "12345").unwrap();
            let need = Need { path: name.clone(), kind: NeedKind::File };
            let look = Look { file: name, directories: Vec::new(), needs: vec![need], definition: false };
            let (status, found) = run(&look, sandbox.path());
            prop_assert_eq!((status, found.bytes), (0, Some(5)));
        }
    }
}
