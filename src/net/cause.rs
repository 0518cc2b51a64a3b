//! What an error comes from: the causes that stand behind it.

use std::error::Error;

/// The causes of an error, outermost first, without the error itself.
pub fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// The cause that has no further cause, which names what really happened; the error itself if it has none.
#[must_use]
pub fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    causes(error).last().unwrap_or(error)
}

/// The first cause of one type; the error itself counts.
#[must_use]
pub fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::once(error).chain(causes(error)).find_map(|cause| cause.downcast_ref())
}

/// The error and its causes in one line. A cause that only repeats what stands before it is left out.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in causes(error) {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Outer {
        text: &'static str,
        source: Box<dyn Error>,
    }

    fn three() -> Outer {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "refused");
        let middle = Outer { text: "connecting: refused", source: refused.into() };
        Outer { text: "no answer", source: middle.into() }
    }

    #[test]
    fn causes_are_told_outermost_first_and_once() {
        let error = three();
        assert_eq!(chain(&error), "no answer: connecting: refused");
        assert_eq!(causes(&error).count(), 2);
        assert_eq!(innermost(&error).to_string(), "refused");
    }

    #[test]
    fn an_error_without_causes_is_its_own_innermost() {
        let error = io::Error::other("alone");
        assert_eq!(innermost(&error).to_string(), "alone");
        assert_eq!(chain(&error), "alone");
    }

    #[test]
    fn a_type_is_found_at_any_depth() {
        let error = three();
        assert_eq!(
            find::<io::Error>(&error).map(io::Error::kind),
            Some(io::ErrorKind::ConnectionRefused)
        );
        assert_eq!(find::<Outer>(&error).map(|error| error.text), Some("no answer"));
        assert!(find::<std::fmt::Error>(&error).is_none());
    }
}
