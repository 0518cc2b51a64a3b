//! Identifiers: on the wire each is an object with the one member `value`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::json::or_default;

#[derive(Serialize)]
struct Written<'a> {
    value: &'a str,
}

#[derive(Default, Deserialize)]
struct Read {
    #[serde(default, deserialize_with = "or_default")]
    value: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub String);

        impl $name {
            /// Whether it names nothing: the master leaves some ids empty (`docs/mesos.md#json`).
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// The bare text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Written { value: &self.0 }.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Read::deserialize(deserializer).map(|wire| Self(wire.value))
            }
        }
    };
}

id!(
    /// Names a framework, the only handle to its tasks.
    FrameworkId
);
id!(
    /// Names an agent.
    AgentId
);
id!(
    /// Names a task; never used twice.
    TaskId
);
id!(
    /// Names an offer.
    OfferId
);
id!(
    /// Names an executor; for a command task the text of its task id.
    ExecutorId
);
