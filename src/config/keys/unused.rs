//! Keys that some era's file may hold and that change nothing here, with the reason.

use super::kind::{INT, Kind};
use super::spec::{KeySpec, keys};
use crate::config::units::TimeUnit;

const INTERNAL: &str =
    "Heron's command line wrote it for its own Java programs; it is computed here.";
const LAYOUT: &str =
    "It follows from `heron.directory.cluster.home` and `heron.directory.cluster.conf`.";
const FILES: &str = "The files of `--config-path` have fixed names.";
const CORE_BY_URI: &str = "Containers fetch the core package from `heron.package.core.uri`.";
const TUNNEL: &str = "No tunnel is opened; open one with `ssh -L` and set `heron.statemgr.client.connection.string`.";

const NO_DLOG: &str = "No Mesos agent can fetch from DistributedLog; choose another uploader.";
const MESOS_ONLY: &str = "This version drives Mesos only.";
const RETRIES: &str = "heron-cli retries what is safe to retry until its own `--timeout`.";

keys! {
MESOS_RECONCILIATION = "heron.mesos.framework.reconciliation.interval.ms", Kind::Duration(TimeUnit::Milliseconds),
    "How often a resident scheduler asked Mesos for the state of all tasks.",
    unused("Each command asks when it begins, and `supervise` every ten minutes.");
MESOS_DECLINE = "heron.mesos.offer.decline.seconds", Kind::Duration(TimeUnit::Seconds),
    "For how long Mesos holds back offers that did not fit.",
    unused("Offers are asked for anew whenever something is to be placed.");
STMGR_RAM = "heron.resources.stmgr.ram", Kind::Bytes,
    "The memory of the stream manager in each container.",
    unused("No packing algorithm of Heron reads it; set `topology.stmgr.ram`.");
METRICSMGR_RAM = "heron.resources.metricsmgr.ram", Kind::Bytes,
    "The memory of the metrics manager in each container.",
    unused("No packing algorithm of Heron reads it; set `topology.metricsmgr.ram`.");
VERBOSE = "heron.config.verbose", Kind::Bool,
    "Whether Heron's programs log more.", aliases(&["heron.verbose"]), unused("Use `-v`.");
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
    "Other programs of the core package.",
    aliases(&[
        "heron.executor.binary", "heron.scheduler.binary", "heron.stmgr.binary",
        "heron.tmaster.binary", "heron.shell.binary",
    ]),
    unused(LAYOUT);
CLASSPATHS = "heron.classpath.<name>", Kind::Text,
    "Class paths of other programs of the core package.",
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
AURORA_TEMPLATE = "heron.scheduler.job.template", Kind::Path,
    "Aurora's job template.", unused(MESOS_ONLY);
AURORA_BIND = "heron.aurora.bind.<name>", Kind::Text,
    "The value that Aurora's job template sees under this name.", unused(MESOS_ONLY);
AURORA_BATCH = "heron.aurora.batch.size", Kind::Integer { min: 1, max: INT },
    "How many containers Aurora kills or restarts at once.",
    aliases(&["heron.batch.size"]), unused(MESOS_ONLY);
AURORA_KILL_ATTEMPTS = "heron.scheduler.job.max.kill.attempts", Kind::Integer { min: 1, max: INT },
    "How often killing an Aurora job is tried.", unused(MESOS_ONLY);
AURORA_KILL_INTERVAL = "heron.scheduler.job.kill.retry.interval.ms", Kind::Duration(TimeUnit::Milliseconds),
    "How long to wait between the tries.", unused(MESOS_ONLY);
JOB_LINK = "heron.scheduler.job.link.template", Kind::Text,
    "The page to link to from Heron's user interface.",
    unused("The link is the framework's page, but for 0.20.5, whose tracker fails on any.");
UPLOADER_VERSION = "heron.uploader.version", Kind::Text,
    "The version to upload as.", aliases(&["release.packer.version"]),
    unused("Packages are named by their content.");
UPLOADER_DLOG_URI = "heron.uploader.dlog.topologies.namespace.uri", Kind::Uri,
    "`DLUploader`: the namespace.", unused(NO_DLOG);
UPLOADER_DLOG_REPLICAS = "heron.uploader.dlog.topologies.num.replicas", Kind::Integer { min: 1, max: INT },
    "`DLUploader`: the number of replicas.", unused(NO_DLOG);
MESOS_SERVER = "heron.mesos.framework.server.endpoint", Kind::Uri,
    "The resident framework server of 2015.",
    unused("There is no framework server; heron-cli speaks with the Mesos master itself.");
MESOS_PACKAGE = "heron.mesos.pkg.uri", Kind::Uri,
    "The archive with the Java scheduler and Mesos's native library of 2015.",
    unused("Neither is needed.");
MESOS_CONNECT_TIMEOUT = "heron.mesos.framework.zookeeper.connect.timeout", Kind::Duration(TimeUnit::Milliseconds),
    "How long the framework of 2015 tried to reach ZooKeeper.",
    unused("`heron.statemgr.zookeeper.connection.timeout.ms` counts for the journal too.");
MESOS_STAGING_TIMEOUT = "heron.mesos.framework.staging.timeout.ms", Kind::Duration(TimeUnit::Milliseconds),
    "How long Heron's own scheduler waited to be registered.",
    unused("Use `--timeout`.");
MESOS_DRIVER_STOP = "heron.mesos.scheduler.driver.stop.timeout.ms", Kind::Duration(TimeUnit::Milliseconds),
    "How long Heron's own scheduler waited for its driver to stop.",
    unused("There is no driver to stop.");
MESOS_NATIVE_LIBRARY = "heron.mesos.native.library.path", Kind::Path,
    "Where Mesos's native library lies.",
    unused("No native library is needed.");
MESOS_WORKING_DIRECTORY = "heron.scheduler.mesos.scheduler.working.directory", Kind::Path,
    "Where Heron's own scheduler ran on the submitting machine.",
    unused("Nothing stays behind on the submitting machine.");
TUNNEL_HOST = "heron.statemgr.tunnel.host", Kind::Text,
    "A host to reach ZooKeeper through.",
    aliases(&["tunnel", "tunnel.<cluster>"]),
    unused(TUNNEL);
TUNNEL_NEEDED = "heron.statemgr.is.tunnel.needed", Kind::Bool,
    "Whether Heron opens tunnels.",
    unused(TUNNEL);
STATE_RETRY_COUNT = "heron.statemgr.zookeeper.retry.count", Kind::Integer { min: 0, max: INT },
    "How often Curator retried.",
    unused(RETRIES);
STATE_RETRY_INTERVAL = "heron.statemgr.zookeeper.retry.interval.ms", Kind::Duration(TimeUnit::Milliseconds),
    "How long Curator waited between retries.",
    unused(RETRIES);
STATE_INITIALIZE = "heron.statemgr.localfs.is.initialize.file.tree", Kind::Bool,
    "Whether missing directories of the state are created.",
    aliases(&["is.initialize.file.tree"]),
    unused("Missing directories are always created.");
}
