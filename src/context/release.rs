//! Which Heron release a command's containers run.

use super::command::Context;
use crate::net::http::Proxies;
use crate::topology::core_release::{ChosenRelease, ReleaseSource, configured, look};

impl Context<'_> {
    /// Chooses the release: as configured, else as the core package says, else the newest.
    pub async fn choose_release(&self, core_uri: &str) -> anyhow::Result<ChosenRelease> {
        if let Some(chosen) = configured(self.settings.release.dialect.as_deref())? {
            return Ok(chosen);
        }
        let doing = "looking for the Heron release in the core package".to_owned();
        self.reporter.step(&doing);
        let proxies = Proxies::of_environment(|name| self.env.get(name));
        let looked = async { anyhow::Ok(look(core_uri, &proxies).await) };
        let chosen = self.in_time(doing, looked).await?;
        let (release, detail) = (&chosen.release, chosen.detail());
        if matches!(chosen.source, ReleaseSource::Newest { odd: true, .. }) {
            self.reporter.warn(&format!(
                "Heron {release} ({detail}); set heron.release.version if containers do not start"
            ));
        }
        tracing::info!("Heron {release}, {detail}");
        self.reporter.step(&match chosen.source {
            // A guess: whoever knows better wants to know why.
            ReleaseSource::Newest { odd: false, .. } => {
                format!("Heron release {release} ({detail})")
            }
            _ => format!("Heron release {release}"),
        });
        Ok(chosen)
    }
}
