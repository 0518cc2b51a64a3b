//! What the agents offered last, for explaining why nothing was placed.

use crate::mesos::event::Offer;

/// What an agent offered last.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Host name.
    pub host: String,
    /// Sums over the offer, by resource: cores, MB, MB, number of ports.
    pub available: [(&'static str, f64); 4],
}

impl Seen {
    pub(super) fn of(offer: &Offer) -> Self {
        let scalar = |name: &str| {
            offer
                .resources
                .iter()
                .filter(|r| r.name == name)
                .filter_map(|r| r.scalar)
                .map(|s| s.value)
                .sum()
        };
        let ports: u64 = offer
            .resources
            .iter()
            .filter(|r| r.name == "ports")
            .filter_map(|r| r.ranges.as_ref())
            .flat_map(|ranges| &ranges.range)
            .map(|range| range.end.saturating_sub(range.begin).saturating_add(1))
            .sum();
        Self {
            host: offer.hostname.clone(),
            available: [
                ("cpus", scalar("cpus")),
                ("mem", scalar("mem")),
                ("disk", scalar("disk")),
                ("ports", ports as f64),
            ],
        }
    }
}
