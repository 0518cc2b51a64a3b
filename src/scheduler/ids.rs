//! Names of tasks, hosts, offers and frameworks. In the journal each is an object with the one member `value`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize)]
struct Written<'a> {
    value: &'a str,
}

#[derive(Deserialize)]
struct Read {
    #[serde(default)]
    value: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub String);

        impl $name {
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
                Read::deserialize(deserializer).map(|read| Self(read.value))
            }
        }
    };
}

id!(
    /// Names a framework: all tasks of one topology, the only handle to them.
    FrameworkId
);
id!(
    /// Names a host, or rather what starts tasks there: a host that is set up anew gets another id.
    HostId
);
id!(
    /// Names a task; never used twice.
    TaskId
);
id!(
    /// Names an offer.
    OfferId
);
