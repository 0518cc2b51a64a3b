//! One source file of `src`: its text without comments, strings and tests, its imports, its functions.

use std::collections::BTreeMap;

/// A file, as far as its structure goes.
pub struct Source {
    /// Below `src`, with slashes.
    pub file: String,
    /// `["state", "zk"]` for `state/zk.rs` and for `state/zk/mod.rs`.
    pub module: Vec<String>,
    /// Lines that are no tests.
    pub lines: usize,
    /// The longest functions first: name, first line, lines.
    pub functions: Vec<(String, usize, usize)>,
    /// What names of this file stand for: imports and re-exports, as absolute paths.
    pub names: BTreeMap<String, Vec<String>>,
    /// Every absolute path that is imported or mentioned.
    pub paths: Vec<Vec<String>>,
}

impl Source {
    pub fn new(file: &str, text: &str) -> Self {
        let module = module_of(file);
        let code = without_tests(&code_only(text));
        let mut names = BTreeMap::new();
        let mut rest = code.clone();
        let children = declared(&code);
        for (start, end) in uses(&code) {
            let mut leaves = Vec::new();
            tree(code[start..end].trim(), &mut Vec::new(), &mut leaves);
            for (path, name) in leaves {
                if let Some(path) = absolute(&module, &children, &BTreeMap::new(), &path) {
                    names.insert(name, path);
                }
            }
            rest.replace_range(start..end, &blank(&code[start..end]));
        }
        let mut paths: Vec<_> = names.values().cloned().collect();
        for path in mentioned(&rest) {
            paths.extend(absolute(&module, &children, &names, &path));
        }
        let lines = code.lines().zip(text.lines()).filter(|(kept, _)| *kept != TEST).count();
        let functions = functions(&code);
        Self { file: file.to_owned(), module, lines, functions, names, paths }
    }
}

fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if matches!(path, "lib" | "main") {
        return Vec::new();
    }
    path.split('/').map(str::to_owned).collect()
}

/// Marks a line of a test.
const TEST: &str = "\u{1}";

fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The text with comments, strings and characters blanked; lines stay as they are. Only ASCII remains.
fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
    let mut out = String::with_capacity(chars.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end > at {
            let piece: String = chars[at..end].iter().collect();
            out.push_str(&blank(&piece));
            at = end;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

/// Where the comment, string or character that begins here ends; the same place if none does.
fn literal_end(chars: &[char], at: usize) -> usize {
    let starts = |text: &str| text.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    let find = |from: usize, text: &str| {
        let wanted: Vec<char> = text.chars().collect();
        let found = (from..chars.len()).find(|i| chars[*i..].starts_with(&wanted));
        found.map_or(chars.len(), |i| i + wanted.len())
    };
    let word_before = at > 0 && is_word(chars[at - 1]);
    if starts("//") {
        return find(at, "\n").saturating_sub(1);
    }
    if starts("/*") {
        return find(at + 2, "*/");
    }
    if !word_before && (chars[at] == 'r' || starts("br")) {
        let hashes_at = at + if chars[at] == 'b' { 2 } else { 1 };
        let hashes = chars[hashes_at..].iter().take_while(|c| **c == '#').count();
        if chars.get(hashes_at + hashes) == Some(&'"') {
            return find(hashes_at + hashes + 1, &format!("\"{}", "#".repeat(hashes)));
        }
    }
    match chars[at] {
        '"' => quoted_end(chars, at, '"'),
        // A lifetime is a quote and a word without another quote behind it.
        '\'' if chars.get(at + 1) == Some(&'\\') || chars.get(at + 2) == Some(&'\'') => {
            quoted_end(chars, at, '\'')
        }
        _ => at,
    }
}

fn quoted_end(chars: &[char], at: usize, quote: char) -> usize {
    let mut at = at + 1;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// The code with each line of an item under `#[cfg(test)]` replaced by [`TEST`].
fn without_tests(code: &str) -> String {
    let mut lines: Vec<String> = code.lines().map(str::to_owned).collect();
    let mut from = 0;
    while let Some(start) = code[from..].find("#[cfg(test)]").map(|found| from + found) {
        let item = start + "#[cfg(test)]".len();
        let end = item_end(code, item);
        let line = |at: usize| code[..at].matches('\n').count();
        for line in &mut lines[line(start)..=line(end)] {
            TEST.clone_into(line);
        }
        from = end;
    }
    lines.join("\n")
}

/// Where an item ends: at its semicolon, or at the brace that closes its first one.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code[start..].char_indices() {
        match c {
            ';' if depth == 0 => return start + at,
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return start + at;
                }
            }
            _ => {}
        }
    }
    code.len().saturating_sub(1)
}

/// Where a keyword stands alone.
fn keyword<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code[..*at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(|c| is_word(c) || c == '\'') && after.is_some_and(char::is_whitespace)
    })
}

/// The trees of `use` declarations, without the keyword and the semicolon.
fn uses(code: &str) -> Vec<(usize, usize)> {
    let begin = keyword(code, "use").map(|at| at + "use".len());
    begin.filter_map(|at| Some((at, at + code[at..].find(';')?))).collect()
}

/// The modules that are declared here.
fn declared(code: &str) -> Vec<String> {
    let name = |at: usize| {
        let rest = code[at + "mod".len()..].trim_start();
        rest.split_once(';').map(|(name, _)| name.trim()).filter(|name| name.chars().all(is_word))
    };
    keyword(code, "mod").filter_map(name).map(str::to_owned).collect()
}

/// The leaves of a `use` tree: path and the name that it gets here.
fn tree(text: &str, prefix: &mut Vec<String>, leaves: &mut Vec<(Vec<String>, String)>) {
    let text = text.trim();
    if let Some(inside) = text.strip_prefix('{') {
        let inside = inside.strip_suffix('}').unwrap_or(inside);
        for part in split_list(inside) {
            tree(part, prefix, leaves);
        }
        return;
    }
    let (first, rest) = match text.split_once("::") {
        Some((first, rest)) if !first.contains('{') => (first.trim(), Some(rest)),
        _ => (text, None),
    };
    if let Some(rest) = rest {
        prefix.push(first.to_owned());
        tree(rest, prefix, leaves);
        prefix.pop();
        return;
    }
    let (item, name) =
        first.split_once(" as ").map_or((first, first), |(a, b)| (a.trim(), b.trim()));
    let mut path = prefix.clone();
    let name =
        if item == "self" { path.last().cloned().unwrap_or_default() } else { name.to_owned() };
    if item != "self" && item != "*" && !item.is_empty() {
        path.push(item.to_owned());
    }
    leaves.push((path, name));
}

fn split_list(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

/// Paths of two words and more that stand in the code.
fn mentioned(code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        if is_word(c) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            path.push(rest[..end].to_owned());
            rest = &rest[end..];
            if rest.starts_with("::") && rest[2..].starts_with(is_word) {
                rest = &rest[2..];
                continue;
            }
        } else {
            rest = &rest[c.len_utf8()..];
        }
        if path.len() > 1 {
            paths.push(std::mem::take(&mut path));
        }
        path.clear();
    }
    paths
}

/// The path from the root of the crate; none if it isn't of this crate.
fn absolute(
    module: &[String],
    children: &[String],
    names: &BTreeMap<String, Vec<String>>,
    path: &[String],
) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    let mut base = match first.as_str() {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => module.split_last()?.1.to_vec(),
        child if children.iter().any(|name| name == child) => {
            module.iter().cloned().chain([child.to_owned()]).collect()
        }
        name => names.get(name)?.clone(),
    };
    for word in rest {
        if word == "super" {
            base.pop();
        } else {
            base.push(word.clone());
        }
    }
    Some(base)
}

/// Functions with a body: name, first line, lines.
fn functions(code: &str) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for at in keyword(code, "fn") {
        let name: String =
            code[at + 2..].trim_start().chars().take_while(|c| is_word(*c)).collect();
        let body = code[at..].find(['{', ';']).map(|offset| at + offset);
        if name.is_empty() || body.is_none_or(|body| code[body..].starts_with(';')) {
            continue;
        }
        let first = code[..at].matches('\n').count() + 1;
        let lines = code[at..=item_end(code, at)].matches('\n').count() + 1;
        found.push((name, first, lines));
    }
    found.sort_by_key(|(_, _, lines)| std::cmp::Reverse(*lines));
    found
}
