//! What every run of the suite must keep to: documents are as `docs/json` says.

use serde_json::Value;

use crate::schema;

/// The schema of what a command line prints with `-o json`.
fn schema_of(words: &[&str]) -> Option<&'static str> {
    let has = |flag: &str| words.iter().any(|word| word.starts_with(flag));
    let verb = words.iter().find(|word| !word.starts_with('-'))?;
    let second = words.iter().skip_while(|word| word != &verb).nth(1).copied().unwrap_or_default();
    Some(match (*verb, second) {
        ("submit", _) if has("--dry-run") => "submit-dry-run",
        ("submit", _) => "submit",
        ("diff", _) => "diff",
        ("activate" | "deactivate", _) => "activate",
        ("restart", _) => "restart",
        ("rollback", _) => "rollback",
        ("update", _) if has("--runtime-config") => "update-runtime-config",
        ("update", _) if has("--supervisors") => "update-supervisors",
        ("update", _) if has("--dry-run") => "update-dry-run",
        ("update", _) => "update",
        ("kill", _) => "kill",
        ("supervise", _) => "supervise",
        ("list", _) => "list",
        ("status", _) => "status",
        ("wait", _) => "wait",
        ("doctor", _) => "doctor",
        ("events", _) => "events",
        ("logs", _) if has("--list") => "logs-list",
        ("logs", _) => "logs",
        ("check", "fetch") => "check-fetch",
        ("config", "show") => "config-show",
        ("config", "get") => "config-get",
        ("config", "init") => "config-init",
        ("config", "context") if has("add") || has("remove") => "config-context-change",
        ("config", "check") => "config-check",
        ("config", "convert") => "config-convert",
        ("config", "keys") => "config-keys",
        ("config", "context") => match words.last().copied() {
            Some("list") => "config-context-list",
            _ if words.contains(&"show") => "config-context-show",
            _ => "config-context-use",
        },
        ("classpath" | "completions" | "explain" | "man", _) => "text",
        ("version", _) => "version",
        _ => return None,
    })
}

/// Asserts that what a command line printed is as its schema says, if it asked for a document.
pub fn assert_document(words: &[&str], stdout: &str) {
    let json = words.contains(&"-ojson") || words.windows(2).any(|pair| pair == ["-o", "json"]);
    if json && comes_in_lines(words) {
        stdout.lines().for_each(|line| assert_one(words, line, json));
    } else {
        assert_one(words, stdout, json);
    }
}

/// Whether a command line prints a document per line.
fn comes_in_lines(words: &[&str]) -> bool {
    words.contains(&"events") || words.contains(&"logs") && !words.contains(&"--list")
}

fn assert_one(words: &[&str], stdout: &str, json: bool) {
    let Ok(document) = serde_json::from_str::<Value>(stdout) else {
        assert!(!json, "{words:?} printed no single document:\n{stdout}");
        return;
    };
    let failed = document
        .as_object()
        .is_some_and(|members| members.len() == 2 && members.contains_key("error"));
    let schema = if failed { Some("error") } else { schema_of(words) };
    if let (true, Some(schema)) = (json, schema) {
        assert_eq!(
            schema::problems(schema, &document),
            Vec::<String>::new(),
            "{words:?}\n{stdout}"
        );
    }
}
