//! A submission: [`source`] runs the topology's main, [`plan`] decides everything and touches nothing, [`document`] shows
//! the plan, [`apply`](mod@apply) carries it out once
//! [`preflight`](mod@preflight) has asked the cluster; [`deliver`](mod@deliver) is the package's part of that, [`record`] the journal's, and [`watch`](mod@watch) sees
//! to it while somebody else drives.
//! [`room`] says whether agents have room for what is to take the place of what runs. [`standing`] is what stands under the name already, and [`difference`](mod@difference) what differs, by what each is made of
//! ([`composition`]).

pub mod apply;
pub mod composition;
pub mod deliver;
pub mod difference;
pub mod document;
pub mod plan;
pub mod preflight;
pub mod record;
pub mod room;
pub mod source;
pub mod standing;
mod supervision;
pub mod watch;
