//! `sftp` does everything, for accounts without a shell. It reads its commands from standard input.

use std::path::PathBuf;

use super::super::programs::{Answer, Programs};
use super::super::{Package, UploadError};
use super::{RemoteDirectory, SshConfig, failure, local, options};
use crate::program::{Input, Program};

/// A directory on another machine, where the account need not have a shell.
#[derive(Debug)]
pub struct Sftp {
    config: SshConfig,
    program: PathBuf,
}

impl Sftp {
    /// Runs commands, one per line; the first that fails ends it, unless it begins with `-`.
    async fn batch(&self, commands: &str, program: Program) -> Result<Answer, UploadError> {
        self.batch_by(&self.config.programs, commands, program).await
    }

    async fn batch_by(
        &self,
        programs: &Programs,
        commands: &str,
        program: Program,
    ) -> Result<Answer, UploadError> {
        let login = &self.config.copy;
        let program =
            program.args(["-b", "-"]).args(options(login)).args([login.connection.as_str()]);
        programs.run(&program, Some(Input::Text(commands))).await
    }
}

impl RemoteDirectory for Sftp {
    const KIND: &'static str = "sftp";

    fn new(config: SshConfig) -> Result<Self, UploadError> {
        let program = config.programs.path.find("sftp", None)?;
        Ok(Self { config, program })
    }

    fn config(&self) -> &SshConfig {
        &self.config
    }

    async fn look(&self, name: &str) -> Result<Option<u64>, UploadError> {
        let target = self.config.path(name);
        let mut commands: String =
            parents(&self.config.directory).iter().map(|path| format!("-mkdir {path}\n")).collect();
        commands.push_str(&format!("-ls -ln {target}\n"));
        let answer = self.batch(&commands, Program::new(&self.program)).await?;
        if !answer.succeeded() {
            return Err(failure(answer, format!("look for {}", self.config.place(name)), "sftp"));
        }
        Ok(size_of(&answer.lines, &target))
    }

    async fn copy_and_rename(
        &self,
        package: &Package,
        (part_name, name): (&str, &str),
        replace: bool,
    ) -> Result<(), UploadError> {
        let (directory, file) = local(package)?;
        let (part, target) = (self.config.path(part_name), self.config.path(name));
        let place = self.config.place(name);
        let put = format!("put {file} {part}\n-ls -ln {part}\n");
        let program = Program::new(&self.program).directory(directory);
        let answer = self.batch(&put, program).await?;
        if !answer.succeeded() {
            return Err(failure(answer, format!("copy the package to {place}"), "sftp"));
        }
        match size_of(&answer.lines, &part) {
            Some(actual) if actual == package.size => {}
            Some(actual) => {
                let expected = package.size;
                return Err(UploadError::SizeMismatch { place, expected, actual });
            }
            None => {
                return Err(UploadError::Lost { place: self.config.place(part_name) });
            }
        }
        // Without OpenSSH's extension a server renames onto nothing that is there.
        let delete = if replace { format!("-rm {target}\n") } else { String::new() };
        let commands = format!("{delete}rename {part} {target}\n");
        let answer = self.batch(&commands, Program::new(&self.program)).await?;
        if answer.succeeded() {
            Ok(())
        } else {
            Err(failure(answer, format!("rename the package to {place}"), "sftp"))
        }
    }

    async fn remove(&self, name: &str, programs: &Programs) -> Result<(), UploadError> {
        let path = self.config.path(name);
        let commands = format!("-rm {path}\n-ls -ln {path}\n");
        let answer = self.batch_by(programs, &commands, Program::new(&self.program)).await?;
        if answer.succeeded() && size_of(&answer.lines, &path).is_none() {
            return Ok(());
        }
        Err(failure(answer, format!("delete {}", self.config.place(name)), "sftp"))
    }
}

/// A path's ancestors and itself, outermost first; a server makes one directory at a time.
fn parents(path: &str) -> Vec<&str> {
    let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
    ends.chain([path.len()]).filter_map(|end| path.get(..end)).collect()
}

/// The size that `ls -ln` tells of a path: mode, links, owner, group, size, time, path.
fn size_of(lines: &[String], path: &str) -> Option<u64> {
    lines.iter().rev().find_map(|line| {
        let is_file = line.starts_with('-') && line.trim_end().ends_with(path);
        let fields: Vec<_> = line.split_whitespace().collect();
        if is_file { fields.get(4)?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_made_one_by_one() {
        assert_eq!(parents("/srv/heron/a"), ["/srv", "/srv/heron", "/srv/heron/a"]);
        assert_eq!(parents("a/b"), ["a", "a/b"]);
        assert_eq!(parents("/"), ["/"]);
    }

    #[test]
    fn sizes_are_read_from_listings() {
        let lines = [
            "sftp> -ls -ln /a/x.tar.gz",
            "-rw-r--r--    ? 0        0             123 Nov 23 16:00 /a/x.tar.gz",
        ];
        let lines = lines.map(str::to_owned);
        assert_eq!(size_of(&lines, "/a/x.tar.gz"), Some(123));
        assert_eq!(size_of(&lines, "/a/y.tar.gz"), None);
        let directory = ["drwxr-xr-x    ? 0        0            4096 Nov 23 16:00 /a/x".to_owned()];
        assert_eq!(size_of(&directory, "/a/x"), None);
        assert_eq!(size_of(&["- a/x".to_owned()], "a/x"), None);
    }
}
