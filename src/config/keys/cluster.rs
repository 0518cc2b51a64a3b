//! Who and where: cluster, role, environment, and the classes that choose the engine.

use super::kind::Kind;
use super::spec::{KeySpec, keys};
use crate::names::Named;

keys! {
CLUSTER = "heron.config.cluster", Kind::Name(Named::Cluster),
    "The name of the cluster; it is stored with the topology and chooses `mesos.master.uri.<cluster>.<environ>`.",
    aliases(&["dc", "cluster"]), default("dc");
ROLE = "heron.config.role", Kind::Name(Named::Role),
    "The role the topology belongs to; on Mesos its tasks run as the user of that name, see `heron.mesos.task.user`.",
    aliases(&["role"]), default_note("the name of the user who runs heron-cli");
ENVIRON = "heron.config.environ", Kind::Name(Named::Environ),
    "The environment, such as `devel` or `prod`.",
    aliases(&["environ", "heron.config.env"]), default("default");
SUBMIT_USER = "heron.config.submit_user", Kind::Name(Named::User),
    "The user who is recorded as submitter.",
    default_note("the name of the user who runs heron-cli");
ROLE_REQUIRED = "heron.config.is.role.required", Kind::Bool,
    "Whether `cluster/role/environ` must name a role.", default("false");
ENVIRON_REQUIRED = "heron.config.is.env.required", Kind::Bool,
    "Whether `cluster/role/environ` must name an environment.", default("false");
LAUNCHER = "heron.class.launcher", Kind::Class,
    "The launcher; its last component chooses the engine. This version drives Mesos: `MesosLauncher`.",
    aliases(&["launcher.class"]), default_note("the engine of the configuration loader, else Mesos");
SCHEDULER = "heron.class.scheduler", Kind::Class,
    "The scheduler; its last component chooses the engine like the launcher's.",
    aliases(&["scheduler.class"]), default_note("the engine of the launcher");
RUNTIME_MANAGER = "heron.class.runtime.manager", Kind::Class,
    "The runtime manager of 2015; its last component chooses the engine if nothing else does.",
    aliases(&["runtime.manager.class"]);
VERBOSE_GC = "heron.config.verbose_gc", Kind::Bool,
    "Whether the topology's Java processes log their garbage collection.", default("false");
CONFIG_PROPERTY = "config.property", Kind::Text,
    "More properties in the syntax of the overrides; with `PropertiesFileConfigLoader` and `AuroraConfigLoader` they count like `--config-property`.";
RELEASE_VERSION = "heron.release.version", Kind::Text,
    "The Heron release of the core package, such as `0.17.8`; it decides how heron-executor is started.",
    default_note("read from the core package's `release.yaml` where it is readable, else the newest");
BUILD_VERSION = "heron.build.version", Kind::Text,
    "The version in `release.yaml`; it is recorded with the running topology.",
    default_note("`heron.release.package.version`");
BUILD_USER = "heron.build.user", Kind::Text,
    "The builder in `release.yaml`; it is recorded with the running topology.",
    default_note("`heron.release.package.role`");
PACKAGE_ROLE = "heron.release.package.role", Kind::Text,
    "The owner of the Heron release; it is recorded with the running topology.",
    aliases(&["heron.release.pkgrole"]);
PACKAGE_NAME = "heron.release.package.name", Kind::Text,
    "The name of the Heron release; it is recorded with the running topology.",
    aliases(&["heron.release.pkgname"]);
PACKAGE_VERSION = "heron.release.package.version", Kind::Text,
    "The version of the Heron release; it is recorded with the running topology.",
    aliases(&["heron.release.pkgversion"]);
}
