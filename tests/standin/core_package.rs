//! `make-core`: writes a `heron-core.tar.gz` in which this binary plays every part (`docs/heron.md#core-package`).

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};
use tar::{Builder, EntryType, Header};

use crate::conf::Settings;
use crate::dialect::Dialect;
use crate::flags::Flags;

const LIBRARIES: [&str; 10] = [
    "scheduler",
    "packing",
    "statemgr",
    "instance",
    "metricsmgr",
    "metricscachemgr",
    "healthmgr",
    "ckptmgr",
    "statefulstorage",
    "downloaders",
];

/// Writes the package and prints `{"package":"…"}`.
pub fn run(arguments: &[String]) -> Result<u8> {
    let known = ["--out", "--dialect", "--host", "--restart-delay-ms", "--set"];
    let flags = Flags::parse(arguments, &known, &[])?;
    let settings = settings_text(&flags)?;
    let version = flags.get("--dialect").unwrap_or("0.20.5");
    let dialect = Dialect::parse(version)?;
    let out = PathBuf::from(flags.need("--out")?);
    std::fs::create_dir_all(&out).with_context(|| format!("failed to create {}", out.display()))?;
    let out = std::path::absolute(out)?;
    let path = out.join("heron-core.tar.gz");
    // Written beside and renamed, so that two processes may make the same package.
    let part = out.join(format!(".heron-core.{}.tar.gz", std::process::id()));
    let binary = stripped_copy(&out)?;
    let written = write_package(&part, &binary, &settings, (version, dialect));
    std::fs::remove_file(&binary)
        .with_context(|| format!("failed to remove {}", binary.display()))?;
    written.with_context(|| format!("failed to write {}", part.display()))?;
    std::fs::rename(&part, &path).with_context(|| format!("failed to write {}", path.display()))?;
    println!("{}", json!({ "package": path }));
    Ok(0)
}

fn settings_text(flags: &Flags) -> Result<String> {
    let mut values = Map::new();
    if let Some(dialect) = flags.get("--dialect") {
        values.insert("dialect".to_owned(), json!(dialect));
    }
    if let Some(host) = flags.get("--host") {
        values.insert("host".to_owned(), json!(host));
    }
    if let Some(delay) = flags.get("--restart-delay-ms") {
        values.insert(
            "restart_delay_ms".to_owned(),
            serde_json::from_str(delay).context("bad --restart-delay-ms")?,
        );
    }
    for item in flags.all("--set") {
        let (key, value) =
            item.split_once('=').with_context(|| format!("--set wants KEY=JSON, not {item}"))?;
        let value: Value =
            serde_json::from_str(value).with_context(|| format!("no JSON: --set {item}"))?;
        values.insert(key.to_owned(), value);
    }
    let text = serde_json::to_string_pretty(&values)?;
    Settings::merge(&text, "{}").context("bad settings")?;
    Ok(text)
}

/// A copy of this binary without its symbols, if `strip` is installed.
fn stripped_copy(directory: &Path) -> Result<PathBuf> {
    let copy = directory.join(format!(".heron-standin.{}", std::process::id()));
    let source = std::env::current_exe()?;
    std::fs::copy(&source, &copy)
        .with_context(|| format!("failed to copy {}", source.display()))?;
    let _ = Command::new("strip").arg(&copy).stderr(Stdio::null()).status();
    Ok(copy)
}

fn write_package(
    path: &Path,
    binary: &Path,
    settings: &str,
    (version, dialect): (&str, Dialect),
) -> Result<()> {
    let mut tar = Builder::new(GzEncoder::new(File::create(path)?, Compression::fast()));
    add_file(&mut tar, "release.yaml", release(version).as_bytes(), 0o644)?;
    for directory in ["heron-core", "heron-core/bin", "heron-core/lib"] {
        add_directory(&mut tar, directory)?;
    }
    for library in LIBRARIES.into_iter().filter(|library| dialect.has_library(library)) {
        add_directory(&mut tar, &format!("heron-core/lib/{library}"))?;
    }
    add_file(&mut tar, "heron-core/standin.json", settings.as_bytes(), 0o644)?;
    add_file(&mut tar, "heron-core/bin/heron-executor", &std::fs::read(binary)?, 0o755)?;
    for name in [
        dialect.manager(),
        "heron-stmgr",
        "heron-shell",
        "heron-python-instance",
        "heron-cpp-instance",
    ] {
        let mut header = header(0, 0o755, EntryType::Link);
        tar.append_link(
            &mut header,
            format!("heron-core/bin/{name}"),
            "heron-core/bin/heron-executor",
        )?;
    }
    for name in ["heron-downloader.sh", "heron-downloader-config.sh"] {
        add_file(&mut tar, &format!("heron-core/bin/{name}"), b"#!/bin/sh\nexit 1\n", 0o755)?;
    }
    tar.into_inner()?.finish()?;
    Ok(())
}

fn release(version: &str) -> String {
    format!(
        "heron.build.git.revision: standin\nheron.build.git.status: Clean\nheron.build.host: localhost\n\
         heron.build.time: '1970-01-01 00:00:00'\nheron.build.timestamp: '0'\nheron.build.user: standin\n\
         heron.build.version: {version}\n"
    )
}

fn header(size: u64, mode: u32, kind: EntryType) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(1);
    header.set_cksum();
    header
}

fn add_file(
    tar: &mut Builder<GzEncoder<File>>,
    path: &str,
    content: &[u8],
    mode: u32,
) -> Result<()> {
    let size = u64::try_from(content.len())?;
    tar.append_data(&mut header(size, mode, EntryType::Regular), path, content)?;
    Ok(())
}

fn add_directory(tar: &mut Builder<GzEncoder<File>>, path: &str) -> Result<()> {
    tar.append_data(&mut header(0, 0o755, EntryType::Directory), path, std::io::empty())?;
    Ok(())
}
