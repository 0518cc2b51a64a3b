//! Configuration: files, flags and overrides become typed settings, and every value knows where it
//! came from.

pub mod cluster;
pub mod keys;
pub mod layer;
pub mod legacy;
pub mod overrides;
pub mod properties;
pub mod units;
