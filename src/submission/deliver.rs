//! Brings a topology's package into its store, and takes it back.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{sleep_until, timeout};

use super::plan::Plan;
use crate::clock::seconds;
use crate::context::{CommandError, Context};
use crate::controller::verdict::interrupted;
use crate::deployment::Deployment;
use crate::deployment::package::FetchedPackage;
use crate::report::Progress;
use crate::upload::{self, Effect, Package, Store, Uploaded};

/// How long removing a half-done upload or one that is taken back may take.
const CLEANUP: Duration = Duration::from_secs(20);

/// A package in its store.
pub(super) struct Delivered {
    store: Box<dyn Store>,
    uploaded: Uploaded,
    name: String,
}

/// Uploads a package. Afterwards it is there as a whole, or nothing of it is.
pub(super) async fn deliver(
    context: &Context<'_>,
    plan: &Plan,
    package: &Package,
) -> anyhow::Result<Delivered> {
    let store = upload::store_for(&plan.package.store)?;
    let name = plan.package.name.clone();
    context.reporter.step(&format!("uploading the package to {}", plan.package.uri));
    let (reporter, total) = (context.reporter.clone(), package.size);
    let progress = move |done| {
        reporter.progress(&Progress { done, total, unit: "bytes", detail: String::new() });
    };
    let limit = async {
        match context.whole.at() {
            Some(deadline) => sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    };
    let broken_off = tokio::select! {
        uploaded = store.upload(package, &name, Arc::new(progress)) => {
            let uploaded = uploaded
                .with_context(|| format!("failed to upload the package to the {} store", store.kind()))?;
            if uploaded.effect == Effect::AlreadyThere {
                context.reporter.step("the store has the package already: not uploaded again");
            }
            return Ok(Delivered { store, uploaded, name });
        }
        _ = context.signals.wait() => true,
        () = limit => false,
    };
    let next = match timeout(CLEANUP, store.discard(&name)).await {
        Ok(Ok(())) => "nothing was changed".to_owned(),
        Ok(Err(error)) => format!("a part of the package may be left in the store: {error}"),
        Err(_) => {
            "a part of the package may be left in the store, which does not answer".to_owned()
        }
    };
    if broken_off {
        let doing = format!("uploading the package of topology `{}`", plan.name);
        return Err(interrupted(context, &doing, vec![next]));
    }
    Err(CommandError::TimedOut {
        what: format!("the package is not in the {} store", store.kind()),
        after: seconds(context.timeout.unwrap_or_default()),
        next: vec![next, "submit again with a longer --timeout".to_owned()],
    }
    .into())
}

impl Delivered {
    /// What containers are launched with: some stores say only now where the package is.
    pub fn deployment(&self, plan: &Plan) -> Deployment {
        let topology_package = FetchedPackage::topology(&self.uploaded.uri);
        Deployment { topology_package, ..plan.deployment.clone() }
    }

    /// Takes the upload back. A package that stays is told of; it is in nobody's way.
    pub async fn undo(&self, context: &Context<'_>) {
        let why = match timeout(CLEANUP, self.store.undo(&self.uploaded, &self.name)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the store does not answer".to_owned(),
        };
        let text = format!("the uploaded package stays at {}: {why}", self.uploaded.uri);
        context.reporter.warn(&text);
    }
}
