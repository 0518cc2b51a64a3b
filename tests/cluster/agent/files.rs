//! Sandbox files: browse, read, download, and their v1 forms. Source of facts: `docs/mesos.md#sandboxes` and
//! `tests/data/mesos/05-operator-and-files`.

use std::fs::{self, File, Metadata};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Agent;
use crate::http::{Request, Response};

/// The most that one read gives.
const READ_CAP: u64 = 16 * 4096;

/// Why a path leads nowhere.
#[derive(Debug)]
pub enum Missing {
    /// Unknown.
    Unknown,
    /// It leaves its sandbox.
    Escapes,
}

/// Where a path leads to: real sandbox paths and the virtual `…/runs/latest`.
pub fn resolve(agent: &Agent, path: &str) -> Result<PathBuf, Missing> {
    if Path::new(path).components().any(|part| part == Component::ParentDir) {
        return Err(Missing::Escapes);
    }
    let own = agent.work_dir.join("slaves").join(agent.id.as_deref().unwrap_or("none"));
    let real = match path.strip_prefix("/frameworks/") {
        Some(rest) => {
            // Only `latest` exists in virtual form.
            if rest.split('/').nth(4) != Some("latest") {
                return Err(Missing::Unknown);
            }
            own.join("frameworks").join(rest)
        }
        None if Path::new(path).starts_with(&own) => PathBuf::from(path),
        None => return Err(Missing::Unknown),
    };
    if real.exists() { Ok(real) } else { Err(Missing::Unknown) }
}

fn missing(why: &Missing, path: &str) -> Response {
    match why {
        Missing::Unknown => Response::text(404, ""),
        Missing::Escapes => Response::text(400, format!("Path '{path}' escapes its base.\n")),
    }
}

/// `/files/browse`, `/files/read`, `/files/download`.
pub fn request(agent: &Agent, what: &str, request: &Request) -> Response {
    let Some(path) = request.parameter("path") else {
        return Response::text(400, "Expecting 'path=value' in query.\n");
    };
    let path = path.trim_end_matches('/');
    let bounds = if what == "read" { bounds(request) } else { Ok((-1, -1)) };
    let (offset, length) = match bounds {
        Ok(bounds) => bounds,
        Err(text) => return Response::text(400, text),
    };
    let real = match resolve(agent, path) {
        Ok(real) => real,
        Err(why) => return missing(&why, path),
    };
    match what {
        "browse" => Response::json(browse(&real, path).to_string().into_bytes()),
        "read" if real.is_dir() => Response::text(400, "Cannot read a directory.\n"),
        "read" => match read(&real, offset, length) {
            Ok((data, offset)) => Response::json(data_json(&data, offset)),
            Err(error) => {
                Response::text(500, format!("Failed to open file at '{}': {error}", real.display()))
            }
        },
        _ if real.is_dir() => Response::text(400, "Cannot download a directory.\n"),
        _ => {
            let name = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let headers = vec![
                ("Content-Disposition", format!("attachment; filename={name}")),
                ("Content-Type", "application/octet-stream".to_owned()),
            ];
            match fs::read(&real) {
                Ok(body) => Response { status: 200, headers, body },
                Err(error) => Response::text(500, error.to_string()),
            }
        }
    }
}

fn bounds(request: &Request) -> Result<(i64, i64), String> {
    let number = |name: &str| match request.parameter(name) {
        None => Ok(-1),
        Some(text) => text.parse::<i64>().map_err(|_| {
            format!("Failed to parse {name}: Failed to convert '{text}' to number.\n")
        }),
    };
    let (offset, length) = (number("offset")?, number("length")?);
    if offset < -1 {
        return Err(format!("Negative offset provided: {offset}.\n"));
    }
    if length < -1 {
        return Err(format!("Negative length provided: {length}.\n"));
    }
    Ok((offset, length))
}

/// Reads a part of a file; without an offset, the answer is the size.
pub fn read(path: &Path, offset: i64, length: i64) -> std::io::Result<(Vec<u8>, u64)> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let Ok(offset) = u64::try_from(offset) else { return Ok((Vec::new(), size)) };
    if offset >= size {
        return Ok((Vec::new(), offset));
    }
    let wanted = u64::try_from(length).unwrap_or(size - offset).min(READ_CAP);
    file.seek(SeekFrom::Start(offset))?;
    let mut data = Vec::new();
    file.take(wanted).read_to_end(&mut data)?;
    Ok((data, offset))
}

/// `{"data":"…","offset":n}` with the raw bytes of the file, whatever they are.
fn data_json(data: &[u8], offset: u64) -> Vec<u8> {
    let mut out = b"{\"data\":\"".to_vec();
    for byte in data {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            0..=0x1f | 0x7f => {
                let _ = write!(out, "\\u{byte:04x}");
            }
            _ => out.push(*byte),
        }
    }
    let _ = write!(out, "\",\"offset\":{offset}}}");
    out
}

fn browse(directory: &Path, path: &str) -> Value {
    let mut entries: Vec<(String, Metadata)> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            Some((name, fs::metadata(entry.path()).ok()?))
        })
        .collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    let row = |(name, data): (String, Metadata)| {
        json!({
            "gid": name_of("/etc/group", data.gid()),
            "mode": mode_text(&data),
            "mtime": data.mtime() as f64,
            "nlink": data.nlink(),
            "path": format!("{path}/{name}"),
            "size": data.size(),
            "uid": name_of("/etc/passwd", data.uid()),
        })
    };
    entries.into_iter().map(row).collect()
}

fn mode_text(data: &Metadata) -> String {
    let kind = if data.is_dir() { 'd' } else { '-' };
    let bits = "rwxrwxrwx"
        .chars()
        .enumerate()
        .map(|(at, letter)| if data.mode() & (0o400 >> at) == 0 { '-' } else { letter });
    std::iter::once(kind).chain(bits).collect()
}

fn name_of(file: &str, number: u32) -> String {
    let number = number.to_string();
    fs::read_to_string(file)
        .unwrap_or_default()
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.get(2) == Some(&number.as_str()))
        .and_then(|fields| fields.first().map(|name| (*name).to_owned()))
        .unwrap_or(number)
}

/// `LIST_FILES` and `READ_FILE`.
pub fn call(agent: &Agent, call: &Value) -> Response {
    let kind = call["type"].as_str().unwrap_or_default();
    let body = &call[kind.to_ascii_lowercase()];
    let path = body["path"].as_str().unwrap_or_default().trim_end_matches('/');
    let real = match resolve(agent, path) {
        Ok(real) => real,
        Err(why) => return missing(&why, path),
    };
    let answer = if kind == "LIST_FILES" {
        let rows = browse(&real, path);
        let infos: Vec<Value> = crate::wire::list(&rows)
            .iter()
            .map(|row| {
                let path = &row["path"];
                let nanos = row["mtime"].as_f64().unwrap_or(0.0) * 1e9;
                json!({
                    "path": { "value": path },
                    "nlink": row["nlink"],
                    "size": row["size"],
                    "mtime": { "nanoseconds": nanos as i64 },
                    "uid": row["uid"],
                    "gid": row["gid"],
                })
            })
            .collect();
        json!({ "file_infos": infos })
    } else {
        let number = |name: &str| crate::wire::integer(&body[name]).unwrap_or(-1);
        let size = fs::metadata(&real).map_or(0, |data| data.len());
        match read(&real, number("offset").max(0), number("length")) {
            Ok((data, _)) => json!({ "size": size, "data": STANDARD.encode(data) }),
            Err(error) => return Response::text(500, error.to_string()),
        }
    };
    let mut map = serde_json::Map::new();
    map.insert("type".into(), json!(kind));
    map.insert(kind.to_ascii_lowercase(), answer);
    Response::json(Value::Object(map).to_string().into_bytes())
}
