//! No upload: somebody else brings the package to where it is expected.

use futures_util::future::{BoxFuture, ready};

use super::{Effect, OnProgress, Package, Store, UploadError, Uploaded};

/// A store that does nothing, as Heron's `NullUploader` (`docs/heron.md#uploaders`), with a URI that makes sense.
#[derive(Clone, Debug)]
pub struct NullStore {
    uri: String,
}

impl NullStore {
    /// Expects packages at `uri` (`heron.topology.pkg.uri`).
    pub fn new(uri: &str) -> Result<Self, UploadError> {
        let uri = uri.trim();
        if uri.is_empty() {
            return Err(UploadError::NoUri);
        }
        Ok(Self { uri: uri.to_owned() })
    }
}

impl Store for NullStore {
    fn kind(&self) -> &'static str {
        "null"
    }

    fn uri_of(&self, _name: &str) -> Result<String, UploadError> {
        Ok(self.uri.clone())
    }

    fn upload<'a>(
        &'a self,
        _package: &'a Package,
        _name: &'a str,
        _progress: OnProgress,
    ) -> BoxFuture<'a, Result<Uploaded, UploadError>> {
        let uploaded = Uploaded { uri: self.uri.clone(), effect: Effect::NotUploaded };
        Box::pin(ready(Ok(uploaded)))
    }

    fn remove<'a>(
        &'a self,
        _uri: &'a str,
        _name: &'a str,
    ) -> BoxFuture<'a, Result<(), UploadError>> {
        let why = "the null uploader has not brought it there".to_owned();
        Box::pin(ready(Err(UploadError::NotRemovable { why })))
    }

    fn delete_package<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::package::tests::package;
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn nothing_is_uploaded_and_the_answer_says_so() {
        let (_directory, package) = package(10).await;
        let store = NullStore::new(" http://h/topology.tar.gz ").unwrap();
        let progress: OnProgress = Arc::new(|_| panic!("no progress without an upload"));
        let uploaded = store.upload(&package, "x", progress).await.unwrap();
        assert_eq!(uploaded.uri, "http://h/topology.tar.gz");
        assert_eq!(uploaded.effect, Effect::NotUploaded);
        store.undo(&uploaded, "x").await.unwrap();
        let stays = store.remove(&uploaded.uri, "x").await.unwrap_err().to_string();
        assert!(stays.contains("has not brought it"), "{stays}");
        assert!(matches!(NullStore::new(" "), Err(UploadError::NoUri)));
    }
}
