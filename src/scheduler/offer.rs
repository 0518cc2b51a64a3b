//! What hosts offer.

use std::collections::BTreeMap;

use super::ids::{HostId, OfferId};
use super::ports::PortRange;
use crate::clock::Millis;
use crate::constraint::Place;

/// What one host offers for one role, in one or several offers that can be used together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offer {
    /// The offers' ids.
    pub ids: Vec<OfferId>,
    /// The host's id.
    pub host_id: HostId,
    /// Its name.
    pub host: String,
    /// `host:port` of its HTTP endpoints, if it tells.
    pub address: Option<String>,
    /// What the host's operator says of it.
    pub attributes: BTreeMap<String, String>,
    /// The role that it is offered for.
    pub role: String,
    /// What is free.
    pub free: Resources,
    /// Free ports, ascending and apart from each other.
    pub ports: Vec<PortRange>,
    /// When the host is to be taken down.
    pub unavailable: Option<Unavailability>,
}

/// An amount of what can be divided. Three decimals count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resources {
    /// Cores.
    pub cpus: f64,
    /// Memory in MB (2^20 bytes).
    pub mem_mb: f64,
    /// Disk in MB (2^20 bytes).
    pub disk_mb: f64,
}

impl Resources {
    /// The amounts in thousandths: three decimals add up exactly only as whole numbers.
    pub(super) fn thousandths(self) -> [i64; 3] {
        #[allow(clippy::cast_possible_truncation)] // `as` saturates
        let rounded = |value: f64| (value * 1000.0).round() as i64;
        let count = |value: f64| if value.is_nan() { i64::MAX } else { rounded(value).max(0) };
        [self.cpus, self.mem_mb, self.disk_mb].map(count)
    }
}

/// A planned time without a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailability {
    /// When it begins.
    pub from: Millis,
    /// How long it takes, in milliseconds; without end, if absent.
    pub for_ms: Option<Millis>,
}

impl Offer {
    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { host: &self.host, attributes: &self.attributes }
    }

    /// When the host is to be taken down, if that is so soon that nothing should be launched on it: within `lead_ms`.
    #[must_use]
    pub fn maintenance_at(&self, now: Millis, lead_ms: Millis) -> Option<Millis> {
        let Unavailability { from, for_ms } = self.unavailable?;
        let is_over = for_ms.is_some_and(|length| from.saturating_add(length) <= now);
        (!is_over && from <= now.saturating_add(lead_ms)).then_some(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maintenance_counts_from_its_lead_to_its_end() {
        let at = |now, for_ms| {
            let unavailable = Some(Unavailability { from: 1000, for_ms });
            Offer { unavailable, ..Offer::default() }.maintenance_at(now, 100)
        };
        assert_eq!(at(899, None), None);
        assert_eq!(at(900, None), Some(1000));
        assert_eq!(at(1_000_000, None), Some(1000));
        assert_eq!(at(1049, Some(50)), Some(1000));
        assert_eq!(at(1050, Some(50)), None);
        assert_eq!(Offer::default().maintenance_at(0, i64::MAX), None);
    }
}
