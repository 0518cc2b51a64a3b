//! Brings a topology's package into its store, and takes it back.

use std::sync::Arc;

use anyhow::Context as _;
use serde_json::Map;

use super::plan::Plan;
use crate::clock::seconds;
use crate::context::{CommandError, Context};
use crate::deployment::Deployment;
use crate::deployment::package::FetchedPackage;
use crate::net::deadline::{Stopped, UNDO};
use crate::net::redact::redact;
use crate::report::Progress;
use crate::scheduler::package::StoredPackage;
use crate::upload::{self, Effect, Package, Store, Uploaded};

/// A package in its store.
pub struct Delivered {
    store: Box<dyn Store>,
    uploaded: Uploaded,
    name: String,
}

/// Uploads a package. Afterwards it is there as a whole, or nothing of it is.
pub async fn deliver(
    context: &Context<'_>,
    plan: &Plan,
    package: &Package,
) -> anyhow::Result<Delivered> {
    let store = upload::store_for(&plan.package.store)?;
    let name = plan.package.name.clone();
    let uri = redact(&plan.package.uri);
    context.reporter.step(&format!("uploading the package to {uri}"));
    let (reporter, total) = (context.reporter.clone(), package.size);
    let progress = move |done| {
        reporter.progress(&Progress { done, total, unit: "bytes", ..Progress::default() });
    };
    let stopped =
        match context.whole.run_through(store.upload(package, &name, Arc::new(progress))).await {
            Ok(uploaded) => {
                let uploaded = uploaded.with_context(|| {
                    format!("failed to upload the package to the {} store", store.kind())
                })?;
                if uploaded.effect == Effect::AlreadyThere {
                    context.reporter.step("the store has the package already: not uploaded again");
                }
                return Ok(Delivered { store, uploaded, name });
            }
            Err(stopped) => stopped,
        };
    Err(broken_off(context, plan, store.as_ref(), stopped).await.into())
}

/// Removes what an upload has left that was broken off.
async fn broken_off(
    context: &Context<'_>,
    plan: &Plan,
    store: &dyn Store,
    stopped: Stopped,
) -> CommandError {
    let bound = UNDO.as_secs();
    let what =
        || format!("removing what was uploaded, for at most {bound} s; Ctrl-C leaves it there");
    let undoing = context.whole.undoing();
    let left = match undoing.run_saying(UNDO, what, store.discard(&plan.package.name)).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some("the store does not answer".to_owned()),
    };
    let after = seconds(context.timeout.unwrap_or_default());
    let what = format!("the package is not in the {} store", store.kind());
    let longer = "submit again with a longer --timeout".to_owned();
    match (stopped, left) {
        (Stopped::Signal(signal), left) => {
            let doing = format!("uploading the package of topology `{}`", plan.name);
            let next = left.map_or_else(
                || "nothing was changed".to_owned(),
                |why| format!("a part of the package may be left in the store: {why}"),
            );
            CommandError::Interrupted { signal, doing, next: vec![next] }
        }
        (Stopped::TimedOut, None) => {
            let next = vec!["nothing was changed".to_owned(), longer];
            CommandError::TimedOut { what, after, next }
        }
        (Stopped::TimedOut, Some(why)) => {
            let uri = redact(&plan.package.uri);
            let next = format!("a part of the package may be left at {uri}");
            let what = format!("{what} after {after}");
            CommandError::PartlyDone { what, why, next: vec![next, longer] }
        }
    }
}

impl Delivered {
    /// What containers are launched with: some stores say only now where the package is.
    #[must_use]
    pub fn deployment(&self, plan: &Plan) -> Deployment {
        let topology_package = FetchedPackage::topology(&self.uploaded.uri);
        Deployment { topology_package, ..plan.deployment.clone() }
    }

    /// What the journal keeps of it; nothing of a package that somebody else brings.
    #[must_use]
    pub fn stored(&self) -> Option<StoredPackage> {
        let Uploaded { uri, effect } = &self.uploaded;
        (*effect != Effect::NotUploaded).then(|| StoredPackage {
            name: self.name.clone(),
            uri: uri.clone(),
            extra: Map::new(),
        })
    }

    /// Takes the upload back; `context` is for undoing. A package that stays is told of; it is in nobody's way.
    pub async fn undo(&self, context: &Context<'_>) {
        let undo = self.store.undo(&self.uploaded, &self.name);
        let why = match context.whole.run(UNDO, undo).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the store does not answer".to_owned(),
        };
        let uri = redact(&self.uploaded.uri);
        let text = format!("the uploaded package stays at {uri}: {why}");
        context.reporter.warn(&text);
    }
}
