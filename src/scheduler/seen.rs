//! What the hosts offered last, for explaining why nothing was placed.

use std::collections::BTreeMap;

use super::ids::HostId;
use super::offer::Offer;
use super::ports::PortRange;
use crate::clock::Millis;
use crate::constraint::Place;

/// What a host offered last for one role.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The host's id.
    pub host_id: HostId,
    /// Its name.
    pub host: String,
    /// What its operator says of it.
    pub attributes: BTreeMap<String, String>,
    /// How much of what: cores, MB, MB, number of ports.
    pub available: [(&'static str, f64); 4],
    /// The ports among that.
    pub ports: Vec<PortRange>,
    /// When the host is to be taken down, if the offer was left alone for that.
    pub maintenance_at: Option<Millis>,
}

impl Seen {
    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { host: &self.host, attributes: &self.attributes }
    }

    pub(super) fn of(offer: &Offer, now: Millis, lead_ms: Millis) -> Self {
        let ports: usize = offer.ports.iter().copied().map(PortRange::count).sum();
        Self {
            host_id: offer.host_id.clone(),
            host: offer.host.clone(),
            attributes: offer.attributes.clone(),
            available: [
                ("cpus", offer.free.cpus),
                ("mem", offer.free.mem_mb),
                ("disk", offer.free.disk_mb),
                ("ports", ports as f64),
            ],
            ports: offer.ports.clone(),
            maintenance_at: offer.maintenance_at(now, lead_ms),
        }
    }
}
