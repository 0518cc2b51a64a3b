//! Where containers may run, beyond having room there: constraints on hosts, as users of Marathon and Aurora know them. Pure.
//!
//! `rack:in:r1,r2`, `host:unique`, `zone:spread`, `disk:like:ssd.*`; separated by `;`. Marathon's own words are taken as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use regex_automata::dfa::{Automaton, dense};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use thiserror::Error;

/// The name of the field that is a host's name, and not an attribute of it.
const HOST: [&str; 2] = ["host", "hostname"];
/// The largest automaton that an expression may become, in bytes.
const LARGEST: usize = 1 << 20;

/// A constraint on the hosts of a topology's containers.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// The text that it was made of.
    text: String,
    /// `host`, or an attribute.
    field: String,
    rule: Rule,
}

impl PartialEq for Constraint {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[derive(Clone, Debug)]
enum Rule {
    /// The value is one of these.
    In(BTreeSet<String>),
    /// The whole value matches.
    Like(Box<Pattern>),
    /// It doesn't; a host without the attribute is as good.
    Unlike(Box<Pattern>),
    /// No more than so many containers have the same value.
    MaxPer(usize),
    /// All containers have the same value.
    Cluster,
    /// As many of each value as can be had: a wish.
    Spread,
    /// A later version wrote it, or nobody: no host is known to satisfy it.
    Unknown,
}

/// What is wrong with the text of constraints.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ConstraintError {
    /// It is not `field:rule` or `field:rule:value`.
    #[error(
        "`{text}` is no constraint: write field:rule:value, such as rack:in:r1,r2 or host:unique"
    )]
    Shape {
        /// The constraint.
        text: String,
    },
    /// The rule is none that there is.
    #[error(
        "`{rule}` in `{text}` is no rule: there are in, like, unlike, unique, max_per, cluster, spread"
    )]
    Rule {
        /// The constraint.
        text: String,
        /// The word.
        rule: String,
    },
    /// The rule needs a value, or takes none.
    #[error("`{text}`: {what}")]
    Value {
        /// The constraint.
        text: String,
        /// What is wrong.
        what: String,
    },
}

/// Where a host stands: its name and its attributes.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Its name.
    pub host: &'a str,
    /// What its operator says of it.
    pub attributes: &'a BTreeMap<String, String>,
}

impl<'a> Place<'a> {
    /// The value of a field, if the host has it.
    #[must_use]
    pub fn value(self, field: &str) -> Option<&'a str> {
        if HOST.contains(&field) {
            return Some(self.host);
        }
        self.attributes.get(field).map(String::as_str)
    }
}

/// Reads constraints.
///
/// # Errors
/// The first one that makes no sense.
pub fn parse(text: &str) -> Result<Vec<Constraint>, ConstraintError> {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts.map(Constraint::parse).collect()
}

impl Constraint {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        let shape = || ConstraintError::Shape { text: text.to_owned() };
        let mut parts = text.splitn(3, ':').map(str::trim);
        let field = parts.next().filter(|field| !field.is_empty()).ok_or_else(shape)?;
        let word = parts.next().filter(|word| !word.is_empty()).ok_or_else(shape)?;
        let value = parts.next().filter(|value| !value.is_empty());
        let rule = Rule::parse(text, word, value)?;
        Ok(Self { text: text.to_owned(), field: field.to_owned(), rule })
    }

    /// One of a record: what can't be understood is satisfied by no host.
    #[must_use]
    pub fn of_record(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self {
            text: text.to_owned(),
            field: String::new(),
            rule: Rule::Unknown,
        })
    }

    /// What it is about: `host`, or an attribute.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Whether a host is ruled out for every container, wherever the others are.
    #[must_use]
    pub fn excludes(&self, place: Place<'_>) -> bool {
        let value = place.value(&self.field);
        match &self.rule {
            Rule::In(values) => !value.is_some_and(|value| values.contains(value)),
            Rule::Like(pattern) => !value.is_some_and(|value| pattern.matches(value)),
            Rule::Unlike(pattern) => value.is_some_and(|value| pattern.matches(value)),
            Rule::MaxPer(_) | Rule::Cluster => value.is_none(),
            Rule::Spread => false,
            Rule::Unknown => true,
        }
    }

    /// Whether another container may run at a place, where the others of the topology have these values, each so often.
    #[must_use]
    pub fn admits(&self, place: Place<'_>, others: &BTreeMap<String, usize>) -> bool {
        if self.excludes(place) {
            return false;
        }
        let Some(value) = place.value(&self.field) else { return true };
        match &self.rule {
            Rule::MaxPer(most) => others.get(value).is_none_or(|count| count < most),
            Rule::Cluster => others.keys().all(|other| other == value),
            _ => true,
        }
    }

    /// How many containers there can be where there are so many values, if it bounds that.
    #[must_use]
    pub fn most(&self, values: usize) -> Option<usize> {
        match self.rule {
            Rule::MaxPer(most) => Some(most.saturating_mul(values)),
            _ => None,
        }
    }

    /// Whether it depends on where the other containers are.
    #[must_use]
    pub fn counts(&self) -> bool {
        matches!(self.rule, Rule::MaxPer(_) | Rule::Cluster)
    }

    /// Whether it is a wish only.
    #[must_use]
    pub fn is_wish(&self) -> bool {
        matches!(self.rule, Rule::Spread)
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Rule {
    fn parse(text: &str, word: &str, value: Option<&str>) -> Result<Self, ConstraintError> {
        let wrong =
            |what: &str| ConstraintError::Value { text: text.to_owned(), what: what.to_owned() };
        let needed = || value.ok_or_else(|| wrong("the rule needs a value behind a colon"));
        let pattern = || {
            let pattern = Pattern::new(needed()?).map_err(|why| wrong(&why))?;
            Ok::<_, ConstraintError>(Box::new(pattern))
        };
        Ok(match word.to_ascii_lowercase().as_str() {
            "in" => Self::In(needed()?.split(',').map(|one| one.trim().to_owned()).collect()),
            "like" => Self::Like(pattern()?),
            "unlike" => Self::Unlike(pattern()?),
            "unique" if value.is_none() => Self::MaxPer(1),
            "unique" => return Err(wrong("unique takes no value")),
            "max_per" => match needed()?.parse() {
                Ok(most) if most > 0 => Self::MaxPer(most),
                _ => return Err(wrong("max_per takes a whole number, at least 1")),
            },
            "cluster" => match value {
                None => Self::Cluster,
                Some(value) => Self::In(BTreeSet::from([value.to_owned()])),
            },
            // Marathon's takes the number of values, which is seen here.
            "spread" | "group_by" => Self::Spread,
            _ => {
                return Err(ConstraintError::Rule { text: text.to_owned(), rule: word.to_owned() });
            }
        })
    }
}

/// An expression that a whole value matches, or not: as an automaton, so that no value takes long.
#[derive(Clone, Debug)]
struct Pattern(dense::DFA<Vec<u32>>);

impl Pattern {
    fn new(pattern: &str) -> Result<Self, String> {
        let config = dense::Config::new()
            .dfa_size_limit(Some(LARGEST))
            .determinize_size_limit(Some(4 * LARGEST));
        let built = dense::Builder::new()
            .configure(config)
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .build(&format!("^(?:{pattern})$"));
        built.map(Self).map_err(|error| {
            let why = std::error::Error::source(&error).map(ToString::to_string);
            format!("no regular expression: {}", why.unwrap_or_else(|| error.to_string()))
        })
    }

    fn matches(&self, value: &str) -> bool {
        let input = Input::new(value).anchored(Anchored::Yes);
        self.0.try_search_fwd(&input).is_ok_and(|found| found.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn admits(text: &str, rack: Option<&str>, others: &[(&str, usize)]) -> bool {
        let attributes =
            attributes(&rack.map(|rack| ("rack", rack)).into_iter().collect::<Vec<_>>());
        let others = others.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect();
        let place = Place { host: "node7", attributes: &attributes };
        Constraint::parse(text).unwrap().admits(place, &others)
    }

    #[test]
    fn values_are_in_like_or_unlike() {
        assert!(
            admits("rack:in:r1, r2", Some("r2"), &[]) && !admits("rack:in:r1,r2", Some("r3"), &[])
        );
        assert!(!admits("rack:in:r1", None, &[]));
        assert!(admits("rack:LIKE:r[12]", Some("r1"), &[]));
        assert!(!admits("rack:like:r[12]", Some("r12"), &[]), "the whole value");
        assert!(!admits("rack:like:r.*", None, &[]));
        assert!(!admits("rack:unlike:r1|r2", Some("r2"), &[]));
        assert!(
            admits("rack:unlike:r1|r2", Some("r3"), &[]) && admits("rack:unlike:r1", None, &[])
        );
        assert!(admits("host:in:node7", None, &[]) && admits("hostname:like:node\\d+", None, &[]));
        assert!(
            admits("rack:cluster:r1", Some("r1"), &[])
                && !admits("rack:CLUSTER:r1", Some("r2"), &[])
        );
        assert!(admits("rack:like:a:b", Some("a:b"), &[]), "colons belong to the value");
    }

    #[test]
    fn counts_are_of_the_other_containers() {
        assert!(admits("rack:unique", Some("r1"), &[("r2", 1)]));
        assert!(!admits("rack:UNIQUE", Some("r1"), &[("r1", 1)]));
        assert!(admits("rack:max_per:2", Some("r1"), &[("r1", 1)]));
        assert!(!admits("rack:MAX_PER:2", Some("r1"), &[("r1", 2)]));
        assert!(
            admits("rack:cluster", Some("r1"), &[])
                && admits("rack:cluster", Some("r1"), &[("r1", 4)])
        );
        assert!(!admits("rack:cluster", Some("r1"), &[("r2", 1)]));
        assert!(!admits("rack:unique", None, &[]), "without the attribute nothing is known");
        assert!(
            admits("rack:spread", Some("r1"), &[("r1", 9)]) && admits("rack:group_by:3", None, &[])
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for text in ["rack", ":in:x", "rack:", "rack::x"] {
            assert!(
                matches!(Constraint::parse(text), Err(ConstraintError::Shape { .. })),
                "{text}"
            );
        }
        for text in ["rack:on:r1", "rack:r1"] {
            assert!(matches!(Constraint::parse(text), Err(ConstraintError::Rule { .. })), "{text}");
        }
        for text in [
            "rack:in",
            "rack:like:(",
            "host:unique:2",
            "rack:max_per:0",
            "rack:max_per:x",
            "r:like:(a{1000}){1000}",
        ] {
            assert!(
                matches!(Constraint::parse(text), Err(ConstraintError::Value { .. })),
                "{text}"
            );
        }
        assert!(parse(" rack:in:a ; ; host:unique;").unwrap().len() == 2);
    }

    #[test]
    fn what_a_later_version_wrote_is_satisfied_by_nobody() {
        let constraint = Constraint::of_record("rack:near:r1");
        let attributes = attributes(&[("rack", "r1")]);
        assert!(constraint.excludes(Place { host: "h", attributes: &attributes }));
        assert_eq!(constraint.to_string(), "rack:near:r1");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-z:;,.*()\\[\\]{}0-9 |+?^$\\\\]{0,24}") {
            if let Ok(constraints) = parse(&text) {
                for constraint in constraints {
                    let none = BTreeMap::new();
                    let _ = constraint.admits(Place { host: "h", attributes: &none }, &none
                        .keys().map(|key: &String| (key.clone(), 1)).collect());
                }
            }
        }
    }
}
