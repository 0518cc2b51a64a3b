//! Reading resources, with the complaints that Mesos has about them. Source of facts: `docs/mesos.md#tasks`.

use serde_json::{Value, json};

use crate::resources::{Amount, Resource, coalesce};
use crate::wire;

/// Reads `[31000-31099,31200-31299]`, brackets optional.
pub fn ranges(text: &str) -> Option<Vec<(u64, u64)>> {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
    inner
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let (begin, end) = part.trim().split_once('-').unwrap_or((part.trim(), part.trim()));
            Some((begin.trim().parse().ok()?, end.trim().parse().ok()?))
        })
        .collect::<Option<Vec<_>>>()
        .map(coalesce)
}

/// Reads a Resource; the error is the text that Mesos gives.
pub fn resource(value: &Value) -> Result<Resource, String> {
    let (amount, problem) = amount_of(value);
    let allocated = value["allocation_info"]["role"].as_str().map(str::to_owned);
    let mut reservations = wire::list(&value["reservations"]);
    let role = wire::text(value, "role");
    let mut problem = problem;
    if !reservations.is_empty() && (!role.is_empty() || !value["reservation"].is_null()) {
        problem = Some("Invalid resource reservations".to_owned());
    } else if !role.is_empty() && role != "*" {
        let kind = if value["reservation"].is_object() { "DYNAMIC" } else { "STATIC" };
        let mut one = wire::ordered(&value["reservation"], &["principal", "labels"]);
        let rest = std::mem::take(&mut one);
        one.insert("type".into(), json!(kind));
        one.insert("role".into(), json!(role));
        one.extend(rest);
        reservations = vec![Value::Object(one)];
    }
    let resource = Resource { name: wire::text(value, "name"), amount, reservations, allocated };
    if resource.name.is_empty() {
        problem = Some("Empty resource name".to_owned());
    }
    match problem {
        None => Ok(resource),
        Some(text) => Err(format!("Resource '{}' is invalid: {text}", resource.describe())),
    }
}

fn amount_of(value: &Value) -> (Amount, Option<String>) {
    match value["type"].as_str() {
        Some("RANGES") => {
            let ranges: Vec<(u64, u64)> = wire::list(&value["ranges"]["range"])
                .iter()
                .map(|range| {
                    let end = |name| u64::try_from(wire::integer(&range[name]).unwrap_or(0));
                    (end("begin").unwrap_or(0), end("end").unwrap_or(0))
                })
                .collect();
            let problem = if !value["ranges"].is_object() {
                Some("Invalid ranges resource".to_owned())
            } else if ranges.iter().any(|(begin, end)| begin > end) {
                Some("Invalid ranges resource: begin > end".to_owned())
            } else if overlapping(&ranges) {
                Some("Invalid ranges resource: overlapping ranges".to_owned())
            } else {
                None
            };
            let ranges = if problem.is_none() { coalesce(ranges) } else { ranges };
            (Amount::Ranges(ranges), problem)
        }
        Some("SET") => (Amount::Set(wire::strings(&value["set"]["item"])), None),
        _ => {
            let Some(number) = wire::number(&value["scalar"]["value"]) else {
                return (Amount::Scalar(0), Some("Invalid scalar resource".to_owned()));
            };
            let thousandths = (number * 1000.0).round() as i64;
            let bad = thousandths < 0 || (thousandths == 0 && number != 0.0);
            let problem = bad.then(|| "Invalid scalar resource: value <= 0".to_owned());
            (Amount::Scalar(thousandths), problem)
        }
    }
}

fn overlapping(ranges: &[(u64, u64)]) -> bool {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| matches!(pair, [a, b] if b.0 <= a.1))
}
