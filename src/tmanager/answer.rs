//! What stands in a controller's error pages.
//!
//! The reason stands in the status line, which HTTP libraries drop, and in the page
//! (`docs/heron.md#tmanager-controller`): `<TITLE>400 why</TITLE> … <H1>why</H1>`.

/// The reason in an error page: its heading, or else its text without tags.
#[must_use]
pub fn reason(page: &str) -> String {
    match between(page, "<H1>", "</H1>") {
        Some(heading) => one_line(&without_tags(heading)),
        None => one_line(&without_tags(page)),
    }
}

/// Whether a page has a heading and nothing in it: "the state is already the wanted one".
///
/// An answer without any page is none of a TManager's: something else listens on its port now.
#[must_use]
pub fn is_empty_page(page: &str) -> bool {
    between(page, "<H1>", "</H1>").is_some_and(|heading| heading.trim().is_empty())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    let (inside, _) = rest.split_once(end)?;
    Some(inside)
}

fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        let Some((tag, after)) = tag.split_once('>') else {
            plain.push('<');
            plain.push_str(tag);
            return plain;
        };
        // The controller does not escape what it quotes, so that `<CONFIG>:<VALUE>` stands there as it is.
        if !is_tag(tag) {
            plain.push('<');
            plain.push_str(tag);
            plain.push('>');
        }
        rest = after;
    }
    plain.push_str(rest);
    plain
}

fn is_tag(text: &str) -> bool {
    let name = text.trim_start_matches('/');
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let known = ["html", "head", "title", "body", "h1", "p", "pre", "br", "hr", "center"];
    known.iter().any(|tag| tag.eq_ignore_ascii_case(name))
}

/// The most that is quoted of an answer.
const QUOTED: usize = 300;

fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= QUOTED {
        return line;
    }
    let start: String = line.chars().take(QUOTED).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heading_is_the_reason() {
        let page = "<HTML><HEAD>\n<TITLE>400 Topology id does not match</TITLE>\n</HEAD><BODY>\n\
                    <H1>Topology id does not match</H1>\n</BODY></HTML>\n";
        assert_eq!(reason(page), "Topology id does not match");
        assert!(!is_empty_page(page));
    }

    #[test]
    fn what_looks_like_a_tag_and_is_none_stays() {
        let page = "<H1>The expected format is [COMPONENT:]<CONFIG>:<VALUE>.</H1>";
        assert_eq!(reason(page), "The expected format is [COMPONENT:]<CONFIG>:<VALUE>.");
    }

    #[test]
    fn pages_without_heading_and_long_pages_are_shortened() {
        assert_eq!(reason("<html><body>Bad\n gateway</body></html>"), "Bad gateway");
        assert_eq!(reason("a < b"), "a < b");
        assert_eq!(reason(&"x".repeat(1000)).chars().count(), QUOTED + 1);
    }

    #[test]
    fn an_empty_heading_is_an_empty_page() {
        let page = "<HTML><HEAD>\n<TITLE>400 </TITLE>\n</HEAD><BODY>\n<H1></H1>\n</BODY></HTML>\n";
        assert!(is_empty_page(page));
        assert_eq!(reason(page), "");
        assert!(!is_empty_page(""));
    }
}
