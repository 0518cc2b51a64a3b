//! `make-defn`: writes the definition of a topology with so many containers, as a topology's main would.

use anyhow::{Context as _, Result};
use prost::Message as _;

use crate::definition::definition;
use crate::flags::Flags;

/// Writes the file; the topology's id is made of its name.
pub fn run(arguments: &[String]) -> Result<u8> {
    let flags = Flags::parse(arguments, &["--name", "--containers", "--out"], &[])?;
    let name = flags.need("--name")?;
    let containers = flags.need("--containers")?.parse().context("bad --containers")?;
    let id = format!("{name}82e79bae-17cf-462c-88e0-b6e25066356b");
    let out = flags.need("--out")?;
    let bytes = definition(name, &id, containers).encode_to_vec();
    std::fs::write(out, bytes).with_context(|| format!("failed to write {out}"))?;
    Ok(0)
}
