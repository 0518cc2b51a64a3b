//! `scp` copies; `ssh` looks, makes directories and renames, by the shell of the account.

use std::path::PathBuf;

use super::super::programs::Programs;
use super::super::{Package, UploadError};
use super::{RemoteDirectory, SshConfig, failure, local, options};
use crate::program::Program;

/// Tells the size from whatever else a login prints.
const MARK: &str = "heron-cli:size:";

/// A directory on another machine, where the account has a shell.
#[derive(Debug)]
pub struct Scp {
    config: SshConfig,
    shell: PathBuf,
    copier: PathBuf,
}

impl Scp {
    /// Runs a script on the other machine. All that is put into it is plain for every shell.
    fn script(&self, script: &str) -> Program {
        let login = &self.config.shell;
        let command = format!("sh -c '{script}'");
        Program::new(&self.shell).args(options(login)).args([login.connection.clone(), command])
    }

    /// Runs a script; the size that it tells, if it does.
    async fn ask(&self, script: &str, doing: String) -> Result<Option<u64>, UploadError> {
        let answer = self.config.programs.run(&self.script(script), None).await?;
        if !answer.succeeded() {
            return Err(failure(answer, doing, "ssh"));
        }
        let told = answer.lines.iter().rev().find_map(|line| line.trim().strip_prefix(MARK));
        Ok(told.and_then(|size| size.trim().parse().ok()))
    }
}

impl RemoteDirectory for Scp {
    const KIND: &'static str = "scp";

    fn new(config: SshConfig) -> Result<Self, UploadError> {
        let shell = config.programs.path.find("ssh", None)?;
        let copier = config.programs.path.find("scp", None)?;
        Ok(Self { config, shell, copier })
    }

    fn config(&self) -> &SshConfig {
        &self.config
    }

    async fn look(&self, name: &str) -> Result<Option<u64>, UploadError> {
        let (directory, target) = (&self.config.directory, self.config.path(name));
        let look = format!(
            "mkdir -p {directory} && if test -f {target}; then echo {MARK}$(wc -c <{target}); fi"
        );
        self.ask(&look, format!("look for {}", self.config.place(name))).await
    }

    async fn copy_and_rename(
        &self,
        package: &Package,
        (part_name, name): (&str, &str),
        _replace: bool,
    ) -> Result<(), UploadError> {
        let (directory, file) = local(package)?;
        let part = self.config.path(part_name);
        let login = &self.config.copy;
        let program = Program::new(&self.copier)
            .args(options(login))
            .args([file, format!("{}:{part}", login.connection)])
            .directory(directory);
        let answer = self.config.programs.run(&program, None).await?;
        let place = self.config.place(name);
        if !answer.succeeded() {
            return Err(failure(answer, format!("copy the package to {place}"), "scp"));
        }
        let (size, target) = (package.size, self.config.path(name));
        let script = format!(
            "if test -f {part}; then s=$(wc -c <{part}); echo {MARK}$s; \
             if test $s -eq {size}; then mv -f {part} {target}; fi; fi"
        );
        match self.ask(&script, format!("rename the package to {place}")).await? {
            Some(actual) if actual == size => Ok(()),
            Some(actual) => Err(UploadError::SizeMismatch { place, expected: size, actual }),
            None => Err(UploadError::Lost { place: self.config.place(part_name) }),
        }
    }

    async fn remove(&self, name: &str, programs: &Programs) -> Result<(), UploadError> {
        let program = self.script(&format!("rm -f {}", self.config.path(name)));
        let answer = programs.run(&program, None).await?;
        let doing = format!("delete {}", self.config.place(name));
        if answer.succeeded() { Ok(()) } else { Err(failure(answer, doing, "ssh")) }
    }
}
