//! Where Heron's own files lie in a container, if not where they usually do.
//!
//! Values count as far as they name paths inside the container's directory: others are those of this machine.

use super::kind::Kind;
use super::spec::{KeySpec, keys};

keys! {
BIN_DIRECTORY = "heron.directory.sandbox.bin", Kind::Path,
    "The directory of Heron's programs in a container.",
    default_note("`bin` in `heron.directory.cluster.home`");
LIB_DIRECTORY = "heron.directory.sandbox.lib", Kind::Path,
    "The directory of Heron's jars in a container.",
    default_note("`lib` in `heron.directory.cluster.home`");
EXECUTOR_BINARY = "heron.binaries.executor", Kind::Path,
    "The executor in a container.",
    aliases(&["heron.binaries.sandbox.executor"]), default_note("`heron-executor` in `heron.directory.sandbox.bin`");
TMANAGER_BINARY = "heron.binaries.tmanager", Kind::Path,
    "The topology manager in a container.",
    aliases(&["heron.binaries.tmaster", "heron.binaries.sandbox.tmaster"]), default_note("`heron-tmanager` in `heron.directory.sandbox.bin`");
STMGR_BINARY = "heron.binaries.stmgr", Kind::Path,
    "The stream manager in a container.",
    aliases(&["heron.binaries.sandbox.stmgr"]), default_note("`heron-stmgr` in `heron.directory.sandbox.bin`");
SHELL_BINARY = "heron.binaries.shell", Kind::Path,
    "The server of log files in a container.",
    aliases(&["heron.binaries.sandbox.shell"]), default_note("`heron-shell` in `heron.directory.sandbox.bin`");
PYTHON_BINARY = "heron.binaries.python.instance", Kind::Path,
    "The program of Python instances in a container.",
    aliases(&["heron.binaries.sandbox.python.instance"]), default_note("`heron-python-instance` in `heron.directory.sandbox.bin`");
CPP_BINARY = "heron.binaries.cpp.instance", Kind::Path,
    "The program of C++ instances in a container.",
    aliases(&["heron.binaries.sandbox.cpp.instance"]), default_note("`heron-cpp-instance` in `heron.directory.sandbox.bin`");
INSTANCE_CLASSPATH = "heron.classpath.instance", Kind::Text,
    "The class path of instances in a container.",
    aliases(&["heron.classpath.sandbox.instance"]), default_note("`instance/*` in `heron.directory.sandbox.lib`");
METRICSMGR_CLASSPATH = "heron.classpath.metrics.manager", Kind::Text,
    "The class path of the metrics manager in a container.",
    aliases(&["heron.classpath.sandbox.metrics.manager"]), default_note("`metricsmgr/*` in `heron.directory.sandbox.lib`");
METRICSCACHE_CLASSPATH = "heron.classpath.metricscache.manager", Kind::Text,
    "The class path of the metrics cache in a container.",
    aliases(&["heron.classpath.sandbox.metricscache.manager"]), default_note("`metricscachemgr/*` in `heron.directory.sandbox.lib`");
HEALTHMGR_CLASSPATH = "heron.classpath.healthmgr", Kind::Text,
    "The class path of the health manager in a container.",
    aliases(&["heron.classpath.sandbox.healthmgr"]), default_note("`healthmgr/*` in `heron.directory.sandbox.lib`");
SCHEDULER_CLASSPATH = "heron.classpath.scheduler", Kind::Text,
    "The class path of Heron's own scheduler in a container.",
    aliases(&["heron.classpath.sandbox.scheduler"]), default_note("`scheduler/*` in `heron.directory.sandbox.lib`");
PACKING_CLASSPATH = "heron.classpath.packing", Kind::Text,
    "The class path of the packing algorithms in a container.",
    aliases(&["heron.classpath.sandbox.packing"]), default_note("`packing/*` in `heron.directory.sandbox.lib`");
STATEMGR_CLASSPATH = "heron.classpath.statemgr", Kind::Text,
    "The class path of the state managers in a container.",
    aliases(&["heron.classpath.sandbox.statemgr"]), default_note("`statemgr/*` in `heron.directory.sandbox.lib`");
CKPTMGR_CLASSPATH = "heron.classpath.ckptmgr", Kind::Text,
    "The class path of the checkpoint manager in a container.",
    aliases(&["heron.classpath.sandbox.ckptmgr"]), default_note("`ckptmgr/*` in `heron.directory.sandbox.lib`");
STORAGE_CLASSPATH = "heron.classpath.statefulstorage", Kind::Text,
    "The class path of the storages for checkpoints in a container.",
    aliases(&["heron.classpath.sandbox.statefulstorage"]), default_note("`statefulstorage/*` in `heron.directory.sandbox.lib`");
}

/// All of them.
pub fn sandbox_paths() -> impl Iterator<Item = &'static KeySpec> {
    TABLE.iter().copied()
}
