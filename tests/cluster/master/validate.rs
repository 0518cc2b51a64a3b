//! Validation of calls. Source of facts: `docs/mesos.md#answers-to-calls`, `docs/mesos.md#json`, and
//! `tests/data/mesos/02-call-errors`.

use serde_json::Value;

use crate::wire;

/// Parses a body; the error is the text of the 400 answer.
pub fn parse(body: &[u8]) -> Result<Value, String> {
    let call: Value = serde_json::from_slice(body).map_err(|_| {
        format!("Failed to parse body into JSON: syntax error at line {}", near(body))
    })?;
    if !call.is_object() {
        return Err("Failed to convert JSON into Call protobuf: Expecting a JSON object".to_owned());
    }
    let missing = missing(&call);
    if missing.is_empty() {
        return Ok(call);
    }
    Err(format!(
        "Failed to convert JSON into Call protobuf: Missing required fields: {}",
        missing.join(", ")
    ))
}

/// Where picojson stops: it has read one character too many.
fn near(body: &[u8]) -> String {
    let at = match serde_json::from_slice::<Value>(body) {
        Err(error) if !error.is_eof() => Some((error.line(), error.column())),
        _ => None,
    };
    let text = String::from_utf8_lossy(body);
    match at {
        Some((line, column)) => {
            let rest: String = text
                .lines()
                .nth(line.saturating_sub(1))
                .unwrap_or_default()
                .chars()
                .skip(column.saturating_sub(1).max(1))
                .collect();
            format!("{line} near: {rest}")
        }
        None => format!("{} near: ", text.lines().count().max(1)),
    }
}

/// The required fields of each call that are missing, as dotted paths.
fn missing(call: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    let mut need = |path: &str| {
        let mut at = call;
        let mut parts = path.split('.').peekable();
        while let Some(part) = parts.next() {
            let below = &at[part];
            if below.is_null() {
                // A message that is not there at all is validation's business.
                if parts.peek().is_none() {
                    paths.push(path.to_owned());
                }
                return;
            }
            at = below;
        }
    };
    need("framework_id.value");
    need("subscribe.framework_info");
    need("subscribe.framework_info.user");
    need("subscribe.framework_info.name");
    need("update_framework.framework_info");
    need("update_framework.framework_info.user");
    need("update_framework.framework_info.name");
    need("kill.task_id");
    need("shutdown.executor_id");
    need("shutdown.agent_id");
    need("acknowledge.agent_id");
    need("acknowledge.task_id");
    need("acknowledge.uuid");
    need("message.agent_id");
    need("message.executor_id");
    need("message.data");
    for (index, task) in wire::list(&call["reconcile"]["tasks"]).iter().enumerate() {
        if task["task_id"].is_null() {
            paths.push(format!("reconcile.tasks[{index}].task_id"));
        }
    }
    for operation in wire::list(&call["accept"]["operations"]) {
        for (index, task) in wire::list(&operation["launch"]["task_infos"]).iter().enumerate() {
            for field in ["name", "task_id", "agent_id"] {
                if task[field].is_null() {
                    paths.push(format!("accept.operations[0].launch.task_infos[{index}].{field}"));
                }
            }
        }
    }
    paths
}

/// The types of calls and the member that each needs; `None` where it may be absent.
const CALLS: &[(&str, Option<&str>)] = &[
    ("SUBSCRIBE", Some("subscribe")),
    ("TEARDOWN", None),
    ("ACCEPT", Some("accept")),
    ("DECLINE", Some("decline")),
    ("ACCEPT_INVERSE_OFFERS", Some("accept_inverse_offers")),
    ("DECLINE_INVERSE_OFFERS", Some("decline_inverse_offers")),
    ("REVIVE", None),
    ("SUPPRESS", None),
    ("KILL", Some("kill")),
    ("SHUTDOWN", Some("shutdown")),
    ("ACKNOWLEDGE", Some("acknowledge")),
    ("ACKNOWLEDGE_OPERATION_STATUS", Some("acknowledge_operation_status")),
    ("RECONCILE", Some("reconcile")),
    ("RECONCILE_OPERATIONS", Some("reconcile_operations")),
    ("MESSAGE", Some("message")),
    ("REQUEST", Some("request")),
    ("UPDATE_FRAMEWORK", Some("update_framework")),
];

/// Validates a call; `principal` is the authenticated one. The error is the text after the prefix.
pub fn call(call: &Value, principal: Option<&str>) -> Result<(), String> {
    let kind = call["type"].as_str().unwrap_or_default();
    if kind == "UNKNOWN" {
        return Ok(());
    }
    let Some((_, member)) = CALLS.iter().find(|(name, _)| *name == kind) else {
        // An unknown enum name counts as not there.
        return Err("Expecting 'type' to be present".to_owned());
    };
    let expect = |member: &str| Err(format!("Expecting '{member}' to be present"));
    if kind == "SUBSCRIBE" {
        return subscribe(call, principal);
    }
    if !call["framework_id"].is_object() {
        return expect("framework_id");
    }
    if let Some(member) = member
        && call[*member].is_null()
    {
        return expect(member);
    }
    if kind == "ACKNOWLEDGE" && !wire::is_uuid(&wire::text(&call["acknowledge"], "uuid")) {
        return Err("Not a valid UUID".to_owned());
    }
    if kind == "UPDATE_FRAMEWORK"
        && wire::id_of(&call["update_framework"]["framework_info"], "id")
            != wire::id_of(call, "framework_id")
    {
        return Err("'framework_id' differs from 'update_framework.framework_info.id'".to_owned());
    }
    Ok(())
}

fn subscribe(call: &Value, principal: Option<&str>) -> Result<(), String> {
    if call["subscribe"].is_null() {
        return Err("Expecting 'subscribe' to be present".to_owned());
    }
    let info = &call["subscribe"]["framework_info"];
    if wire::id_of(call, "framework_id") != wire::id_of(info, "id") {
        return Err("'framework_id' differs from 'subscribe.framework_info.id'".to_owned());
    }
    let theirs = wire::text(info, "principal");
    match principal {
        Some(mine) if !theirs.is_empty() && mine != theirs => {
            Err(principal_mismatch(mine, &theirs))
        }
        _ => Ok(()),
    }
}

/// The text for a principal that is not the framework's.
pub fn principal_mismatch(authenticated: &str, framework: &str) -> String {
    format!(
        "Authenticated principal '{authenticated}' does not match principal '{framework}' set in \
         `FrameworkInfo`"
    )
}

/// The syntax of task, executor and framework ids.
pub fn identifier(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err("ID must not be empty".to_owned());
    }
    if id.len() > 255 {
        return Err("ID must not be greater than 255 characters".to_owned());
    }
    if id == "." || id == ".." {
        return Err(format!("'{id}' is disallowed"));
    }
    if id.chars().any(|c| c.is_control() || c == '/' || c == '\\') {
        return Err(format!("'{id}' contains invalid characters"));
    }
    Ok(())
}

/// Whether an `Accept` header allows JSON; with protobuf only, the answer would be protobuf, which this
/// master does not write.
pub fn accepts_json(accept: Option<&str>) -> bool {
    let Some(accept) = accept else { return true };
    accept.split(',').any(|part| {
        let mut pieces = part.split(';').map(str::trim);
        let media = pieces.next().unwrap_or_default();
        let refused = pieces.any(|p| p.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
        !refused && matches!(media, "*/*" | "application/*" | "application/json")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_headers_are_read() {
        assert!(accepts_json(None) && accepts_json(Some("text/html, application/*;q=0.5")));
        assert!(!accepts_json(Some("text/html")) && !accepts_json(Some("application/json;q=0")));
    }

    #[test]
    fn identifiers_are_checked() {
        assert_eq!(identifier("bad/d"), Err("'bad/d' contains invalid characters".to_owned()));
        assert_eq!(identifier(".."), Err("'..' is disallowed".to_owned()));
        assert!(identifier(&"x".repeat(256)).is_err() && identifier("a.b-c_1").is_ok());
    }

    #[test]
    fn the_place_of_a_syntax_error_is_the_one_that_was_recorded() {
        let text = parse(b"nope").unwrap_err();
        assert_eq!(text, "Failed to parse body into JSON: syntax error at line 1 near: ope");
    }
}
