//! The known name that somebody may have meant.

use std::sync::LazyLock;

use super::spec::KeySpec;
use super::table::all;
use crate::near::distance;

/// All names without a variable part, as characters.
static NAMES: LazyLock<Vec<(&'static str, Vec<char>)>> = LazyLock::new(|| {
    let names = all().flat_map(KeySpec::spellings).filter(|name| !name.contains('<'));
    names.map(|name| (name, name.chars().collect())).collect()
});

/// The known name that is nearest to an unknown one, if any is near enough to be a slip.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    let letters: Vec<char> = name.chars().collect();
    let limit = (letters.len() / 5).clamp(1, 4);
    let near =
        NAMES.iter().filter_map(|(known, chars)| Some((distance(&letters, chars, limit)?, *known)));
    near.min().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slips_find_the_key_that_was_meant() {
        assert_eq!(nearest("heron.core.relase.uri"), Some("heron.core.release.uri"));
        assert_eq!(nearest("zk.conection.string"), Some("zk.connection.string"));
        assert_eq!(nearest("zk.connection.strign"), Some("zk.connection.string"));
        assert_eq!(nearest("roel"), Some("role"));
        assert_eq!(nearest("something.else.entirely"), None);
    }

    fn letters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    proptest! {
        #[test]
        fn one_slip_is_always_found(at in 0usize..20, letter in "[a-z]") {
            let name = "heron.package.core.uri";
            let mut slipped = letters(name);
            slipped[at] = letter.chars().next().unwrap();
            let slipped: String = slipped.into_iter().collect();
            prop_assert_eq!(nearest(&slipped), Some(name));
        }
    }
}
