//! Who holds a lock.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who holds a lock, as it stands in the holder's node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Holder {
    /// Name of its machine.
    pub host: String,
    /// Its process id there.
    pub pid: u32,
    /// What it does, such as `submit`.
    pub command: String,
    /// Since when, RFC 3339.
    pub since: String,
    /// Whether it is one of the topology's own supervisors, which end with it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub member: bool,
    /// What it is at, if it tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doing: Option<Box<Doing>>,
}

/// What the holder of a lock is at, for those who wait for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Doing {
    /// The step: "launching topology wordcount".
    pub step: String,
    /// How far that has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Advance>,
    /// What is waited for, where that takes longer than usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<String>,
}

/// How far a step has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Advance {
    /// Done.
    pub done: u64,
    /// Of how many.
    pub total: u64,
    /// What is counted.
    pub unit: String,
    /// What holds it up, in short.
    pub detail: String,
    /// All that is known beyond that, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<String>,
}

impl Doing {
    /// What is waited for, as closely as is known.
    #[must_use]
    pub fn waits_for(&self) -> Option<&str> {
        let detail = self.progress.as_ref().map(|progress| progress.detail.as_str());
        let known = [self.waiting.as_deref(), detail, Some(self.step.as_str())];
        known.into_iter().flatten().find(|text| !text.is_empty())
    }
}

/// The command of those who drive without an end.
const RESIDENT: &str = "supervise";

impl Holder {
    /// Whether it drives without an end, and carries out whatever is requested.
    #[must_use]
    pub fn is_resident(&self) -> bool {
        self.command == RESIDENT
    }

    /// Whether it is one of the topology's own supervisors, which end with it.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.member
    }

    /// Reads the content of a lock's node. Curator leaves an address there; of anything else, nothing is known.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        if let Ok(holder) = serde_json::from_slice(bytes) {
            return holder;
        }
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        match text.parse::<std::net::IpAddr>() {
            Ok(address) => Self {
                host: address.to_string(),
                command: "another Heron client".to_owned(),
                ..Self::default()
            },
            Err(_) => Self::default(),
        }
    }

    /// The content of its node.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Plain strings and a number always have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return f.write_str("somebody who left no name");
        }
        write!(f, "{} on host {}", self.command, self.host)?;
        if self.pid != 0 {
            write!(f, " (pid {})", self.pid)?;
        }
        if self.since.is_empty() { Ok(()) } else { write!(f, " since {}", self.since) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_readable() {
        let me = Holder {
            host: "laptop".into(),
            pid: 12,
            command: "submit".into(),
            since: "2026-11-23T13:00:00Z".into(),
            member: false,
            doing: None,
        };
        assert_eq!(me.to_string(), "submit on host laptop (pid 12) since 2026-11-23T13:00:00Z");
        assert_eq!(Holder::from_bytes(&me.to_bytes()), me);
        let curator = Holder::from_bytes(b"10.0.0.1").to_string();
        assert_eq!(curator, "another Heron client on host 10.0.0.1");
        assert_eq!(Holder::from_bytes(b"\xff").to_string(), "somebody who left no name");
    }

    #[test]
    fn what_is_waited_for_is_told_as_closely_as_is_known() {
        let told = |step: &str, detail: Option<&str>, waiting: Option<&str>| {
            let progress =
                detail.map(|detail| Advance { detail: detail.into(), ..Advance::default() });
            let waiting = waiting.map(str::to_owned);
            let doing = Doing { step: step.into(), progress, waiting };
            let holder = Holder { doing: Some(Box::new(doing)), ..Holder::default() };
            let read = Holder::from_bytes(&holder.to_bytes());
            assert_eq!(read, holder);
            read.doing.unwrap().waits_for().map(str::to_owned)
        };
        assert_eq!(told("", None, None), None);
        assert_eq!(told("launching", Some(""), None).unwrap(), "launching");
        assert_eq!(told("launching", Some("no offer"), None).unwrap(), "no offer");
        assert_eq!(told("launching", Some("no offer"), Some("the master")).unwrap(), "the master");
    }
}
