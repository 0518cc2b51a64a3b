//! The fetcher: puts URIs into a sandbox and unpacks archives, by way of the agent's cache where that is wanted. What
//! it says goes to the sandbox's `stderr`, as with the real one. Source of facts: `docs/mesos.md#fetcher`.

use std::fs::{self, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::wire;

/// The end of a URI's name that is part of the name in the cache.
const NAME_TAIL: usize = 20;

/// Fetches all URIs one after the other; the first that fails ends it. `cache` is the directory of what the agent keeps for
/// the task's user.
pub async fn fetch_all(
    sandbox: &Path,
    cache: &Path,
    uris: &[Value],
    hadoop_home: Option<&Path>,
) -> Result<(), String> {
    for uri in uris {
        let value = wire::text(uri, "value");
        say(sandbox, 'I', &format!("Fetching URI '{value}'"));
        let fetched = fetch(sandbox, cache, uri, &value, hadoop_home).await;
        match fetched {
            Ok(place) => say(sandbox, 'I', &format!("Fetched '{value}' to '{place}'")),
            Err(error) => {
                say(
                    sandbox,
                    'E',
                    &format!("EXIT with status 1: Failed to fetch '{value}': {error}"),
                );
                return Err(error);
            }
        }
    }
    Ok(())
}

/// A line as glog writes it.
fn say(sandbox: &Path, level: char, text: &str) {
    let time = jiff::Timestamp::now().strftime("%m%d %H:%M:%S.%6f").to_string();
    let line = format!("{level}{time} {:5} fetcher.cpp:630] {text}\n", std::process::id());
    if let Ok(mut file) = OpenOptions::new().append(true).open(sandbox.join("stderr")) {
        let _ = file.write_all(line.as_bytes());
    }
}

async fn fetch(
    sandbox: &Path,
    cache: &Path,
    uri: &Value,
    value: &str,
    hadoop_home: Option<&Path>,
) -> Result<String, String> {
    if value.contains(['\\', '\'', '\0']) {
        return Err("URI contains illegal characters".to_owned());
    }
    let base = value.rsplit('/').next().unwrap_or_default();
    let name = uri["output_file"].as_str().unwrap_or(base).to_owned();
    if name.is_empty() {
        return Err("Malformed URI (missing path)".to_owned());
    }
    let relative = Path::new(&name);
    if relative.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Err(format!("Invalid output file '{name}'"));
    }
    let target = sandbox.join(relative);
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).map_err(|error| error.to_string())?;
    }
    let unpacks = uri["executable"] != true && uri["extract"] != false;
    if uri["cache"] == true
        && let Some(kept) = through_cache(cache, value, base, hadoop_home).await?
    {
        // Judged by the name in the cache; what is unpacked leaves no archive in the sandbox.
        if unpacks && is_packed(&kept) {
            unpack_aside(kept, sandbox).await?;
        } else {
            fs::copy(kept, &target).map_err(|error| error.to_string())?;
        }
    } else {
        get(value, &target, hadoop_home).await?;
        if unpacks {
            unpack_aside(target.clone(), sandbox).await?;
        }
    }
    if uri["executable"] == true {
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&target, mode).map_err(|error| error.to_string())?;
    }
    Ok(target.display().to_string())
}

async fn get(value: &str, target: &Path, hadoop_home: Option<&Path>) -> Result<(), String> {
    if is_remote(value) {
        download(value, target).await
    } else if value.contains("://") && !value.starts_with("file://") {
        copy_by_hadoop(value, target, hadoop_home).await
    } else {
        copy(value, target)
    }
}

fn is_remote(value: &str) -> bool {
    value.starts_with("http://") || value.starts_with("https://")
}

/// The file in the cache, fetched if need be; new content under the same URI is not noticed. `None`: the size can't be
/// known beforehand, so that it is fetched directly.
async fn through_cache(
    cache: &Path,
    value: &str,
    base: &str,
    hadoop_home: Option<&Path>,
) -> Result<Option<PathBuf>, String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    let tail: String = base.chars().skip(base.chars().count().saturating_sub(NAME_TAIL)).collect();
    let kept = cache.join(format!("c{:x}-{tail}", hasher.finish()));
    if kept.exists() {
        return Ok(Some(kept));
    }
    if is_remote(value) && !tells_length(value).await? {
        return Ok(None);
    }
    fs::create_dir_all(cache).map_err(|error| error.to_string())?;
    let part = cache.join(format!(".part{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    get(value, &part, hadoop_home).await?;
    fs::rename(&part, &kept).map_err(|error| error.to_string())?;
    Ok(Some(kept))
}

async fn tells_length(value: &str) -> Result<bool, String> {
    let failed = |why: String| format!("Failed to determine size of '{value}': {why}");
    let client =
        reqwest::Client::builder().no_proxy().build().map_err(|error| failed(error.to_string()))?;
    let response = client.head(value).send().await.map_err(|error| failed(chain(&error)))?;
    Ok(response.headers().contains_key(reqwest::header::CONTENT_LENGTH))
}

async fn unpack_aside(archive: PathBuf, sandbox: &Path) -> Result<(), String> {
    let sandbox = sandbox.to_owned();
    let unpacked = tokio::task::spawn_blocking(move || unpack(&archive, &sandbox)).await;
    unpacked.map_err(|error| error.to_string())?
}

fn is_packed(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    [".tar", ".tgz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz", ".zip", ".gz"]
        .iter()
        .any(|suffix| name.ends_with(suffix))
}

fn copy(value: &str, target: &Path) -> Result<(), String> {
    let source = match value.strip_prefix("file://") {
        Some(path) => path,
        None if value.starts_with('/') => value,
        None => {
            return Err(format!(
                "A relative path was passed for the resource but the Mesos framework home was not \
                 specified: '{value}'"
            ));
        }
    };
    fs::copy(source, target)
        .map(drop)
        .map_err(|error| format!("Failed to copy '{source}': {error}"))
}

/// Hadoop's client is the one of `--hadoop_home` or `HADOOP_HOME`, or else the one on `PATH`; it is tried before it is used.
async fn copy_by_hadoop(value: &str, target: &Path, home: Option<&Path>) -> Result<(), String> {
    let home = home.map(Path::to_owned).or_else(|| std::env::var_os("HADOOP_HOME").map(Into::into));
    let client = home.map_or_else(|| "hadoop".into(), |home| home.join("bin/hadoop"));
    let run = async |arguments: &[&std::ffi::OsStr]| {
        let output = tokio::process::Command::new(&client).args(arguments).output().await;
        let output = output.map_err(|error| format!("{}: {error}", client.display()))?;
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    };
    let tried = run(&["version".as_ref()]).await;
    tried.map_err(|error| format!("Skipping fetch with Hadoop client: {error}"))?;
    let copied =
        run(&["fs".as_ref(), "-copyToLocal".as_ref(), value.as_ref(), target.as_os_str()]).await;
    copied.map_err(|error| format!("HDFS copyToLocal failed: {error}"))
}

async fn download(value: &str, target: &Path) -> Result<(), String> {
    let failed = |why: String| format!("Error downloading resource: {why}");
    let client =
        reqwest::Client::builder().no_proxy().build().map_err(|error| failed(error.to_string()))?;
    let mut response = client.get(value).send().await.map_err(|error| failed(chain(&error)))?;
    if response.status() != 200 {
        let code = response.status().as_u16();
        return Err(format!("Error downloading resource, received HTTP return code {code}"));
    }
    let mut file = fs::File::create(target).map_err(|error| failed(error.to_string()))?;
    while let Some(part) = response.chunk().await.map_err(|error| failed(chain(&error)))? {
        file.write_all(&part).map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut at = error.source();
    while let Some(cause) = at {
        text = format!("{text}: {cause}");
        at = cause.source();
    }
    text
}

/// Unpacks by the extension of the name; the archive stays.
fn unpack(archive: &Path, sandbox: &Path) -> Result<(), String> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    let failed = |error: String| format!("Failed to extract '{}': {error}", archive.display());
    let open = || fs::File::open(archive).map_err(|error| failed(error.to_string()));
    if ends(&[".tgz", ".tar.gz"]) {
        untar(flate2::read::MultiGzDecoder::new(open()?), sandbox).map_err(failed)
    } else if ends(&[".tar"]) {
        untar(open()?, sandbox).map_err(failed)
    } else if ends(&[".tbz2", ".tar.bz2", ".txz", ".tar.xz"]) {
        tool("tar", &["-xf".as_ref(), archive, "-C".as_ref(), sandbox]).map_err(failed)
    } else if ends(&[".zip"]) {
        tool("unzip", &["-oq".as_ref(), archive, "-d".as_ref(), sandbox]).map_err(failed)
    } else if ends(&[".gz"]) {
        let mut content = Vec::new();
        flate2::read::MultiGzDecoder::new(open()?)
            .read_to_end(&mut content)
            .map_err(|error| failed(error.to_string()))?;
        let plain = if archive.starts_with(sandbox) {
            archive.with_extension("")
        } else {
            sandbox.join(name.trim_end_matches(".gz"))
        };
        fs::write(plain, content).map_err(|error| failed(error.to_string()))
    } else {
        Ok(())
    }
}

fn untar(reader: impl Read, sandbox: &Path) -> Result<(), String> {
    let mut archive = tar::Archive::new(reader);
    archive.set_preserve_permissions(true);
    for entry in archive.entries().map_err(|error| error.to_string())? {
        let mut entry = entry.map_err(|error| error.to_string())?;
        if !entry.unpack_in(sandbox).map_err(|error| chain(&error))? {
            return Err("Path contains '..'".to_owned());
        }
    }
    Ok(())
}

fn tool(program: &str, arguments: &[&Path]) -> Result<(), String> {
    let output = std::process::Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
