//! Package stores of every kind, with their credentials in every place where they may be.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use super::planted::text;
use super::world::World;

/// The account at Microsoft's.
pub const ACCOUNT: &str = "account";

/// The key of a service account at Google's.
pub struct GoogleKey {
    pub private: String,
    /// The file that holds what belongs to it.
    pub public: PathBuf,
}

/// Made once, by OpenSSL.
pub static GOOGLE: LazyLock<GoogleKey> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap().keep();
    let openssl = |words: &str| {
        let mut openssl = Command::new("openssl");
        let output = openssl.args(words.split(' ')).current_dir(&directory).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out private.pem");
    openssl("pkey -in private.pem -pubout -out public.pem");
    let private = std::fs::read_to_string(directory.join("private.pem")).unwrap();
    GoogleKey { private, public: directory.join("public.pem") }
});

/// A package store.
pub struct Store {
    pub name: &'static str,
    /// How it is chosen, and what else is typed.
    pub flags: Vec<String>,
    /// Whether anything is sent to it.
    pub uploads: bool,
    /// More variables of the environment.
    pub variables: Vec<(&'static str, String)>,
}

/// The environment of all commands: what the tools of the services take from it.
pub fn variables() -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ACCESS_KEY_ID", "AKIAVARIABLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", text("s3-variable-key")),
        ("AWS_SESSION_TOKEN", text("s3-variable-session")),
        ("AZURE_STORAGE_SAS_TOKEN", sas("azure-variable-token")),
    ]
}

fn sas(name: &str) -> String {
    format!("sv=2024-11-04&sp=rw&se=2030-01-01&sig={}", text(name))
}

/// The settings of a store: its name, its uploader, and lines of a properties file.
type Settings = (&'static str, &'static str, Vec<String>);

/// All of them.
fn settings(world: &World) -> Vec<Settings> {
    [web(world), amazon(world), others(world)].into_iter().flatten().collect()
}

/// A line for a setting of uploaders.
fn line(key: &str, value: impl std::fmt::Display) -> String {
    format!("heron.uploader.{key}: {value}")
}

/// Where agents fetch, if it is another place than the store.
fn fetched(world: &World, folder: &str) -> String {
    format!("heron.package.topology.uri: http://{}/{folder}", world.store.address)
}

/// The address of the server that keeps everything, with a password in it.
fn with_password(world: &World, user: &str, name: &str) -> String {
    format!("http://{user}:{}@{}", text(name), world.store.address)
}

/// Servers of HTTP, and programs that bring packages to them.
fn web(world: &World) -> Vec<Settings> {
    let at = &world.store.address;
    let guarded = with_password(world, "store", "http-password");
    let header = world.secret("header", &format!("Bearer {}", text("http-authorization")));
    let token = world.secret("token", &text("webhdfs-token"));
    let directory = world.planted.path().display();
    let upload = format!(
        "sh -c 'echo was told $0; sleep 0.3; cp \"$1\" \"$2\"' password={} {{file}} {directory}/{{name}}",
        text("command-word")
    );
    vec![
        (
            "http-password",
            "HttpUploader",
            vec![
                line("http.uri", format_args!("{guarded}/files/http")),
                fetched(world, "files/http"),
            ],
        ),
        (
            "http-authorization",
            "HttpUploader",
            vec![
                line("http.uri", format_args!("http://{at}/files/authorized")),
                line("http.authorization.file", header),
            ],
        ),
        (
            "variable-proxy",
            "HttpUploader",
            vec![
                line("http.uri", "http://store.invalid/files/proxied"),
                fetched(world, "files/proxied"),
            ],
        ),
        (
            "webhdfs",
            "WebHdfsUploader",
            vec![
                line("webhdfs.uri", format_args!("http://{at}/heron/jobs")),
                line("webhdfs.token.file", token),
                fetched(world, "files/heron/jobs"),
            ],
        ),
        (
            "command",
            "CommandUploader",
            vec![
                line("command.upload", upload),
                line("command.uri", format_args!("file://{directory}/{{name}}")),
            ],
        ),
    ]
}

/// Amazon's buckets, with keys from everywhere.
fn amazon(world: &World) -> Vec<Settings> {
    let at = &world.store.address;
    let with = |more: &[String]| {
        let bucket =
            [line("s3.bucket", "packages"), line("s3.uri", format_args!("http://{at}"))].to_vec();
        [&bucket, more].concat()
    };
    let profile = format!(
        "[other]\naws_access_key_id = x\n[planted]\naws_access_key_id = AKIAPROFILE\n\
         aws_secret_access_key = {}\naws_session_token = {}",
        text("s3-profile-key"),
        text("s3-profile-session")
    );
    let profile = [
        line("s3.credentials_path", world.secret("profile", &profile)),
        line("s3.aws_profile", "planted"),
    ];
    let keys = [line("s3.access_key", text("s3-access")), line("s3.secret_key", text("s3-key"))];
    let proxied = [
        line("s3.bucket", "packages"),
        line("s3.uri", "http://bucket.invalid"),
        line("s3.proxy_uri", with_password(world, "proxy", "s3-proxy-password")),
        fetched(world, "packages/planted"),
    ];
    vec![
        ("s3-keys", "S3Uploader", with(&keys)),
        ("s3-profile", "S3Uploader", with(&profile)),
        ("s3-variables", "S3Uploader", with(&[])),
        ("s3-context", "S3Uploader", with(&[line("s3.access_key", "AKIACONTEXT")])),
        ("s3-proxy", "S3Uploader", [&keys[..], &proxied].concat()),
    ]
}

/// Google's buckets and Microsoft's containers.
fn others(world: &World) -> Vec<Settings> {
    let at = &world.store.address;
    let google = serde_json::json!({
        "type": "service_account", "private_key_id": "1", "client_email": "me@example.com",
        "private_key": text("google-key"),
    });
    let google = vec![
        line("gcs.bucket", "packages"),
        line("gcs.uri", format_args!("http://{at}")),
        line("gcs.credentials_path", world.secret("google.json", &google.to_string())),
    ];
    let container = [
        line("azure.account", ACCOUNT),
        line("azure.container", "packages"),
        line("azure.uri", format_args!("http://{at}/{ACCOUNT}")),
    ];
    let with = |name: &str, text: &str| {
        let file = line("azure.credentials_path", world.secret(name, text));
        [&container[..], &[file]].concat()
    };
    vec![
        ("google", "GcsUploader", google),
        ("azure-key", "AzureUploader", with("azure", &text("azure-key"))),
        ("azure-token", "AzureUploader", with("sas", &sas("azure-token"))),
        ("azure-variable", "AzureUploader", container.to_vec()),
    ]
}

/// All stores, as they are chosen on the command line. Their settings are in files.
pub fn all(world: &World) -> Vec<Store> {
    let mut stores = Vec::new();
    for (name, uploader, lines) in settings(world) {
        let file = world.secret(&format!("{name}.conf"), &lines.join("\n"));
        let mut flags = vec![
            format!("--config-path={file}"),
            format!("--config-property=heron.class.uploader={uploader}"),
        ];
        let mut more = Vec::new();
        match name {
            "s3-context" => flags.push("--context=planted".to_owned()),
            "variable-proxy" => {
                let proxy = with_password(world, "through", "variable-proxy-password");
                more.push(("http_proxy", proxy));
            }
            _ => {}
        }
        stores.push(Store { name, flags, uploads: true, variables: more });
    }
    write_context(world);
    stores.push(directory(world));
    stores
}

/// One file with the settings of all stores; it chooses the one with a password in its address.
pub fn everything(world: &World) -> Vec<String> {
    let mut lines: Vec<String> = settings(world)
        .into_iter()
        .flat_map(|(_, _, lines)| lines)
        .filter(|line| !line.starts_with("heron.package.topology.uri"))
        .collect();
    lines.push(fetched(world, "files/http"));
    let guarded = with_password(world, "store", "http-password");
    lines.push(line("http.uri", format_args!("{guarded}/files/http")));
    write_context(world);
    let file = world.secret("everything.conf", &lines.join("\n"));
    vec![
        format!("--config-path={file}"),
        "--config-property=heron.class.uploader=HttpUploader".to_owned(),
        "--context=planted".to_owned(),
    ]
}

/// A context whose secret is in a file of its own.
fn write_context(world: &World) {
    let directory = world.env.directory.path().join(".config/heron-cli");
    std::fs::create_dir_all(&directory).unwrap();
    let file = world.secret("context", &text("s3-context-key"));
    let text = format!(
        "[contexts.planted]\ndescription = \"a context\"\n[contexts.planted.secrets]\n\
         \"heron.uploader.s3.secret_key\" = \"{file}\"\n"
    );
    std::fs::write(directory.join("config.toml"), text).unwrap();
}

/// A directory of Heron's YAML files, which goes into packages without what is secret in it.
fn directory(world: &World) -> Store {
    let directory = world.planted.path().join("conf");
    std::fs::create_dir_all(&directory).unwrap();
    let uploader = format!(
        "heron.uploader.s3.bucket: packages\nheron.uploader.s3.uri: http://{}\n\
         heron.uploader.s3.access_key: AKIADIRECTORY\nheron.uploader.s3.secret_key: {}\n",
        world.store.address,
        text("s3-directory-key")
    );
    std::fs::write(directory.join("uploader.yaml"), uploader).unwrap();
    Store {
        name: "s3-directory",
        flags: vec![
            format!("--config-path={}", directory.display()),
            "--config-property=heron.class.uploader=S3Uploader".to_owned(),
        ],
        uploads: true,
        variables: Vec::new(),
    }
}

/// The package that is there already, at an address that lets in whoever knows it.
pub fn null(world: &World) -> Store {
    let files = world.shelf.files();
    let package = files.keys().find(|name| name.starts_with("http/planted-")).unwrap();
    let uri = format!(
        "heron.package.topology.uri: http://{}/files/{package}?sig={}",
        world.store.address,
        text("package-query")
    );
    Store {
        name: "null",
        flags: vec![
            format!("--config-path={}", world.secret("null.conf", &uri)),
            "--config-property=heron.class.uploader=NullUploader".to_owned(),
        ],
        uploads: false,
        variables: Vec::new(),
    }
}
