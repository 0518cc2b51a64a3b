//! `sftp` does everything, for accounts without a shell. It reads its commands from standard input.

use futures_util::future::BoxFuture;
use std::path::PathBuf;

use super::super::programs::{Answer, PartName, after_cleaning};
use super::super::{Effect, Package, Progress, Store, UploadError, Uploaded};
use super::{SshConfig, check_plain, failure, local, options, patiently};
use crate::program::{Input, Program};

/// A directory on another machine, where the account need not have a shell.
#[derive(Debug)]
pub struct SftpStore {
    config: SshConfig,
    sftp: PathBuf,
    part: PartName,
}

impl SftpStore {
    /// A store from its configuration; `sftp` must be there.
    pub fn new(config: &SshConfig) -> Result<Self, UploadError> {
        let config = config.clone().checked()?;
        let sftp = config.programs.path.find("sftp", None)?;
        Ok(Self { config, sftp, part: PartName::new() })
    }

    /// Runs commands, one per line; the first that fails ends it, unless it begins with `-`.
    async fn batch(&self, commands: &str, program: Program) -> Result<Answer, UploadError> {
        let login = &self.config.copy;
        let program =
            program.args(["-b", "-"]).args(options(login)).args([login.connection.as_str()]);
        self.config.programs.run(&program, Some(Input::Text(commands))).await
    }

    async fn copy(&self, package: &Package, name: &str) -> Result<Uploaded, UploadError> {
        let uri = self.uri_of(name)?;
        let target = self.config.path(name);
        let mut commands: String =
            parents(&self.config.directory).iter().map(|path| format!("-mkdir {path}\n")).collect();
        commands.push_str(&format!("-ls -ln {target}\n"));
        let answer = self.batch(&commands, Program::new(&self.sftp)).await?;
        if !answer.succeeded() {
            return Err(failure(answer, format!("look for {}", self.config.place(name)), "sftp"));
        }
        let there = size_of(&answer.lines, &target);
        if there == Some(package.size) {
            return Ok(Uploaded { uri, effect: Effect::AlreadyThere });
        }
        if let Err(failed) = self.copy_and_rename(package, name, there.is_some()).await {
            let cleaned = self.clean(name).await;
            return Err(after_cleaning(failed, &self.config.place(&self.part.of(name)), cleaned));
        }
        let effect = if there.is_some() { Effect::Replaced } else { Effect::Created };
        Ok(Uploaded { uri, effect })
    }

    async fn copy_and_rename(
        &self,
        package: &Package,
        name: &str,
        replace: bool,
    ) -> Result<(), UploadError> {
        let (directory, file) = local(package)?;
        let (part, target) = (self.config.path(&self.part.of(name)), self.config.path(name));
        let place = self.config.place(name);
        let put = format!("put {file} {part}\n-ls -ln {part}\n");
        self.part.begin();
        let program = Program::new(&self.sftp).directory(directory);
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
                return Err(UploadError::Lost { place: self.config.place(&self.part.of(name)) });
            }
        }
        // Without OpenSSH's extension a server renames onto nothing that is there.
        let delete = if replace { format!("-rm {target}\n") } else { String::new() };
        let commands = format!("{delete}rename {part} {target}\n");
        let answer = self.batch(&commands, Program::new(&self.sftp)).await?;
        if answer.succeeded() {
            Ok(())
        } else {
            Err(failure(answer, format!("rename the package to {place}"), "sftp"))
        }
    }

    async fn remove(&self, name: &str) -> Result<(), UploadError> {
        let path = self.config.path(name);
        let commands = format!("-rm {path}\n-ls -ln {path}\n");
        let answer = self.batch(&commands, Program::new(&self.sftp)).await?;
        if answer.succeeded() && size_of(&answer.lines, &path).is_none() {
            return Ok(());
        }
        Err(failure(answer, format!("delete {}", self.config.place(name)), "sftp"))
    }

    async fn clean(&self, name: &str) -> Result<(), UploadError> {
        let config = SshConfig { programs: self.config.programs.hurried(), ..self.config.clone() };
        let hurried = Self { config, sftp: self.sftp.clone(), part: self.part.clone() };
        hurried.remove(&self.part.of(name)).await
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

impl Store for SftpStore {
    fn kind(&self) -> &'static str {
        "sftp"
    }

    fn uri_of(&self, name: &str) -> Result<String, UploadError> {
        self.config.uri_of(name)
    }

    fn upload<'a>(
        &'a self,
        package: &'a Package,
        name: &'a str,
        progress: Progress,
    ) -> BoxFuture<'a, Result<Uploaded, UploadError>> {
        Box::pin(patiently(package, progress, || self.copy(package, name)))
    }

    fn delete_package<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            check_plain(name)?;
            self.remove(name).await
        })
    }

    fn discard<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            check_plain(name)?;
            if !self.part.is_begun() {
                return Ok(());
            }
            self.clean(name).await
        })
    }
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
