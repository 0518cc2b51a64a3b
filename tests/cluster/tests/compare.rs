//! Comparison with recordings: shapes and texts, with ids learned on the way.

use std::collections::BTreeMap;

use serde_json::Value;

/// Recorded ids and what stands in their place.
#[derive(Debug, Default)]
pub struct Ids {
    map: BTreeMap<String, String>,
}

impl Ids {
    /// The recorded id that something stands in the place of.
    pub fn recorded(&self, real: &str) -> Option<&String> {
        self.map.iter().find(|(_, mine)| *mine == real).map(|(recorded, _)| recorded)
    }

    /// Replaces recorded ids, the longest first.
    pub fn translate(&self, text: &str) -> String {
        let mut ids: Vec<(&String, &String)> = self.map.iter().collect();
        ids.sort_by_key(|(recorded, _)| std::cmp::Reverse(recorded.len()));
        // Through marks, so that nothing is replaced twice.
        let mut text = text.to_owned();
        for (number, (recorded, _)) in ids.iter().enumerate() {
            text = text.replace(*recorded, &format!("\u{1}{number}\u{2}"));
        }
        for (number, (_, real)) in ids.iter().enumerate() {
            text = text.replace(&format!("\u{1}{number}\u{2}"), real);
        }
        text
    }

    fn learn(&mut self, recorded: &str, real: &str, place: &str) {
        let known = self.map.entry(recorded.to_owned()).or_insert_with(|| real.to_owned());
        assert_eq!(known, real, "{place}: {recorded} was something else before");
    }
}

/// A text cut into ids and what is between them.
fn cut(text: &str) -> (Vec<String>, String) {
    let (mut ids, mut rest) = (Vec::new(), String::new());
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let length = id_length(&chars[at..]);
        if length == 0 {
            rest.push(chars[at]);
            at += 1;
        } else {
            ids.push(chars[at..at + length].iter().collect());
            rest += "<id>";
            at += length;
        }
    }
    (ids, rest)
}

/// The length of a UUID with what Mesos appends to one, or 0.
fn id_length(chars: &[char]) -> usize {
    let groups = [8, 4, 4, 4, 12];
    let mut at = 0;
    for (number, size) in groups.into_iter().enumerate() {
        if number > 0 {
            if chars.get(at) != Some(&'-') {
                return 0;
            }
            at += 1;
        }
        for _ in 0..size {
            if !chars.get(at).is_some_and(char::is_ascii_hexdigit) {
                return 0;
            }
            at += 1;
        }
    }
    let mut end = at;
    if chars.get(end) == Some(&'-') {
        end += 1;
        if matches!(chars.get(end), Some('S' | 'O')) {
            end += 1;
        }
        let digits = chars[end..].iter().take_while(|c| c.is_ascii_digit()).count();
        if digits > 0 {
            return end + digits;
        }
    }
    at
}

/// Ports, hosts and directories differ as well.
fn masked(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(at) = text.find("/slaves/") {
        let from = text[..at].rfind('\'').map_or(0, |quote| quote + 1);
        text.replace_range(from..at, "");
    }
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("127.0.0.") {
        out += &rest[..at];
        out += "<host>";
        rest = rest[at + 8..].trim_start_matches(|c: char| c.is_ascii_digit());
        if rest
            .strip_prefix(':')
            .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()))
        {
            out += ":<port>";
            rest = rest[1..].trim_start_matches(|c: char| c.is_ascii_digit());
        }
    }
    out + rest
}

/// Texts are the same but for ids, hosts, ports, directories and quantities.
pub fn compare_text(ids: &mut Ids, expected: &str, real: &str, place: &str) {
    let ((theirs, a), (mine, b)) = (cut(expected), cut(real));
    assert_eq!(masked(&a), masked(&b), "{place}");
    for (recorded, real) in theirs.iter().zip(&mine) {
        ids.learn(recorded, real, place);
    }
}

/// JSON has the same members in the same order, with values of the same form.
pub fn compare_json(ids: &mut Ids, ignored: &[&str], expected: &Value, real: &Value, place: &str) {
    match (expected, real) {
        (Value::Object(a), Value::Object(b)) => {
            let names = |map: &serde_json::Map<String, Value>| -> Vec<String> {
                map.keys().filter(|name| !ignored.contains(&name.as_str())).cloned().collect()
            };
            assert_eq!(names(a), names(b), "{place}: members");
            for name in names(a) {
                let place = format!("{place}.{name}");
                if name == "uuid" || name == "status_update_uuid" {
                    ids.learn(a[&name].as_str().unwrap(), b[&name].as_str().unwrap(), &place);
                } else {
                    compare_json(ids, ignored, &a[&name], &b[&name], &place);
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.is_empty(), b.is_empty(), "{place}: {expected} or {real}");
            for (number, (a, b)) in a.iter().zip(b).enumerate() {
                compare_json(ids, ignored, a, b, &format!("{place}[{number}]"));
            }
        }
        (Value::Number(a), Value::Number(b)) => {
            assert_eq!(a.is_f64(), b.is_f64(), "{place}: {a} or {b}");
        }
        (Value::String(a), Value::String(b)) => {
            // Ranges of ports and the offered sums are this cluster's own.
            if a.starts_with('[') {
                assert!(b.starts_with('['), "{place}");
            } else if a.contains("is more than available") {
                let head = |text: &str| text.split(" available ").next().unwrap().to_owned();
                compare_text(ids, &head(a), &head(b), place);
                let form = |text: &str| text.replace(|c: char| c.is_ascii_digit() || c == '.', "");
                assert_eq!(form(a), form(b), "{place}");
            } else {
                compare_text(ids, a, b, place);
            }
        }
        (a, b) => assert_eq!(a, b, "{place}"),
    }
}

#[test]
fn ids_are_learned_and_put_back() {
    let mut ids = Ids::default();
    let (a, b) = ("73090660-7424-4b65-aacc-e493847c1d47", "11111111-2222-3333-4444-555555555555");
    compare_text(&mut ids, &format!("Offer {a}-O21 is"), &format!("Offer {b}-O3 is"), "here");
    compare_text(&mut ids, a, b, "here");
    assert_eq!(ids.translate(&format!("{a}-O21 {a} {a}-O22")), format!("{b}-O3 {b} {b}-O22"));
}

#[test]
#[should_panic(expected = "members")]
fn another_order_of_members_is_a_difference() {
    let (a, b) = (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#);
    let (a, b) = (serde_json::from_str(a).unwrap(), serde_json::from_str(b).unwrap());
    compare_json(&mut Ids::default(), &[], &a, &b, "here");
}

#[test]
#[should_panic(expected = "15.0 or 15")]
fn an_integer_for_a_double_is_a_difference() {
    let (a, b) = (serde_json::json!(15.0), serde_json::json!(15));
    compare_json(&mut Ids::default(), &[], &a, &b, "here");
}
