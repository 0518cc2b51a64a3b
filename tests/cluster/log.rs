//! What the masters were asked, for assertions.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::wire;

/// Calls that are kept.
const MAX_KEPT: usize = 20_000;

/// The calls that came in.
#[derive(Debug)]
pub struct CallLog {
    keep: bool,
    next: u64,
    /// Calls of the scheduler API by type.
    pub counts: BTreeMap<String, u64>,
    /// Requests of other endpoints by method and path.
    pub requests: BTreeMap<String, u64>,
    calls: VecDeque<Value>,
}

impl CallLog {
    /// An empty log; without `keep` it only counts.
    pub fn new(keep: bool) -> Self {
        let (counts, requests) = (BTreeMap::new(), BTreeMap::new());
        Self { keep, next: 0, counts, requests, calls: VecDeque::new() }
    }

    /// Notes a call of the scheduler API and its answer.
    pub fn call(&mut self, master: usize, call: &Value, status: u16) {
        let kind = call["type"].as_str().unwrap_or("?").to_owned();
        *self.counts.entry(kind.clone()).or_default() += 1;
        self.next += 1;
        if !self.keep {
            return;
        }
        self.calls.push_back(json!({
            "n": self.next,
            "time": wire::now(),
            "master": master,
            "type": kind,
            "framework_id": call["framework_id"]["value"],
            "status": status,
            "body": call,
        }));
        if self.calls.len() > MAX_KEPT {
            self.calls.pop_front();
        }
    }

    /// Notes a request of another endpoint.
    pub fn request(&mut self, method: &str, path: &str) {
        *self.requests.entry(format!("{method} {path}")).or_default() += 1;
    }

    /// The calls after number `after`, of one type and of one framework if given.
    pub fn calls(&self, after: u64, kind: Option<&str>, framework: Option<&str>) -> Vec<Value> {
        self.calls
            .iter()
            .filter(|call| call["n"].as_u64() > Some(after))
            .filter(|call| kind.is_none_or(|kind| call["type"] == kind))
            .filter(|call| framework.is_none_or(|id| call["framework_id"] == id))
            .cloned()
            .collect()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.counts.clear();
        self.requests.clear();
        self.calls.clear();
    }
}
