//! Keys that some era's file may hold and that change nothing here, with the reason.

use super::kind::Kind;
use super::spec::{KeySpec, keys};

const INTERNAL: &str =
    "Heron's command line wrote it for its own Java programs; it is computed here.";
const LAYOUT: &str =
    "It follows from `heron.directory.cluster.home` and `heron.directory.cluster.conf`.";
const FILES: &str = "The files of `--config-path` have fixed names.";
const CORE_BY_URI: &str = "Containers fetch the core package from `heron.package.core.uri`.";
const TUNNEL: &str = "No tunnel is opened; open one with `ssh -L` and set `heron.statemgr.client.connection.string`.";

keys! {
SUBMITTER = "submitter.id", Kind::Text,
    "The submitter's name of 2015.",
    unused("Nothing ever read it; the engine follows from the launcher.");
HERON_HOME = "heron.directory.home", Kind::Path,
    "Where Heron is installed on this machine.",
    aliases(&["heron.dir"]), unused("heron-cli is a single file and needs no installation.");
HERON_DIRECTORIES = "heron.directory.<name>", Kind::Path,
    "Parts of Heron's installation on this machine.", unused(LAYOUT);
CONFIG_PATH = "heron.directory.conf", Kind::Path,
    "The configuration directory.",
    aliases(&["heron.config.path", "config.path"]), unused("Use `--config-path`.");
CONFIG_LOADER = "heron.config.loader", Kind::Class,
    "The configuration loader.", aliases(&["config.loader"]), unused("Use `--config-loader`.");
CONFIG_FILES = "heron.config.file.<name>", Kind::Path,
    "The names of configuration files.", unused(FILES);
DRY_RUN = "heron.config.dry_run", Kind::Bool,
    "Whether only to show what would be done.",
    aliases(&["heron.config.dry_run_format_type"]), unused("Use `--dry-run`.");
SCHEDULER_SERVICE = "heron.scheduler.is.service", Kind::Bool,
    "Whether Heron's scheduler ran as a service.", unused("heron-cli schedules by itself.");
CORE_PACKAGE_DIRECTORY = "heron.package.core.directory", Kind::Path,
    "A core package that is already unpacked.", unused(CORE_BY_URI);
USE_CORE_URI = "heron.package.use_core_uri", Kind::Bool,
    "Whether the core package is fetched.", unused(CORE_BY_URI);
RELEASE_PACKAGE = "heron.release.package", Kind::Text,
    "Owner, name and version of the release in one text, or its file name.",
    unused("`heron.package.core.uri` names the core package.");
BUILD = "heron.build.<name>", Kind::Text,
    "Other facts of `release.yaml`.", unused("Only version and user are recorded.");
PACKER_VERSION = "heron.packer.pkgversion", Kind::Text,
    "The version number in Twitter's package store.", unused("That store was never published.");
VERSIONS_FILE = "versions.filename.<cluster>", Kind::Path,
    "The file that mapped versions to numbers in Twitter's package store.",
    aliases(&["versions.filename"]), unused("That store was never published.");
AURORA_NO_WAIT = "heron.aurora.no.wait", Kind::Bool,
    "Whether not to wait for Aurora.", unused("Use `--wait`.");
AURORA_CONTROLLER = "heron.class.scheduler.aurora.controller.cli", Kind::Bool,
    "Whether Aurora was driven by its command line.", unused("It always is.");
BINARIES = "heron.binaries.<name>", Kind::Path,
    "The programs of the core package.",
    aliases(&[
        "heron.executor.binary", "heron.scheduler.binary", "heron.stmgr.binary",
        "heron.tmaster.binary", "heron.shell.binary",
    ]),
    unused(LAYOUT);
CLASSPATHS = "heron.classpath.<name>", Kind::Text,
    "The classpaths of the core package's programs.",
    aliases(&["heron.class.path", "heron.metrics.mgr.classpath"]), unused(LAYOUT);
PROXY = "heron.proxy.connection.<name>", Kind::Text,
    "A proxy to Heron's scheduler.", aliases(&["heron.proxy.type"]),
    unused("The environment's proxy settings count.");
UPDATE_PROMPT = "heron.command.update.prompt", Kind::Text,
    "Whether `update` asks before it changes anything.", unused("It never asks; use `--dry-run`.");
DOWNLOADER = "heron.downloader.<name>", Kind::Text,
    "How containers fetched packages without Mesos.", unused("Mesos fetches packages.");
TUNNELS = "heron.statemgr.tunnel.<name>", Kind::Text,
    "Details of tunnels.", aliases(&["heron.scheduler.tunnel.<name>"]), unused(TUNNEL);
SCHEDULER_TUNNEL = "heron.scheduler.is.tunnel.needed", Kind::Bool,
    "Whether Heron's scheduler is reached through a tunnel.", unused(TUNNEL);
RUNTIME = "heron.runtime.<name>", Kind::Text,
    "Facts about the running topology.",
    aliases(&[
        "heron.component.jvm.opts.in.base64", "heron.component.rammap",
        "heron.instance.distribution", "heron.instance.jvm.opts.in.base64",
        "heron.internals.conf.filename", "heron.num.shards", "heron.pkg.type", "heron.topology.id",
        "heron.topology.jar.file", "heron.topology.name", "heron.topology.<name>",
        "tmaster.<port>.port.nobase64",
    ]),
    unused(INTERNAL);
TOPOLOGY_FILE = "topology.definition.file", Kind::Path,
    "The definition's file name.", unused(INTERNAL);
COMMAND_LINE = "config.overrides", Kind::Text,
    "Parts of the command line of 2015.",
    aliases(&[
        "filepath", "classname", "topology", "shard", "command", "deactivated", "config.file",
        "heron.unknown.args",
    ]),
    unused(INTERNAL);
SERVICE_URL = "service_url", Kind::Uri,
    "Heron's API server.", aliases(&["heron.service.url"]),
    unused("heron-cli needs no API server.");
}
