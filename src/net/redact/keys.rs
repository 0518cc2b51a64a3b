//! Which keys have values that are secrets.

/// Words that say so wherever they stand in a key, even inside a longer word.
const ANYWHERE: [&str; 9] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "credential",
    "accesskey",
    "apikey",
    "privatekey",
    "accountkey",
];

/// Words that say so only at the end of a key.
const AT_THE_END: [&str; 11] = [
    "auth",
    "authorization",
    "cookie",
    "hmac",
    "jwt",
    "pass",
    "passcode",
    "pwd",
    "sig",
    "signature",
    "pw",
];

/// What turns `key` into a secret when it stands before it.
const BEFORE_KEY: [&str; 7] =
    ["access", "account", "api", "encryption", "private", "shared", "signing"];

/// Ends of keys that name a place or a property of a secret, not the secret.
const PLACES: [&str; 6] = ["file", "path", "dir", "uri", "url", "timeout"];
const PROPERTIES: [&str; 16] = [
    "algorithm",
    "class",
    "count",
    "directory",
    "enabled",
    "endpoint",
    "host",
    "interval",
    "length",
    "ms",
    "name",
    "port",
    "provider",
    "required",
    "seconds",
    "type",
];

/// Names of query parameters that sign or authorize, but mean something harmless elsewhere.
const PARAMETERS: [&str; 6] =
    ["code", "delegation", "googleaccessid", "key", "keypairid", "policy"];

/// Whether a key's value is a secret itself. Keys that name a file with a secret, or its address, are not.
///
/// Keys are read in all spellings: `a.secret`, `secret_key`, `--api-key`, `-DtrustStorePassword`, `AWSAccessKeyId`.
#[must_use]
pub fn is_secret(key: &str) -> bool {
    // The working directory, as every environment has it.
    let words = words(key);
    !matches!(key, "PWD" | "OLDPWD") && says_secret(&words) && !names_something_else(&words)
}

/// Whether the value of a query parameter signs or authorizes.
pub(super) fn is_secret_parameter(name: &str) -> bool {
    is_secret(name) || PARAMETERS.contains(&words(name).concat().as_str())
}

/// Whether a header's value may hold blanks, all of them secret.
pub(super) fn is_header(key: &str) -> bool {
    words(key).last().is_some_and(|word| matches!(word.as_str(), "authorization" | "cookie"))
}

/// Whether a key should hold the address of a secret; some write the secret itself there.
pub(super) fn names_address(key: &str) -> bool {
    let words = words(key);
    says_secret(&words) && words.last().is_some_and(|word| matches!(word.as_str(), "uri" | "url"))
}

fn says_secret(words: &[String]) -> bool {
    let token = |word: &str| word == "tokens" || word.ends_with("token");
    words.iter().any(|word| token(word) || ANYWHERE.iter().any(|part| word.contains(part)))
        || words.last().is_some_and(|word| AT_THE_END.contains(&word.as_str()))
        || words.windows(2).any(|pair| {
            matches!(pair, [before, key]
                if matches!(key.as_str(), "key" | "keys") && BEFORE_KEY.contains(&before.as_str()))
        })
}

fn names_something_else(words: &[String]) -> bool {
    words.last().is_some_and(|word| {
        PLACES.iter().any(|end| word.ends_with(end)) || PROPERTIES.contains(&word.as_str())
    })
}

/// The words of a key in small letters; `-D` of a JVM's option is none of them.
fn words(key: &str) -> Vec<String> {
    let key = key.strip_prefix("-D").unwrap_or(key);
    let mut words = vec![String::new()];
    let chars: Vec<char> = key.chars().collect();
    for (at, &char) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| chars.get(before));
        let after = chars.get(at + 1);
        let begins = char.is_uppercase()
            && (before.is_some_and(|before| !before.is_uppercase())
                || after.is_some_and(|after| after.is_lowercase()));
        if begins || !char.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| char.is_alphanumeric()) {
            word.extend(char.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
