//! This program as a file: what it needs of a machine that it is to run on, and the archive that carries it there.

mod archive;
mod elf;

pub use archive::{ProgramError, ProgramFile, pack, read};
pub use elf::{Links, NotElf, links};
