//! A topology's own supervisors.

use super::kind::Kind;
use super::spec::{KeySpec, keys};

keys! {
SUPERVISOR_INSTANCES = "heron.supervisor.instances", Kind::Integer { min: 0, max: 9 },
    "How many supervisors a topology gets of its own, as small tasks of its framework on different agents: one leads and launches anew what dies, the others included, and another takes over from it. 2 or 3 make sense; `--supervisors` says the same.",
    default("0");
SUPERVISOR_URI = "heron.supervisor.uri", Kind::Uri,
    "The program of the supervisors, where agents fetch it: a heron-cli for their processor and system, or an archive that holds one under this name.",
    default_note("this program, which is brought into the package store");
SUPERVISOR_CPU = "heron.supervisor.cpu", Kind::Number { min: 0.001 },
    "The cores of a supervisor.", default("0.1");
SUPERVISOR_RAM = "heron.supervisor.ram", Kind::Bytes,
    "The memory of a supervisor.", default("32MB");
SUPERVISOR_FILES = "heron.supervisor.files.directory", Kind::Path,
    "The directory on the agents that has the files with credentials and certificates which this configuration names, under the same names. Their content is never sent; the task's user must be able to read them.";
}
