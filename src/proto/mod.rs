//! Heron's protobuf messages, made by `build.rs` from the schema in `src/proto/heron`, one module per package.
//!
//! Heron speaks proto2: a `required` field must be present on the wire, which prost does not see when it decodes, so
//! that records which come from elsewhere are read with [`check`]. prost also drops fields that it does not know: no
//! record of another program is ever decoded, changed and encoded again; what changes one does so with [`wire`].

pub mod check;
pub mod schema;
pub mod wire;

/// Includes the messages of a package; lints for the code that prost writes are prost's affair.
macro_rules! package {
    ($(#[$doc:meta])* $module:ident, $file:literal) => {
        $(#[$doc])*
        #[allow(clippy::all, clippy::pedantic)]
        pub mod $module {
            include!(concat!(env!("OUT_DIR"), "/", $file, ".rs"));
        }
    };
}

package!(
    /// Package `heron.proto.api`: what a user's main describes.
    api, "heron.proto.api"
);
package!(
    /// Package `heron.proto.ckptmgr`: checkpoints.
    ckptmgr, "heron.proto.ckptmgr"
);
package!(
    /// Package `heron.proto.scheduler`: Heron's scheduler service.
    scheduler, "heron.proto.scheduler"
);
package!(
    /// Package `heron.proto.system`: execution state, packing plan, physical plan.
    system, "heron.proto.system"
);
package!(
    /// Package `heron.proto.tmanager`, before 0.20.3 `heron.proto.tmaster`; the same on the wire.
    tmanager, "heron.proto.tmanager"
);
package!(
    /// Records as Heron wrote them up to 0.13.3, before their fields were numbered anew.
    until_0_13_3, "heron.proto.until_0_13_3"
);

/// The endpoint in a [`scheduler::SchedulerLocation`] that stands for "no service runs, the client does the
/// scheduling".
pub const LIBRARY_ENDPOINT: &str = "scheduler_as_lib_no_endpoint";

impl api::TopologyState {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.as_str_name()
    }
}

#[cfg(test)]
mod tests;
