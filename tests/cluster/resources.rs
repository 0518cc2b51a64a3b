//! Resources: reading, writing and arithmetic. Scalars are kept in thousandths, as Mesos rounds them. Source of facts:
//! `docs/mesos.md#resources`, `docs/mesos.md#offers`, `docs/mesos.md#tasks`.

use serde_json::{Map, Value, json};

use crate::{parse, wire};

/// How much of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Amount {
    /// Thousandths.
    Scalar(i64),
    /// Inclusive, sorted, not adjacent.
    Ranges(Vec<(u64, u64)>),
    /// Distinct items.
    Set(Vec<String>),
}

/// One resource of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// `cpus`, `mem`, `disk`, `ports`, `gpus`, …
    pub name: String,
    /// How much.
    pub amount: Amount,
    /// The stack of reservations, the last one is effective.
    pub reservations: Vec<Value>,
    /// The role it is allocated to.
    pub allocated: Option<String>,
}

/// A bag of resources; at most one entry of each kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resources(pub Vec<Resource>);

/// Which of the two formats of reservations is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With `role` (and `reservation`), for frameworks without `RESERVATION_REFINEMENT` and operators.
    Old,
    /// With `reservations`.
    Refined,
}

impl Amount {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Scalar(thousandths) => *thousandths == 0,
            Self::Ranges(ranges) => ranges.is_empty(),
            Self::Set(items) => items.is_empty(),
        }
    }

    fn add(&mut self, other: &Self) {
        match (self, other) {
            (Self::Scalar(a), Self::Scalar(b)) => *a += b,
            (Self::Ranges(a), Self::Ranges(b)) => {
                a.extend_from_slice(b);
                *a = coalesce(std::mem::take(a));
            }
            (Self::Set(a), Self::Set(b)) => a.extend_from_slice(b),
            _ => {}
        }
    }

    fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scalar(a), Self::Scalar(b)) => a >= b,
            (Self::Ranges(a), Self::Ranges(b)) => {
                b.iter().all(|(low, high)| a.iter().any(|(l, h)| l <= low && high <= h))
            }
            (Self::Set(a), Self::Set(b)) => b.iter().all(|item| a.contains(item)),
            _ => false,
        }
    }

    fn subtract(&mut self, other: &Self) {
        match (self, other) {
            (Self::Scalar(a), Self::Scalar(b)) => *a -= b,
            (Self::Ranges(a), Self::Ranges(b)) => {
                for hole in b {
                    *a = a.iter().flat_map(|range| punch(*range, *hole)).collect();
                }
            }
            (Self::Set(a), Self::Set(b)) => a.retain(|item| !b.contains(item)),
            _ => {}
        }
    }
}

impl Resource {
    fn same_kind(&self, other: &Self) -> bool {
        self.name == other.name
            && self.reservations == other.reservations
            && self.allocated == other.allocated
    }

    /// The role it is reserved for, `*` when unreserved.
    pub fn reserved_for(&self) -> String {
        self.reservations.last().map_or_else(|| "*".to_owned(), |last| wire::text(last, "role"))
    }

    fn to_json(&self, format: Format) -> Value {
        let mut map = Map::new();
        map.insert("name".into(), json!(self.name));
        match &self.amount {
            Amount::Scalar(thousandths) => {
                map.insert("type".into(), json!("SCALAR"));
                map.insert("scalar".into(), json!({ "value": scalar(*thousandths) }));
            }
            Amount::Ranges(ranges) => {
                let range: Vec<Value> =
                    ranges.iter().map(|(b, e)| json!({ "begin": b, "end": e })).collect();
                map.insert("type".into(), json!("RANGES"));
                map.insert("ranges".into(), json!({ "range": range }));
            }
            Amount::Set(items) => {
                map.insert("type".into(), json!("SET"));
                map.insert("set".into(), json!({ "item": items }));
            }
        }
        let refined = format == Format::Refined || self.reservations.len() > 1;
        if !refined {
            map.insert("role".into(), json!(self.reserved_for()));
        }
        if let Some(role) = &self.allocated {
            map.insert("allocation_info".into(), json!({ "role": role }));
        }
        if refined && !self.reservations.is_empty() {
            map.insert("reservations".into(), json!(self.reservations));
        } else if let Some(last) = self.reservations.last()
            && last["type"] == "DYNAMIC"
        {
            map.insert("reservation".into(), json!(wire::ordered(last, &["principal", "labels"])));
        }
        Value::Object(map)
    }

    /// The text in messages.
    pub fn describe(&self) -> String {
        let mut text = self.name.clone();
        if let Some(role) = &self.allocated {
            text += &format!("(allocated: {role})");
        }
        if !self.reservations.is_empty() {
            let stack: Vec<String> = self
                .reservations
                .iter()
                .map(|r| format!("({},{})", wire::text(r, "type"), wire::text(r, "role")))
                .collect();
            text += &format!("(reservations: [{}])", stack.join(","));
        }
        match &self.amount {
            Amount::Scalar(thousandths) => format!("{text}:{}", scalar(*thousandths)),
            Amount::Ranges(ranges) => format!("{text}:{}", ranges_text(ranges)),
            Amount::Set(items) => format!("{text}:{{{}}}", items.join(", ")),
        }
    }
}

impl Resources {
    /// Reads the list of a message; the error is the text that Mesos gives.
    pub fn parse(list: &Value) -> Result<Self, String> {
        let mut all = Self::default();
        for value in wire::list(list) {
            let resource = parse::resource(&value)?;
            if !resource.amount.is_empty() {
                all.add_one(&resource);
            }
        }
        Ok(all)
    }

    /// Adds one resource.
    pub fn add_one(&mut self, resource: &Resource) {
        if resource.amount.is_empty() {
            return;
        }
        match self.0.iter_mut().find(|mine| mine.same_kind(resource)) {
            Some(mine) => mine.amount.add(&resource.amount),
            None => self.0.push(resource.clone()),
        }
    }

    /// Adds all of `other`.
    pub fn add(&mut self, other: &Self) {
        for resource in &other.0 {
            self.add_one(resource);
        }
    }

    /// Whether `other` can be taken from these.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.iter().all(|wanted| {
            self.0.iter().any(|mine| mine.same_kind(wanted) && mine.amount.contains(&wanted.amount))
        })
    }

    /// Takes `other` away; what is not there is ignored.
    pub fn subtract(&mut self, other: &Self) {
        for taken in &other.0 {
            if let Some(mine) = self.0.iter_mut().find(|mine| mine.same_kind(taken)) {
                mine.amount.subtract(&taken.amount);
            }
        }
        self.0.retain(|mine| !mine.amount.is_empty());
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same, allocated to a role, or to none.
    #[must_use]
    pub fn allocated_to(&self, role: Option<&str>) -> Self {
        let mut all = Self::default();
        for resource in &self.0 {
            all.add_one(&Resource { allocated: role.map(str::to_owned), ..resource.clone() });
        }
        all
    }

    /// The thousandths of a scalar over all roles.
    pub fn scalar(&self, name: &str) -> i64 {
        self.0.iter().filter(|r| r.name == name).fold(0, |sum, r| match r.amount {
            Amount::Scalar(thousandths) => sum + thousandths,
            _ => sum,
        })
    }

    /// The parts that satisfy a condition.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Resource) -> bool) -> Self {
        Self(self.0.iter().filter(|r| keep(r)).cloned().collect())
    }

    /// The list as in messages.
    pub fn to_json(&self, format: Format) -> Value {
        Value::Array(self.0.iter().map(|r| r.to_json(format)).collect())
    }

    /// The object of the v0 endpoints: sums over all roles in a fixed order.
    pub fn summary(&self) -> Value {
        let mut map = Map::new();
        for name in ["disk", "mem", "gpus", "cpus"] {
            map.insert(name.into(), json!(scalar(self.scalar(name))));
        }
        let mut ports = Vec::new();
        for resource in &self.0 {
            if let (true, Amount::Ranges(ranges)) = (resource.name == "ports", &resource.amount) {
                ports.extend_from_slice(ranges);
            }
        }
        if !ports.is_empty() {
            map.insert("ports".into(), json!(ranges_text(&coalesce(ports))));
        }
        Value::Object(map)
    }

    /// The object of `/roles`: quantities in alphabetical order, absent ones left out.
    pub fn quantities(&self) -> Value {
        let mut sums: std::collections::BTreeMap<&str, f64> = std::collections::BTreeMap::new();
        for resource in &self.0 {
            let amount = match &resource.amount {
                Amount::Scalar(thousandths) => scalar(*thousandths),
                Amount::Ranges(ranges) => ranges.iter().map(|(b, e)| (e - b + 1) as f64).sum(),
                Amount::Set(items) => items.len() as f64,
            };
            *sums.entry(&resource.name).or_default() += amount;
        }
        json!(sums)
    }

    /// The order in which offers list resources.
    #[must_use]
    pub fn in_offer_order(&self) -> Self {
        let rank = |r: &Resource| match r.name.as_str() {
            "ports" => 0,
            "cpus" => 1,
            "mem" => 2,
            "disk" => 3,
            _ => 4,
        };
        let mut all = self.clone();
        all.0.sort_by_key(rank);
        all
    }

    /// The text in messages.
    pub fn describe(&self) -> String {
        self.0.iter().map(Resource::describe).collect::<Vec<_>>().join("; ")
    }
}

fn scalar(thousandths: i64) -> f64 {
    thousandths as f64 / 1000.0
}

/// `[31000-31008, 31100-31100]`.
pub fn ranges_text(ranges: &[(u64, u64)]) -> String {
    let parts: Vec<String> = ranges.iter().map(|(b, e)| format!("{b}-{e}")).collect();
    format!("[{}]", parts.join(", "))
}

/// Sorts ranges and joins those that touch.
pub fn coalesce(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
    for (begin, end) in ranges {
        match merged.last_mut() {
            Some(last) if begin <= last.1.saturating_add(1) => last.1 = last.1.max(end),
            _ => merged.push((begin, end)),
        }
    }
    merged
}

fn punch(range: (u64, u64), hole: (u64, u64)) -> Vec<(u64, u64)> {
    if hole.1 < range.0 || hole.0 > range.1 {
        return vec![range];
    }
    let mut rest = Vec::new();
    if range.0 < hole.0 {
        rest.push((range.0, hole.0 - 1));
    }
    if hole.1 < range.1 {
        rest.push((hole.1 + 1, range.1));
    }
    rest
}
