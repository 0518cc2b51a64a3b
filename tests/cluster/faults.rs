//! Faults of the HTTP interface of masters that a test has switched on.

use std::time::Duration;

use serde_json::Value;

use crate::wire;

/// What happens to a matching request.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// A given answer.
    Answer { status: u16, text: String, headers: Vec<(String, String)> },
    /// The connection is closed without an answer, the call is not processed.
    Hangup,
    /// The call is processed and the connection closed without an answer.
    HangupAfter,
    /// No answer ever, the call is not processed.
    Silence,
    /// 202, but the call is not processed.
    Ignore,
    /// The call is processed later.
    Delay(Duration),
}

/// A fault and what it applies to.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Call types such as `ACCEPT`, or `GET /state`, or `*`.
    pub matches: Vec<String>,
    /// What happens.
    pub fault: Fault,
    /// How many more times; `None` for ever.
    pub left: Option<u64>,
    /// Let so many matching requests pass first.
    pub skip: u64,
}

/// All rules, oldest first.
#[derive(Debug, Default)]
pub struct Faults {
    /// The rules.
    pub rules: Vec<Rule>,
}

impl Faults {
    /// The fault that applies to a request, if any; it is used up by one.
    pub fn next(&mut self, what: &[&str]) -> Option<Fault> {
        let mut found = None;
        for rule in &mut self.rules {
            let applies = rule.matches.iter().any(|m| m == "*" || what.contains(&m.as_str()));
            if !applies || rule.left == Some(0) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.left = rule.left.map(|left| left - 1);
            found = Some(rule.fault.clone());
            break;
        }
        self.rules.retain(|rule| rule.left != Some(0));
        found
    }
}

impl Rule {
    /// Reads `{"calls":[…],"count":n,"skip":n}` with the given fault.
    pub fn read(body: &Value, fault: Fault, default_count: Option<u64>) -> Self {
        let mut matches = wire::strings(&body["calls"]);
        if matches.is_empty() {
            matches.push("*".to_owned());
        }
        let count = &body["count"];
        let left = if count.is_null() { default_count } else { count.as_u64() };
        Self { matches, fault, left, skip: body["skip"].as_u64().unwrap_or(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_skips_and_is_used_up() {
        let body = json!({"calls": ["ACCEPT"], "count": 1, "skip": 1});
        let mut faults = Faults::default();
        faults.rules.push(Rule::read(&body, Fault::Ignore, None));
        assert_eq!(faults.next(&["KILL"]), None);
        assert_eq!(faults.next(&["ACCEPT"]), None);
        assert_eq!(faults.next(&["ACCEPT"]), Some(Fault::Ignore));
        assert_eq!(faults.next(&["ACCEPT"]), None);
    }
}
