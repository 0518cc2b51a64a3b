//! What to say when Java doesn't find the class of a topology's main: the one that may have been meant.

use std::path::{Path, PathBuf};

use super::file_kind::{self, FileKind};
use super::user_main::MainError;
use super::zip;
use crate::near::distance;

/// The error of a main as it was, or the one that says that there is no such class. `work` is where a tar has been
/// extracted.
pub(super) fn explained(error: MainError, kind: FileKind, file: &Path, work: &Path) -> MainError {
    match error {
        MainError::Exited { class, tail, .. } if says_no_such_class(tail.lines(), &class) => {
            let classes: Vec<String> =
                jars(kind, file, work).iter().flat_map(|jar| classes(jar)).collect();
            let near = nearest(&class, &classes);
            MainError::NoSuchClass { file: file.to_owned(), class, near, tail: Box::new(tail) }
        }
        other => other,
    }
}

/// Java says so in the user's language, but names the exception.
fn says_no_such_class<'a>(mut lines: impl Iterator<Item = &'a str>, class: &str) -> bool {
    let missing = format!("ClassNotFoundException: {class}");
    // On file systems that don't tell capital from small letters the file is found and holds another class.
    let other_case = format!("NoClassDefFoundError: {} (wrong name", class.replace('.', "/"));
    let other_case = other_case.as_str();
    lines.any(|line| line.ends_with(&missing) || line.contains(other_case))
}

/// The jars in which the topology's own classes are.
fn jars(kind: FileKind, file: &Path, work: &Path) -> Vec<PathBuf> {
    match kind {
        FileKind::Jar => vec![file.to_owned()],
        FileKind::Tar | FileKind::TarGz => {
            vec![work.join(file_kind::jar_in_tar(&file.to_string_lossy()))]
        }
        _ => Vec::new(),
    }
}

/// The classes of a jar as Java names them, without those inside others; none if it can't be read.
fn classes(jar: &Path) -> Vec<String> {
    let names = zip::names(jar).unwrap_or_default();
    let class = |name: &String| {
        let path = name.strip_suffix(".class").filter(|path| !path.contains(['$', '-']))?;
        Some(path.replace('/', "."))
    };
    names.iter().filter_map(class).collect()
}

/// The class of the same name in another package or in other letters, else the one that is spelt almost so.
fn nearest(wanted: &str, classes: &[String]) -> Option<String> {
    let simple = |class: &str| class.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let same = classes.iter().filter(|class| simple(class) == simple(wanted)).min();
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    let wanted = letters(wanted);
    let limit = (wanted.len() / 5).clamp(1, 4);
    let near = || {
        classes
            .iter()
            .filter_map(|class| Some((distance(&wanted, &letters(class), limit)?, class)))
            .min()
            .map(|(_, class)| class)
    };
    same.or_else(near).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::zip::tests::zip;

    #[test]
    fn the_class_that_was_meant_is_found() {
        let jar = tempfile::NamedTempFile::new().unwrap();
        let names = [
            "org/example/WordCountTopology.class",
            "org/example/Other.class",
            "org/example/Other$1.class",
        ];
        std::fs::write(jar.path(), zip(&names, "")).unwrap();
        let found = classes(jar.path());
        assert_eq!(found, ["org.example.WordCountTopology", "org.example.Other"]);
        for wrong in [
            "WordCountTopology",
            "com.example.WordCountTopology",
            "org.example.WordcountTopology",
            "org.example.WordCuontTopology",
        ] {
            let near = nearest(wrong, &found);
            assert_eq!(near.as_deref(), Some("org.example.WordCountTopology"), "{wrong}");
        }
        assert_eq!(nearest("something.Else", &found), None);
        assert_eq!(classes(Path::new("/nowhere.jar")), Vec::<String>::new());
    }

    #[test]
    fn java_is_understood_in_any_language() {
        let says = |line: &str| says_no_such_class([line].into_iter(), "a.B");
        assert!(says("Caused by: java.lang.ClassNotFoundException: a.B"));
        assert!(says("Caused by: java.lang.NoClassDefFoundError: a/B (wrong name: a/b)"));
        assert!(!says("Caused by: java.lang.ClassNotFoundException: a.Bolt"));
        assert!(!says("Exception in thread \"main\" java.lang.RuntimeException: no"));
    }
}
