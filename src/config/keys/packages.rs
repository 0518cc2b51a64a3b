//! The core package, the topology package, and how the latter gets to the agents.

use super::super::units::TimeUnit;
use super::kind::INT;
use super::{KeySpec, Kind, keys};

keys! {
CORE_URI = "heron.package.core.uri", Kind::Uri,
    "The URI of the heron-core archive, which every agent fetches. One that does not end like an archive is unpacked all the same; one that carries a version (`…-0.20.5.tar.gz`, but no `SNAPSHOT`) is kept in the agents' caches. `heron-cli check fetch` tests it.",
    aliases(&["heron.core.release.uri", "heron.core.release.package"]);
TOPOLOGY_URI = "heron.package.topology.uri", Kind::Uri,
    "The URI under which the agents find the topology package; needed where nothing uploads it.",
    aliases(&["heron.topology.pkg.uri"]), default_note("given by the uploader");
PACKAGE_MAX = "heron.topology.package.max.bytes", Kind::Bytes,
    "The largest topology file and topology package; a larger one is refused before anything is uploaded or written. The default is how much an agent's fetcher cache holds unless it is told otherwise.",
    default("2147483648");
MAIN_TIMEOUT = "heron.topology.main.timeout", Kind::Duration(TimeUnit::Seconds),
    "How long the topology's main may run before it is killed. `--timeout` shortens it.",
    default("300");
UPLOADER = "heron.class.uploader", Kind::Class,
    "The uploader, by its last component: `NullUploader`, `LocalFileSystemUploader`, `HttpUploader`, `S3Uploader`, `GcsUploader`, `HdfsUploader`, `ScpUploader`, `DLUploader`.",
    aliases(&["uploader.class"]), default_note("`NullUploader`");
UPLOADER_DIRECTORY = "heron.uploader.localfs.file.system.directory", Kind::Path,
    "`LocalFileSystemUploader`: the directory to copy packages to; the agents must have it mounted.",
    aliases(&["heron.uploader.file.system.path"]),
    default_note("`${HOME}/.herondata/repository/${CLUSTER}/${ROLE}/${TOPOLOGY}`");
UPLOADER_HTTP_URI = "heron.uploader.http.uri", Kind::Uri,
    "`HttpUploader`: where to send packages.";
UPLOADER_HTTP_METHOD = "heron.uploader.http.method", Kind::Choice(&["PUT", "POST"]),
    "`HttpUploader`: PUT stores the package under the URI and its name; POST sends a form and takes the package's URI from the answer, as Heron's server wants it.",
    default_note("PUT, and POST where the server doesn't know PUT");
UPLOADER_HTTP_AUTHORIZATION = "heron.uploader.http.authorization.file", Kind::Path,
    "`HttpUploader`: a file with the text of the Authorization header that nobody else can read.";
UPLOADER_S3_BUCKET = "heron.uploader.s3.bucket", Kind::Text,
    "`S3Uploader`: the bucket.";
UPLOADER_S3_PREFIX = "heron.uploader.s3.path_prefix", Kind::Text,
    "`S3Uploader`: the text before each object's name.", default("/");
UPLOADER_S3_REGION = "heron.uploader.s3.region", Kind::Text,
    "`S3Uploader`: the region.", default("us-west-2");
UPLOADER_S3_URI = "heron.uploader.s3.uri", Kind::Uri,
    "`S3Uploader`: the endpoint, for stores other than Amazon's.";
UPLOADER_S3_ACCESS_KEY = "heron.uploader.s3.access_key", Kind::Text,
    "`S3Uploader`: the access key.";
UPLOADER_S3_SECRET_KEY = "heron.uploader.s3.secret_key", Kind::Text,
    "`S3Uploader`: the secret key. The value is never shown.";
UPLOADER_S3_PROFILE = "heron.uploader.s3.aws_profile", Kind::Text,
    "`S3Uploader`: the profile of the AWS credentials file.";
UPLOADER_S3_PROXY = "heron.uploader.s3.proxy_uri", Kind::Uri,
    "`S3Uploader`: a proxy.";
UPLOADER_GCS_BUCKET = "heron.uploader.gcs.bucket", Kind::Text,
    "`GcsUploader`: the bucket.";
UPLOADER_GCS_CREDENTIALS = "heron.uploader.gcs.credentials_path", Kind::Path,
    "`GcsUploader`: a file with the credentials.";
UPLOADER_HDFS_CONFIG = "heron.uploader.hdfs.config.directory", Kind::Path,
    "`HdfsUploader`: the directory of Hadoop's configuration.";
UPLOADER_HDFS_URI = "heron.uploader.hdfs.topologies.directory.uri", Kind::Uri,
    "`HdfsUploader`: the directory to put packages in.";
UPLOADER_SCP_OPTIONS = "heron.uploader.scp.command.options", Kind::Text,
    "`ScpUploader`: more options of scp.";
UPLOADER_SCP_CONNECTION = "heron.uploader.scp.command.connection", Kind::Text,
    "`ScpUploader`: user and host for scp.";
UPLOADER_SSH_OPTIONS = "heron.uploader.ssh.command.options", Kind::Text,
    "`ScpUploader`: more options of ssh.";
UPLOADER_SSH_CONNECTION = "heron.uploader.ssh.command.connection", Kind::Text,
    "`ScpUploader`: user and host for ssh.";
UPLOADER_SCP_DIRECTORY = "heron.uploader.scp.dir.path", Kind::Path,
    "`ScpUploader`: the directory on the other machine.";
UPLOADER_DLOG_URI = "heron.uploader.dlog.topologies.namespace.uri", Kind::Uri,
    "`DLUploader`: the namespace.";
UPLOADER_DLOG_REPLICAS = "heron.uploader.dlog.topologies.num.replicas", Kind::Integer { min: 1, max: INT },
    "`DLUploader`: the number of replicas.", default("3");
UPLOADER_VERSION = "heron.uploader.version", Kind::Text,
    "The version to upload as.",
    aliases(&["release.packer.version"]), default("live");
CORE_DIRECTORY = "heron.directory.cluster.home", Kind::Path,
    "Where the core package's files lie in a container.", default("./heron-core");
CONF_DIRECTORY = "heron.directory.cluster.conf", Kind::Path,
    "Where the configuration files lie in a container.", default("./heron-conf");
JAVA_HOME = "heron.directory.sandbox.java.home", Kind::Path,
    "Where Java is installed on the agents.",
    aliases(&["heron.java.home.path"]), default("/usr/lib/jvm/default-java");
LOGGING_DIRECTORY = "heron.logging.directory", Kind::Path,
    "The directory for logs in a container.", default("log-files");
METRICSCACHE_MODE = "heron.topology.metricscachemgr.mode", Kind::Text,
    "Whether the metrics cache manager runs: `disabled`, or `cluster` for a process in container 0.",
    default("disabled");
HEALTHMGR_MODE = "heron.topology.healthmgr.mode", Kind::Text,
    "Whether the health manager runs: `disabled`, or `cluster` for a process in container 0.",
    default("disabled");
STATEFUL_CLASS = "heron.statefulstorage.classname", Kind::Class,
    "Where stateful topologies keep their checkpoints.";
STATEFUL_CONFIG = "heron.statefulstorage.config", Kind::Text,
    "The options of the checkpoint storage, from `stateful.yaml`.",
    aliases(&["heron.statefulstorage.config.<name>"]);
LOCAL_WORKING_DIRECTORY = "heron.scheduler.local.working.directory", Kind::Path,
    "The local engine: where a topology runs.",
    aliases(&["heron.local.working.directory"]),
    default_note("`${HOME}/.herondata/topologies/${CLUSTER}/${ROLE}/${TOPOLOGY}`");
AURORA_TEMPLATE = "heron.scheduler.job.template", Kind::Path,
    "The Aurora engine: the job template.";
AURORA_BIND = "heron.aurora.bind.<name>", Kind::Text,
    "The Aurora engine: the value that the job template sees under this name.";
AURORA_BATCH = "heron.aurora.batch.size", Kind::Integer { min: 1, max: INT },
    "The Aurora engine: how many containers are killed or restarted at once.",
    aliases(&["heron.batch.size"]), default_note("all of them");
AURORA_KILL_ATTEMPTS = "heron.scheduler.job.max.kill.attempts", Kind::Integer { min: 1, max: INT },
    "The Aurora engine: how often killing is tried.", default("5");
AURORA_KILL_INTERVAL = "heron.scheduler.job.kill.retry.interval.ms", Kind::Duration(TimeUnit::Milliseconds),
    "The Aurora engine: how long to wait between the tries.", default("2000");
JOB_LINK = "heron.scheduler.job.link.template", Kind::Text,
    "The page to link to from Heron's user interface.",
    default_note("the framework's page of the Mesos master");
}
