//! The core package, the topology package, and how the latter gets to the agents.

use super::kind::Kind;
use super::spec::{KeySpec, keys};
use crate::config::units::TimeUnit;

keys! {
CORE_URI = "heron.package.core.uri", Kind::Uri,
    "The URI of the heron-core archive, which every agent fetches. One that does not end like an archive is unpacked all the same; one that carries a version (`…-0.20.5.tar.gz`, but no `SNAPSHOT`) is kept in the agents' caches. `heron-cli check fetch` tests it.",
    aliases(&["heron.core.release.uri", "heron.core.release.package"]);
TOPOLOGY_URI = "heron.package.topology.uri", Kind::Uri,
    "With the null uploader the URI of the topology package. With others the folder that agents fetch it from, where that is another one than it is uploaded to.",
    aliases(&["heron.topology.pkg.uri"]), default_note("given by the uploader");
FETCH_CREDENTIALS = "heron.fetch.allow.credentials", Kind::Bool,
    "Whether URIs that agents fetch may hold `user:password@`. Such a URI is stored with the topology, and everybody who sees Mesos's web pages or the agents' logs can read it; give the agents credentials of their own instead.",
    default("false");
PACKAGE_MAX = "heron.topology.package.max.bytes", Kind::Bytes,
    "The largest topology file and topology package; a larger one is refused before anything is uploaded or written. The default is how much an agent's fetcher cache holds unless it is told otherwise.",
    default("2147483648");
PACKAGE_SECRETS = "heron.package.allow.secrets", Kind::Bool,
    "Whether files of the configuration directory that hold secrets, and that processes in the containers read, go into the topology package. Everybody who can read the store, an agent's cache or a sandbox can read them there.",
    default("false");
HISTORY = "heron.topology.history", Kind::Integer { min: 1, max: 100 },
    "How many revisions of a topology are kept with their packages, the one that runs included: what `rollback` can go back to after `submit --replace`.",
    default("2");
MAIN_TIMEOUT = "heron.topology.main.timeout", Kind::Limit(TimeUnit::Seconds),
    "How long the topology's main may run before it is killed. `--timeout` shortens it.",
    default("300");
UPLOADER = "heron.class.uploader", Kind::Class,
    "The uploader, by its last component: `NullUploader`, `LocalFileSystemUploader`, `HttpUploader`, `S3Uploader`, `GcsUploader`, `AzureUploader`, `WebHdfsUploader`, `HdfsUploader`, `ScpUploader`, `SftpUploader`, `CommandUploader`.",
    aliases(&["uploader.class"]), default_note("`NullUploader`");
UPLOADER_DIRECTORY = "heron.uploader.localfs.file.system.directory", Kind::Path,
    "`LocalFileSystemUploader`: the directory to copy packages to; the agents must have it mounted, under the same path or the one of `heron.package.topology.uri`.",
    aliases(&["heron.uploader.file.system.path"]),
    default_note("`${HOME}/.herondata/repository/${CLUSTER}/${ROLE}/${TOPOLOGY}`");
UPLOADER_HTTP_URI = "heron.uploader.http.uri", Kind::Web,
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
UPLOADER_S3_URI = "heron.uploader.s3.uri", Kind::Web,
    "`S3Uploader`: the endpoint, for stores other than Amazon's.";
UPLOADER_S3_ACCESS_KEY = "heron.uploader.s3.access_key", Kind::Text,
    "`S3Uploader`: the access key.";
UPLOADER_S3_SECRET_KEY = "heron.uploader.s3.secret_key", Kind::Text,
    "`S3Uploader`: the secret key. The value is never shown.";
UPLOADER_S3_PROFILE = "heron.uploader.s3.aws_profile", Kind::Text,
    "`S3Uploader`: the profile of the AWS credentials file.";
UPLOADER_S3_CREDENTIALS = "heron.uploader.s3.credentials_path", Kind::Path,
    "`S3Uploader`: a credentials file as Amazon's tools write it, that nobody else can read.",
    default_note("the environment, `~/.aws/credentials`, the machine's own role");
UPLOADER_S3_PATH_STYLE = "heron.uploader.s3.path_style", Kind::Bool,
    "`S3Uploader`: the bucket is part of the URL's path, not of its host name.",
    default_note("`true` where `heron.uploader.s3.uri` is set");
UPLOADER_S3_PROXY = "heron.uploader.s3.proxy_uri", Kind::Uri,
    "`S3Uploader`: a proxy.";
UPLOADER_GCS_BUCKET = "heron.uploader.gcs.bucket", Kind::Text,
    "`GcsUploader`: the bucket.";
UPLOADER_GCS_CREDENTIALS = "heron.uploader.gcs.credentials_path", Kind::Path,
    "`GcsUploader`: a file with the credentials, that nobody else can read.",
    default_note("the environment, the user's own, the machine's own");
UPLOADER_GCS_URI = "heron.uploader.gcs.uri", Kind::Web,
    "`GcsUploader`: the endpoint, for stores other than Google's.";
UPLOADER_AZURE_ACCOUNT = "heron.uploader.azure.account", Kind::Text,
    "`AzureUploader`: the storage account.";
UPLOADER_AZURE_CONTAINER = "heron.uploader.azure.container", Kind::Text,
    "`AzureUploader`: the container.";
UPLOADER_AZURE_PREFIX = "heron.uploader.azure.path_prefix", Kind::Text,
    "`AzureUploader`: the text before each blob's name.", default("/");
UPLOADER_AZURE_CREDENTIALS = "heron.uploader.azure.credentials_path", Kind::Path,
    "`AzureUploader`: a file with the account's key or a SAS token, that nobody else can read.",
    default_note("the environment, the machine's own");
UPLOADER_AZURE_URI = "heron.uploader.azure.uri", Kind::Web,
    "`AzureUploader`: the endpoint with the account, for stores other than Microsoft's.";
UPLOADER_WEBHDFS_URI = "heron.uploader.webhdfs.uri", Kind::Web,
    "`WebHdfsUploader`: `http(s)://host:port/folder` of the name node or of `HttpFS`; of several name nodes, `http://host:port,host:port/folder`.";
UPLOADER_WEBHDFS_USER = "heron.uploader.webhdfs.user", Kind::Text,
    "`WebHdfsUploader`: the user that packages belong to.",
    default_note("the user who submits");
UPLOADER_WEBHDFS_TOKEN = "heron.uploader.webhdfs.token.file", Kind::Path,
    "`WebHdfsUploader`: a file with a delegation token that nobody else can read, used instead of a user.";
UPLOADER_HDFS_CONFIG = "heron.uploader.hdfs.config.directory", Kind::Path,
    "`HdfsUploader`: the directory of Hadoop's configuration, for `hadoop --config`.",
    default_note("the client's own");
UPLOADER_HDFS_URI = "heron.uploader.hdfs.topologies.directory.uri", Kind::Uri,
    "`HdfsUploader`: the directory to put packages in; created if need be. Agents fetch from there, unless `heron.package.topology.uri` names another folder.";
UPLOADER_SCP_OPTIONS = "heron.uploader.scp.command.options", Kind::Text,
    "`ScpUploader`: more options of scp, such as `-P 2222`.";
UPLOADER_SCP_CONNECTION = "heron.uploader.scp.command.connection", Kind::Text,
    "`ScpUploader`: user and host for scp.";
UPLOADER_SSH_OPTIONS = "heron.uploader.ssh.command.options", Kind::Text,
    "`ScpUploader`: more options of ssh, such as `-p 2222`.";
UPLOADER_SSH_CONNECTION = "heron.uploader.ssh.command.connection", Kind::Text,
    "`ScpUploader`: user and host for ssh.", default_note("those for scp");
UPLOADER_SCP_DIRECTORY = "heron.uploader.scp.dir.path", Kind::Path,
    "`ScpUploader`: the directory on the other machine; created if need be. Agents look for the same path on their own, unless `heron.package.topology.uri` names the folder to fetch from.";
UPLOADER_SFTP_OPTIONS = "heron.uploader.sftp.command.options", Kind::Text,
    "`SftpUploader`: more options of sftp, such as `-P 2222`.";
UPLOADER_SFTP_CONNECTION = "heron.uploader.sftp.command.connection", Kind::Text,
    "`SftpUploader`: user and host for sftp.";
UPLOADER_SFTP_DIRECTORY = "heron.uploader.sftp.dir.path", Kind::Path,
    "`SftpUploader`: the directory on the other machine, as `heron.uploader.scp.dir.path`.";
UPLOADER_COMMAND = "heron.uploader.command.upload", Kind::Text,
    "`CommandUploader`: the command that uploads, with `{file}` for the package's path, `{name}` for its name and `{uri}` for where agents fetch it. Words are quoted as for a shell, but none is started.";
UPLOADER_COMMAND_CHECK = "heron.uploader.command.check", Kind::Text,
    "`CommandUploader`: the command that prints the size in bytes of the package that is there, and fails if none is. Without it, every submission uploads, and nothing is checked or undone.";
UPLOADER_COMMAND_UNDO = "heron.uploader.command.undo", Kind::Text,
    "`CommandUploader`: the command that deletes a package, and succeeds if it isn't there.";
UPLOADER_COMMAND_URI = "heron.uploader.command.uri", Kind::Uri,
    "`CommandUploader`: the URI under which agents fetch a package, with `{name}` for its name.";
UPLOADER_TIME_LIMIT = "heron.uploader.program.time.limit.seconds", Kind::Limit(TimeUnit::Seconds),
    "`HdfsUploader`, `ScpUploader`, `SftpUploader`, `CommandUploader`: how long one run of their program may take.",
    default("600");
CORE_DIRECTORY = "heron.directory.cluster.home", Kind::Path,
    "Where the core package's files lie in a container.",
    aliases(&["heron.directory.sandbox.home"]), default("./heron-core");
CONF_DIRECTORY = "heron.directory.cluster.conf", Kind::Path,
    "Where the configuration files lie in a container.",
    aliases(&["heron.directory.sandbox.conf"]), default("./heron-conf");
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
    "Where stateful topologies keep their checkpoints. It goes to the containers with the `stateful.yaml` of `--config-path`, or given on the command line.";
STATEFUL_CONFIG = "heron.statefulstorage.config", Kind::Text,
    "The options of the checkpoint storage; they go to the containers with the `stateful.yaml` of `--config-path`.",
    aliases(&["heron.statefulstorage.config.<name>"]);
STORAGE_OWN_CLASSPATH = "heron.statefulstorage.custom.classpath", Kind::Text,
    "The class path of a checkpoint storage that is not Heron's; in `stateful.yaml` it stands inside `heron.statefulstorage.config`.",
    aliases(&["heron.statefulstorage.config.heron.statefulstorage.custom.classpath"]);
LOCAL_WORKING_DIRECTORY = "heron.scheduler.local.working.directory", Kind::Path,
    "`LocalUploader`, the one of 2016: the directory to copy packages to, where `heron.uploader.localfs.file.system.directory` is not set.",
    aliases(&["heron.local.working.directory"]);
}
