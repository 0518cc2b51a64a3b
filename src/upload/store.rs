//! What every place for packages can do.

use std::sync::Arc;

use futures_util::future::{BoxFuture, ready};

use super::{Package, UploadError};

/// Is told how many bytes are through; called often.
pub type OnProgress = Arc<dyn Fn(u64) + Send + Sync>;

/// What an upload has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// Where the package can be fetched, without credentials.
    pub uri: String,
    /// What happened to the place it is in now.
    pub effect: Effect,
}

impl Uploaded {
    /// A package that was put there, over something of the same name or where nothing was.
    #[must_use]
    pub fn put(uri: String, replaced: bool) -> Self {
        Self { uri, effect: if replaced { Effect::Replaced } else { Effect::Created } }
    }
}

/// What an upload did, and so what undoing it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put something where nothing was; undoing it deletes that.
    Created,
    /// Overwrote what was there under the name; that can't be brought back, and undoing it does nothing.
    Replaced,
    /// Did nothing: the very same package was there already.
    AlreadyThere,
    /// Did nothing: somebody else has to bring the package there.
    NotUploaded,
}

/// A place for packages.
pub trait Store: Send + Sync {
    /// What kind it is, such as `local`.
    fn kind(&self) -> &'static str;

    /// Where a package of this name will be, without credentials.
    fn uri_of(&self, name: &str) -> Result<String, UploadError>;

    /// Brings a package there. Either all of it is there afterwards, or nothing is.
    fn upload<'a>(
        &'a self,
        package: &'a Package,
        name: &'a str,
        progress: OnProgress,
    ) -> BoxFuture<'a, Result<Uploaded, UploadError>>;

    /// Deletes the package that was uploaded under a name; it may be gone already.
    fn delete_package<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>>;

    /// Removes a package that some submission brought to `uri` under `name`; it may be gone already.
    ///
    /// # Errors
    /// A package that is elsewhere than this store would have it is none of it, and one that it can't remove stays.
    fn remove<'a>(&'a self, uri: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            let here = self.uri_of(name)?;
            if here != uri {
                return Err(UploadError::NotRemovable {
                    why: format!(
                        "the {} store that is configured would have it at {here}",
                        self.kind()
                    ),
                });
            }
            self.delete_package(name).await
        })
    }

    /// Takes an upload back, as far as its [`Effect`] allows.
    fn undo<'a>(
        &'a self,
        uploaded: &'a Uploaded,
        name: &'a str,
    ) -> BoxFuture<'a, Result<(), UploadError>> {
        match uploaded.effect {
            Effect::Created => self.delete_package(name),
            Effect::Replaced | Effect::AlreadyThere | Effect::NotUploaded => {
                Box::pin(ready(Ok(())))
            }
        }
    }

    /// Removes what an upload may have left that was broken off before it had an end.
    fn discard<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(ready(Ok(())))
    }
}

/// Checks that a name is one part of a path and survives in a URI as it is.
pub(super) fn check_name(name: &str) -> Result<(), UploadError> {
    let bad = name.is_empty()
        || name.starts_with('.')
        || name.contains(['/', '\\', '?', '#', '%'])
        || name.contains(|c: char| c.is_control() || c.is_whitespace());
    if bad { Err(UploadError::BadName { name: name.to_owned() }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_plain_part_of_a_path() {
        assert!(check_name("wordcount-root-tag-0.tar.gz").is_ok());
        for name in ["", ".", "..", "a/b", "a b", "a?b", "a#b", "a%b", "a\nb"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }
}
