//! `scp` copies; `ssh` looks, makes directories and renames, by the shell of the account.

use futures_util::future::BoxFuture;
use std::path::PathBuf;

use super::super::programs::{PartName, after_cleaning};
use super::super::{Effect, Package, Progress, Store, UploadError, Uploaded};
use super::{SshConfig, check_plain, failure, local, options, patiently};
use crate::program::Program;

/// Tells the size from whatever else a login prints.
const MARK: &str = "heron-cli:size:";

/// A directory on another machine, where the account has a shell.
#[derive(Debug)]
pub struct ScpStore {
    config: SshConfig,
    ssh: PathBuf,
    scp: PathBuf,
    part: PartName,
}

impl ScpStore {
    /// A store from its configuration; `ssh` and `scp` must be there.
    pub fn new(config: &SshConfig) -> Result<Self, UploadError> {
        let config = config.clone().checked()?;
        let ssh = config.programs.path.find("ssh", None)?;
        let scp = config.programs.path.find("scp", None)?;
        Ok(Self { config, ssh, scp, part: PartName::new() })
    }

    /// Runs a script on the other machine. All that is put into it is plain for every shell.
    fn script(&self, script: &str) -> Program {
        let login = &self.config.shell;
        let command = format!("sh -c '{script}'");
        Program::new(&self.ssh).args(options(login)).args([login.connection.clone(), command])
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

    async fn copy(&self, package: &Package, name: &str) -> Result<Uploaded, UploadError> {
        let uri = self.uri_of(name)?;
        let (directory, target) = (&self.config.directory, self.config.path(name));
        let look = format!(
            "mkdir -p {directory} && if test -f {target}; then echo {MARK}$(wc -c <{target}); fi"
        );
        let doing = format!("look for {}", self.config.place(name));
        let there = self.ask(&look, doing).await?;
        if there == Some(package.size) {
            return Ok(Uploaded { uri, effect: Effect::AlreadyThere });
        }
        if let Err(failed) = self.copy_and_rename(package, name).await {
            let cleaned = self.clean(name).await;
            return Err(after_cleaning(failed, &self.config.place(&self.part.of(name)), cleaned));
        }
        let effect = if there.is_some() { Effect::Replaced } else { Effect::Created };
        Ok(Uploaded { uri, effect })
    }

    async fn copy_and_rename(&self, package: &Package, name: &str) -> Result<(), UploadError> {
        let (directory, file) = local(package)?;
        let part = self.config.path(&self.part.of(name));
        let login = &self.config.copy;
        self.part.begin();
        let program = Program::new(&self.scp)
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
            None => Err(UploadError::Lost { place: self.config.place(&self.part.of(name)) }),
        }
    }

    async fn remove(&self, name: &str, hurried: bool) -> Result<(), UploadError> {
        let program = self.script(&format!("rm -f {}", self.config.path(name)));
        let programs = &self.config.programs;
        let answer = if hurried {
            programs.hurried().run(&program, None).await?
        } else {
            programs.run(&program, None).await?
        };
        let doing = format!("delete {}", self.config.place(name));
        if answer.succeeded() { Ok(()) } else { Err(failure(answer, doing, "ssh")) }
    }

    async fn clean(&self, name: &str) -> Result<(), UploadError> {
        self.remove(&self.part.of(name), true).await
    }
}

impl Store for ScpStore {
    fn kind(&self) -> &'static str {
        "scp"
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
            self.remove(name, false).await
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
