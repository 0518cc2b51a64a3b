//! What tests of other folders use of this one.

pub(crate) mod simulated;
