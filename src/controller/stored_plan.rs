//! The packing plan of an update as it stands in the journal until it is written, and Heron's nodes of a revision: compressed, as
//! base64. They are there for whoever carries the update out, as what has made them may not be at hand then.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::digest::hexadecimal;

/// The most that a plan may become: more than any ZooKeeper takes.
const MOST: u64 = 64 << 20;

/// A plan, or another of Heron's nodes, as text.
pub fn pack(plan: &[u8]) -> std::io::Result<String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plan)?;
    Ok(STANDARD.encode(encoder.finish()?))
}

/// What a text was made of, if it is of that kind.
#[must_use]
pub fn unpack(text: &str) -> Option<Vec<u8>> {
    let packed = STANDARD.decode(text).ok()?;
    let mut plan = Vec::new();
    GzDecoder::new(packed.as_slice()).take(MOST).read_to_end(&mut plan).ok()?;
    Some(plan)
}

/// The plan of a text, if it is one of this digest.
#[must_use]
pub fn unpack_plan(text: &str, digest: &str) -> Option<Vec<u8>> {
    unpack(text).filter(|plan| plan_digest(plan) == digest)
}

/// SHA-256 of a plan.
#[must_use]
pub fn plan_digest(plan: &[u8]) -> String {
    hexadecimal(&Sha256::digest(plan))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_survives_the_journal_and_what_is_none_is_told() {
        let plan = b"a packing plan ".repeat(1000);
        let text = pack(&plan).unwrap();
        assert!(text.len() < 500, "{}", text.len());
        let digest = plan_digest(&plan);
        assert_eq!(unpack_plan(&text, &digest), Some(plan));
        for bad in ["", "%", "AAAA", &text[..text.len() / 2]] {
            assert_eq!(unpack_plan(bad, &digest), None, "{bad}");
        }
        assert_eq!(unpack_plan(&text, "another"), None);
    }
}
