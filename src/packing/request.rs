//! What an update asks for: new numbers of instances, and what that changes.

use super::error::PackingError;
use super::java_hash::JavaMap;
use super::plan::PackingPlan;

/// Reads `component:instances[,component:instances…]`; of a component named twice the last counts.
pub fn parse_parallelism(text: &str) -> Result<Vec<(String, i32)>, PackingError> {
    let mut requested = JavaMap::default();
    for entry in text.split(',').filter(|entry| !entry.is_empty()) {
        let pair = entry.split_once(':').and_then(|(component, count)| {
            count.parse::<i32>().ok().map(|count| (component, count))
        });
        let Some((component, count)) = pair else {
            return Err(PackingError::MalformedRequest { text: text.to_owned() });
        };
        requested.put(component, count);
    }
    Ok(requested.into_ordered())
}

/// By how many instances each component changes; those that don't are left out.
pub(super) fn changes(
    current: &PackingPlan,
    requested: &[(String, i32)],
) -> Result<JavaMap<i32>, PackingError> {
    let requested: JavaMap<i32> = requested.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    let counts = current.counts();
    let mut changes = JavaMap::default();
    for (component, wanted) in requested.ordered() {
        let Some(count) = counts.get(component) else {
            return Err(PackingError::UnknownComponentInRequest {
                component: component.to_owned(),
                known: counts.ordered().iter().map(|(name, _)| (*name).to_owned()).collect(),
            });
        };
        let change = wanted.wrapping_sub(*count);
        if change != 0 {
            changes.put(component, change);
        }
    }
    Ok(changes)
}
