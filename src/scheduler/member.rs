//! What is a member of a topology: its containers by Heron's ids, and its own supervisors by ids that no container of Heron's has. Pure.

/// The id of supervisor 0, if there were one: Heron's ids are 31 bits long.
const FIRST: u32 = 1 << 31;

/// The id of a supervisor by its number, from 1.
#[must_use]
pub fn id_of(number: u32) -> u32 {
    FIRST | number
}

/// The number of the supervisor that an id is of, if it is one's.
#[must_use]
pub fn number_of(id: u32) -> Option<u32> {
    (id >= FIRST).then_some(id & !FIRST)
}

/// What an id is called where it has to be told apart: `3`, or `s1` of a supervisor.
#[must_use]
pub fn short_name(id: u32) -> String {
    number_of(id).map_or_else(|| id.to_string(), |number| format!("s{number}"))
}

/// The id that is called so.
#[must_use]
pub fn by_short_name(name: &str) -> Option<u32> {
    let id: u32 = match name.strip_prefix('s') {
        Some(number) => id_of(number.parse().ok().filter(|number| *number < FIRST)?),
        None => name.parse().ok().filter(|id| *id < FIRST)?,
    };
    Some(id)
}

/// `container 3`, `supervisor 1`.
#[must_use]
pub fn shown(id: u32) -> String {
    number_of(id).map_or_else(|| format!("container {id}"), |number| format!("supervisor {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_supervisors_are_nobody_elses() {
        assert_eq!(number_of(id_of(3)), Some(3));
        assert_eq!(number_of(7), None);
        assert!(id_of(1) > i32::MAX as u32, "Heron's ids are signed");
        for id in [0, 7, i32::MAX as u32, id_of(1), id_of(9)] {
            assert_eq!(by_short_name(&short_name(id)), Some(id));
        }
        for name in ["", "s", "x1", "-1", "s-1", "2147483649", "s2147483649"] {
            assert_eq!(by_short_name(name), None, "{name}");
        }
        assert_eq!((shown(3), shown(id_of(1))), ("container 3".into(), "supervisor 1".into()));
    }
}
