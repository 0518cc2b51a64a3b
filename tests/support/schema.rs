//! Checks documents against the JSON schemas in `docs/json`: as much of JSON Schema as those use, and strictly, so that a
//! member that no schema tells of is a mistake as well.

use std::path::Path;

use serde_json::Value;

/// What is wrong with a document by a schema of `docs/json`; nothing if it is right.
pub fn problems(schema: &str, document: &Value) -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json");
    let text = std::fs::read_to_string(directory.join(format!("{schema}.schema.json"))).unwrap();
    let root: Value = serde_json::from_str(&text).unwrap();
    let mut found = Vec::new();
    check(&root, &root, document, "$", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let mut wrong = |what: String| found.push(format!("{at}: {what}"));
    for (word, rule) in schema.as_object().unwrap() {
        match (word.as_str(), rule) {
            ("$ref", rule) => {
                let name = rule.as_str().unwrap().strip_prefix('#').unwrap();
                check(root, root.pointer(name).unwrap(), value, at, found);
                return;
            }
            ("anyOf", rule) => {
                let tried = rule.as_array().unwrap().iter().map(|rule| {
                    let mut found = Vec::new();
                    check(root, rule, value, at, &mut found);
                    found
                });
                let best = tried.min_by_key(Vec::len).unwrap();
                found.extend(best);
                return;
            }
            ("type", rule) if !is_of(rule.as_str().unwrap(), value) => {
                wrong(format!("{value} is no {rule}"));
                return;
            }
            ("const", rule) if rule != value => wrong(format!("{value} is not {rule}")),
            ("enum", Value::Array(rule)) if !rule.contains(value) => {
                wrong(format!("{value} is none of {rule:?}"));
            }
            ("required", Value::Array(rule)) => {
                for name in rule.iter().filter_map(Value::as_str) {
                    if value.get(name).is_none() {
                        wrong(format!("{name} is missing"));
                    }
                }
            }
            (
                "$schema" | "title" | "description" | "$defs" | "type" | "const" | "enum"
                | "properties" | "items",
                _,
            ) => {}
            (word, _) => panic!("{word} is not known here"),
        }
    }
    if let (Some(rules), Some(members)) = (schema["properties"].as_object(), value.as_object()) {
        for (name, member) in members {
            match rules.get(name) {
                Some(rule) => check(root, rule, member, &format!("{at}.{name}"), found),
                None => found.push(format!("{at}.{name}: no schema tells of it")),
            }
        }
    }
    if let (Some(rule), Some(items)) = (schema.get("items"), value.as_array()) {
        for (index, item) in items.iter().enumerate() {
            check(root, rule, item, &format!("{at}[{index}]"), found);
        }
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    }
}
