//! The one way out: what every connection of this tool shares, and what may be shown of it.
//!
//! [`redact`] masks secrets in whatever is shown, [`cause`] tells what an error comes from.

pub mod cause;
pub mod redact;
