//! Packages: Heron's own, the store for those of topologies, and the Java that runs mains.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::context::Context;
use crate::net::cause::chain;
use crate::net::redact::redact;
use crate::outcome::doctor::Check;
use crate::temporary;
use crate::topology::core_release::ReleaseSource;
use crate::upload::{self, Effect, Package};

/// How long a store may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Heron's own package, as far as this machine can read it.
pub async fn core(context: &Context<'_>) -> Check {
    let uri = &context.settings.core_uri;
    let name = "core package";
    let shown = redact(uri);
    match context.choose_release(uri).await {
        Ok(chosen) => {
            let detail = format!("{shown}: Heron {} ({})", chosen.release, chosen.detail());
            match chosen.source {
                ReleaseSource::Newest { .. } => Check::warning(
                    name,
                    detail,
                    "set heron.release.version; `heron-cli check fetch` lets agents fetch it",
                ),
                _ => Check::passed(name, detail),
            }
        }
        Err(error) => {
            let mend = "correct heron.package.core.uri";
            Check::failed(name, format!("{shown}: {}", chain(error.as_ref())), mend)
        }
    }
}

/// The store: something small is brought there, and removed again.
pub async fn store(context: &Context<'_>) -> Check {
    let name = "package store";
    match context.whole.run(PATIENCE, written(context)).await {
        Ok(Ok(detail)) => Check::passed(name, detail),
        Ok(Err(error)) => {
            let mend = "see docs/stores.md for the keys of this store, and what they need";
            Check::failed(name, chain(error.as_ref()), mend)
        }
        Err(stopped) => {
            let mend = "see that a connection from this machine to it is let through";
            Check::failed(name, stopped.to_string(), mend)
        }
    }
}

async fn written(context: &Context<'_>) -> anyhow::Result<String> {
    let topology = format!("heron-cli-doctor-{}", Uuid::new_v4());
    let store = upload::store_for(&context.store_config(&topology)?)?;
    let directory = temporary::directory(&std::env::temp_dir())?;
    let file = directory.path().join("probe.tar.gz");
    std::fs::write(&file, topology.as_bytes())?;
    let package = Package::read(&file).await?;
    let name = format!("{topology}.tar.gz");
    let uploaded = store.upload(&package, &name, Arc::new(|_| {})).await?;
    let uri = redact(&uploaded.uri);
    if uploaded.effect == Effect::NotUploaded {
        return Ok(format!("nothing is uploaded: packages are expected at {uri}"));
    }
    store.undo(&uploaded, &name).await?;
    Ok(format!("{}: a file was written to {uri} and removed again", store.kind()))
}

/// Java, without which no main in a jar runs here.
pub fn java(context: &Context<'_>) -> Check {
    let name = "java";
    let home = context.env.get("JAVA_HOME").map(Path::new);
    match context.machine.path.find("java", Some(("JAVA_HOME", home))) {
        Ok(java) => Check::passed(name, java.display().to_string()),
        Err(error) => Check::warning(
            name,
            chain(&error),
            "install one, or set JAVA_HOME, to submit jars; .pex and .defn files need none",
        ),
    }
}
