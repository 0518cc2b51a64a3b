//! Where a topology file is: a path, `file://…`, or something to be downloaded from `http(s)://…`.
//!
//! What is shown of a URL has its secrets masked, those of a link that is signed too. Source of facts:
//! `docs/heron.md#submit` and `docs/heron.md#user-program`.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::file_kind::FileKind;
use crate::net::redact::redact;

/// A place for a topology file.
#[derive(Clone, Debug)]
pub enum Location {
    /// A file of this machine.
    Path(PathBuf),
    /// A file on the web.
    Web(WebFile),
}

/// A file on the web.
#[derive(Clone)]
pub struct WebFile {
    /// Without credentials; its query may hold some all the same.
    pub url: Url,
    /// User and password, for basic authentication.
    pub credentials: Option<(String, SecretString)>,
    /// What the URL says of the file's name, if that tells a kind of topology file.
    pub name: Option<String>,
}

/// A URI that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// It can't be read.
    #[error("{shown} is no URL: {why}")]
    Malformed {
        /// As much of it as may be shown.
        shown: String,
        /// What is wrong with it.
        why: String,
    },
    /// A scheme that nothing here can fetch.
    #[error(
        "{shown}: topology files can't be fetched by {scheme}, only by http, https and file; fetch it first, and give its path"
    )]
    Scheme {
        /// As much of it as may be shown.
        shown: String,
        /// The scheme.
        scheme: String,
    },
    /// There is nothing at a path.
    #[error("there is no file {}", path.display())]
    Missing {
        /// The path.
        path: std::path::PathBuf,
    },
    /// A file of another machine.
    #[error("{shown} is on another machine; a file URI has no host, as in file:///path")]
    OtherHost {
        /// As much of it as may be shown.
        shown: String,
    },
}

/// The scheme of a word that is a URI: `scheme://…`, or `file:…`.
///
/// `key:value` properties are none, whatever their value: no key is a scheme and a value that begins with two slashes.
fn scheme(word: &str) -> Option<&str> {
    let (scheme, rest) = word.split_once(':')?;
    let letters = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'));
    let is_uri =
        rest.starts_with("//") || (scheme.eq_ignore_ascii_case("file") && !rest.is_empty());
    (letters && is_uri && !word.contains(char::is_whitespace)).then_some(scheme)
}

/// Whether a word is a URI and no path.
#[must_use]
pub fn is_uri(word: &str) -> bool {
    scheme(word).is_some()
}

/// A path, or the path of a URI: what may tell a file's name.
#[must_use]
pub fn path_of(word: &str) -> &str {
    if !is_uri(word) {
        return word;
    }
    let after = word.split_once(':').map_or(word, |(_, after)| after);
    let path = match after.strip_prefix("//") {
        Some(after) => after.find(['/', '?', '#']).map_or("", |at| after.get(at..).unwrap_or("")),
        None => after,
    };
    path.split(['?', '#']).next().unwrap_or(path)
}

impl Location {
    /// Reads what was typed.
    pub fn parse(word: &str) -> Result<Self, LocationError> {
        let Some(scheme) = scheme(word) else { return Ok(Self::Path(word.into())) };
        let shown = redact(word);
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https" | "file") {
            return Err(LocationError::Scheme { shown, scheme });
        }
        if let Some(path) = word.get(5..).filter(|path| scheme == "file" && !path.starts_with('/'))
        {
            return Ok(Self::Path(path.into()));
        }
        let url = Url::parse(word).map_err(|error| {
            let (shown, why) = (shown.clone(), error.to_string());
            LocationError::Malformed { shown, why }
        })?;
        if scheme == "file" {
            let path = url.to_file_path().map_err(|()| LocationError::OtherHost { shown })?;
            return Ok(Self::Path(path));
        }
        Ok(Self::Web(WebFile::new(url)))
    }
}

impl WebFile {
    fn new(mut url: Url) -> Self {
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some((decoded(user), decoded(password.unwrap_or("")).into())),
        };
        // Neither fails for http.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        let name = name_of(&url);
        Self { url, credentials, name }
    }
}

impl fmt::Display for WebFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact(self.url.as_str()))
    }
}

impl fmt::Debug for WebFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebFile({self})")
    }
}

/// The name of the file at the end of a URL's path, if it is one of a topology file.
#[must_use]
pub fn name_of(url: &Url) -> Option<String> {
    usable(&decoded(url.path_segments()?.next_back()?))
}

/// The file name of a `Content-Disposition` header, if it is one of a topology file.
#[must_use]
pub fn name_in_disposition(header: &str) -> Option<String> {
    let parameters = parameters(header);
    let find = |name: &str| {
        parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    // RFC 6266: the extended form counts where both are there.
    let extended = find("filename*").and_then(|value| {
        let mut parts = value.splitn(3, '\'');
        let charset = parts.next()?;
        let text = parts.nth(1)?;
        charset.eq_ignore_ascii_case("utf-8").then(|| decoded(text))
    });
    let name = extended.or_else(|| find("filename").cloned())?;
    // Of a path only its end counts, whichever system wrote it.
    usable(name.rsplit(['/', '\\']).next()?)
}

/// `key=value` parts behind the first semicolon, values unquoted.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut part, mut quoted, mut escaped) = (String::new(), false, false);
    for char in header.chars().chain([';']) {
        match char {
            _ if escaped => {
                part.push(char);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                if let Some((key, value)) = part.split_once('=') {
                    found.push((key.trim().to_owned(), value.trim().to_owned()));
                }
                part.clear();
            }
            _ => part.push(char),
        }
    }
    found
}

/// A name under which a topology file can lie in a directory of ours.
fn usable(name: &str) -> Option<String> {
    let plain = !name.contains(['/', '\\']) && !name.chars().any(char::is_control);
    let known = FileKind::is_definition(name) || FileKind::of(name).is_ok();
    (plain && known && name.len() <= 200).then(|| name.to_owned())
}

/// Undoes `%20` and its like.
fn decoded(text: &str) -> String {
    let escaped = text.replace('+', "%2B");
    let form = format!("x={}", escaped.replace('&', "%26").replace('=', "%3D"));
    let mut pairs = url::form_urlencoded::parse(form.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn web(word: &str) -> WebFile {
        match Location::parse(word).unwrap() {
            Location::Web(file) => file,
            Location::Path(path) => panic!("{}", path.display()),
        }
    }

    fn path(word: &str) -> PathBuf {
        match Location::parse(word).unwrap() {
            Location::Path(path) => path,
            Location::Web(file) => panic!("{file}"),
        }
    }

    #[test]
    fn paths_and_uris_are_told_apart() {
        for word in [
            "t.jar",
            "./a:b.jar",
            "a:b.jar",
            "/x/t.jar",
            "",
            "k:v",
            "heron.x:http://h/y",
            "k=http://h/t.jar",
            "a b://c",
        ] {
            assert!(!is_uri(word), "{word}");
            assert_eq!(path(word), PathBuf::from(word));
        }
        assert_eq!(path("file:///a%20b/t.jar"), PathBuf::from("/a b/t.jar"));
        assert_eq!(path("file://localhost/t.jar"), PathBuf::from("/t.jar"));
        assert_eq!(path("file:/x/t.jar"), PathBuf::from("/x/t.jar"));
        assert_eq!(path("file:x/t.jar"), PathBuf::from("x/t.jar"));
        assert_eq!(web("HTTP://h/x/t.jar").to_string(), "http://h/x/t.jar");
        for (word, part) in [
            ("file://other/t.jar", "another machine"),
            ("hdfs://nn/t.jar", "hdfs"),
            ("s3://b/t.jar?sig=hunter2", "s3://b/t.jar?sig=********:"),
            ("http://u:hunter2@h:99999/t.jar", "http://********@h:99999/t.jar is no URL"),
        ] {
            let error = Location::parse(word).unwrap_err().to_string();
            assert!(error.contains(part) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn names_come_from_the_path_alone() {
        let name = |word| web(word).name;
        assert_eq!(name("http://h/a/t.tar.gz?x=y.jar#z.pex").as_deref(), Some("t.tar.gz"));
        assert_eq!(name("http://h/my%20t.jar").as_deref(), Some("my t.jar"));
        assert_eq!(name("http://h/t.defn").as_deref(), Some("t.defn"));
        for none in [
            "http://h",
            "http://h/",
            "http://h.jar",
            "http://h/x",
            "http://h/a%2Fb.jar",
            "http://h/a%0A.jar",
        ] {
            assert_eq!(name(none), None, "{none}");
        }
        assert_eq!(path_of("http://u:p@h/a/t.jar?q#f"), "/a/t.jar");
        assert_eq!(path_of("https://h?x=/t.jar"), "");
        assert_eq!(path_of("a/t.jar?x"), "a/t.jar?x");
    }

    #[test]
    fn dispositions_name_files_too() {
        let name = |header| name_in_disposition(header);
        assert_eq!(name("attachment; filename=\"t.jar\"").as_deref(), Some("t.jar"));
        assert_eq!(name("attachment; FileName=t.pex").as_deref(), Some("t.pex"));
        assert_eq!(
            name("attachment; filename=\"a;b \\\"c\\\".jar\"").as_deref(),
            Some("a;b \"c\".jar")
        );
        let both = "attachment; filename=x.jar; filename*=UTF-8''w%C3%B6rter.jar";
        assert_eq!(name(both).as_deref(), Some("wörter.jar"));
        assert_eq!(name("attachment; filename=\"../../etc/t.jar\"").as_deref(), Some("t.jar"));
        assert_eq!(name("attachment; filename=C:\\t.jar").as_deref(), Some("t.jar"));
        for none in [
            "",
            "inline",
            "attachment; filename=x",
            "attachment; filename=\"",
            "attachment; filename*=''",
        ] {
            assert_eq!(name(none), None, "{none}");
        }
    }

    #[test]
    fn credentials_are_kept_and_never_redact() {
        let file = web("https://me:hun%40ter2@h:8443/p/t.jar?X-Sig=hunter2#hunter2");
        let (user, password) = file.credentials.clone().unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("me", "hun@ter2"));
        assert_eq!(
            format!("{file} {file:?}"),
            "https://h:8443/p/t.jar?X-Sig=******** WebFile(https://h:8443/p/t.jar?X-Sig=********)"
        );
        assert_eq!(file.url.as_str(), "https://h:8443/p/t.jar?X-Sig=hunter2");
        for word in [
            "http://u:p/hunter2@h/t.jar",
            "http://u:@/hunter2@h/t.jar",
            "http://u:hunter2@h",
            "http://hunter2@h/t.jar",
        ] {
            assert!(!redact(word).contains("hunter2"), "{}", redact(word));
        }
    }

    proptest! {
        #[test]
        fn any_word_is_read_or_refused(word in "(http|file|k)?:?/{0,3}\\PC{0,30}") {
            let _ = (Location::parse(&word), redact(&word), path_of(&word));
        }

        #[test]
        fn no_name_leads_out_of_a_directory(header in "attachment; filename[*]?=\\PC{0,30}(\\.jar)?\"?") {
            if let Some(name) = name_in_disposition(&header) {
                prop_assert!(!name.contains('/') && name != "." && name != "..");
            }
        }

        #[test]
        fn userinfo_is_never_redact(user in "[a-z]{1,5}", password in "[a-zA-Z0-9%/.:?#@-]{0,8}ZZZ") {
            let word = format!("https://{user}:{password}@host/t.jar");
            prop_assert!(!redact(&word).contains("ZZZ"));
        }
    }
}
