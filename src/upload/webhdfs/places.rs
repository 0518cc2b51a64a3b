//! Where name nodes and a folder are, by a URL.

use reqwest::Url;

use crate::net::redact::redact;
use crate::upload::UploadError;

/// The part of the path that stands before HDFS's own.
const PREFIX: &str = "/webhdfs/v1";

/// The name nodes and the folder of a URL with one or several hosts.
pub(super) fn places(text: &str) -> Result<(Vec<Url>, String), UploadError> {
    let seen = redact(text);
    let bad = |why: &str| UploadError::BadUrl { url: seen.clone(), why: why.to_owned() };
    let (scheme, rest) = text.split_once("://").ok_or_else(|| bad("it has no scheme"))?;
    let scheme = match scheme {
        "http" | "webhdfs" => "http",
        "https" | "swebhdfs" => "https",
        _ => return Err(bad("it is none of http, https, webhdfs and swebhdfs")),
    };
    let (hosts, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    if path.contains(['?', '#']) {
        return Err(bad("it has a query or a fragment, and so is no folder"));
    }
    if hosts.contains('@') {
        return Err(bad("WebHDFS knows no passwords; see heron.uploader.webhdfs.user"));
    }
    if hosts.split(',').any(|host| host.trim().is_empty()) {
        return Err(bad("it names no host"));
    }
    let folder = path.strip_prefix(PREFIX).unwrap_or(path).trim_end_matches('/');
    if folder.is_empty() {
        return Err(bad("it names no folder"));
    }
    let nodes =
        hosts.split(',').map(|host| Url::parse(&format!("{scheme}://{}{PREFIX}", host.trim())));
    let nodes = nodes.collect::<Result<Vec<_>, _>>().map_err(|error| bad(&error.to_string()))?;
    Ok((nodes, folder.to_owned()))
}
