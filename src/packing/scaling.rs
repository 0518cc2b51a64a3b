//! How changes of components are visited, and what they take.

use super::error::PackingError;
use super::input::{PackingInput, RAM_MAP};
use super::java_hash::JavaMap;
use super::java_number::{minus, plus, times};
use super::plan::Size;

/// Components that grow, with by how many instances, in Heron's order.
pub(super) fn up(changes: &JavaMap<i32>) -> Vec<(String, u32)> {
    directed(changes, |change| change > 0)
}

/// Components that shrink, with by how many instances, in Heron's order.
pub(super) fn down(changes: &JavaMap<i32>) -> Vec<(String, u32)> {
    directed(changes, |change| change < 0)
}

fn directed(changes: &JavaMap<i32>, wanted: impl Fn(i32) -> bool) -> Vec<(String, u32)> {
    // Heron makes a new table of them, which is ordered anew.
    let changes = changes.ordered().into_iter().filter(|(_, change)| wanted(**change));
    let changes: JavaMap<u32> = changes.map(|(name, n)| (name, n.unsigned_abs())).collect();
    changes.into_ordered()
}

/// What the changes take, all in all; nothing where they give back more.
pub(super) fn additional(
    input: &PackingInput,
    changes: &JavaMap<i32>,
) -> Result<Size, PackingError> {
    let (up, down) = (sum(input, &up(changes))?, sum(input, &down(changes))?);
    Ok(Size {
        cpu: super::java_number::max(0.0, up.cpu - down.cpu),
        ram: minus(up.ram, down.ram)?.max(0),
        disk: minus(up.disk, down.disk)?.max(0),
    })
}

/// Heron looks at the RAM map only; cores and disk are the defaults.
fn sum(input: &PackingInput, changes: &[(String, u32)]) -> Result<Size, PackingError> {
    let ram_map = input.bytes_map(RAM_MAP)?;
    let default = input.default_instance();
    let mut sum = Size { cpu: 0.0, ram: 0, disk: 0 };
    for (component, count) in changes {
        let factor = i32::try_from(*count).unwrap_or(i32::MAX);
        let ram = ram_map.get(component.as_str()).copied().unwrap_or(default.ram);
        sum.cpu += f64::from(factor) * default.cpu;
        sum.disk = plus(sum.disk, times(default.disk, factor)?)?;
        sum.ram = plus(sum.ram, times(ram, factor)?)?;
    }
    Ok(sum)
}
