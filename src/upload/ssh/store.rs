//! The store on another machine, whichever of OpenSSH's programs brings the package there.

use futures_util::future::BoxFuture;

use super::connection::{SshConfig, check_plain, patiently};
use crate::upload::programs::{PartName, Programs, after_cleaning};
use crate::upload::{Effect, OnProgress, Package, Store, UploadError, Uploaded};

/// What can be done in a directory on another machine.
pub trait RemoteDirectory: Sized + Send + Sync {
    /// The kind of store.
    const KIND: &'static str;

    /// A configuration that has been checked; its programs must be there.
    fn new(config: SshConfig) -> Result<Self, UploadError>;

    fn config(&self) -> &SshConfig;

    /// Makes the directory, and tells the size of what has the name there.
    fn look(&self, name: &str) -> impl Future<Output = Result<Option<u64>, UploadError>> + Send;

    /// Copies under the first name, and renames to the second once all of it is there. `replace`: the second name is
    /// taken.
    fn copy_and_rename(
        &self,
        package: &Package,
        names: (&str, &str),
        replace: bool,
    ) -> impl Future<Output = Result<(), UploadError>> + Send;

    /// Removes what may be there, by these programs.
    fn remove(
        &self,
        name: &str,
        programs: &Programs,
    ) -> impl Future<Output = Result<(), UploadError>> + Send;
}

/// A directory on another machine.
#[derive(Debug)]
pub struct SshStore<R> {
    remote: R,
    part: PartName,
}

impl<R: RemoteDirectory> SshStore<R> {
    /// A store from its configuration; the programs that it needs must be there.
    pub fn new(config: &SshConfig) -> Result<Self, UploadError> {
        let remote = R::new(config.clone().checked()?)?;
        Ok(Self { remote, part: PartName::new() })
    }

    async fn copy(&self, package: &Package, name: &str) -> Result<Uploaded, UploadError> {
        let uri = self.uri_of(name)?;
        let there = self.remote.look(name).await?;
        if there == Some(package.size) {
            return Ok(Uploaded { uri, effect: Effect::AlreadyThere });
        }
        let part = self.part.of(name);
        self.part.begin();
        let copied = self.remote.copy_and_rename(package, (&part, name), there.is_some()).await;
        if let Err(failed) = copied {
            let place = self.remote.config().place(&part);
            return Err(after_cleaning(failed, &place, self.clean(name).await));
        }
        Ok(Uploaded::put(uri, there.is_some()))
    }

    async fn clean(&self, name: &str) -> Result<(), UploadError> {
        let programs = self.remote.config().programs.hurried();
        self.remote.remove(&self.part.of(name), &programs).await
    }
}

impl<R: RemoteDirectory> Store for SshStore<R> {
    fn kind(&self) -> &'static str {
        R::KIND
    }

    fn uri_of(&self, name: &str) -> Result<String, UploadError> {
        self.remote.config().uri_of(name)
    }

    fn upload<'a>(
        &'a self,
        package: &'a Package,
        name: &'a str,
        progress: OnProgress,
    ) -> BoxFuture<'a, Result<Uploaded, UploadError>> {
        Box::pin(patiently(package, progress, || self.copy(package, name)))
    }

    fn delete_package<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            check_plain(name)?;
            self.remote.remove(name, &self.remote.config().programs).await
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
