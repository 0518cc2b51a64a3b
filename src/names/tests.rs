use proptest::prelude::*;

use super::*;

const ALL: [Named; 6] =
    [Named::Topology, Named::Component, Named::Cluster, Named::Role, Named::Environ, Named::User];

fn check_topology_name(name: &str) -> Result<(), NameError> {
    check(Named::Topology, name)
}

fn check_topology_reference(name: &str) -> Result<(), NameError> {
    check_reference(Named::Topology, name)
}

fn fault(what: Named, name: &str) -> Option<NameFault> {
    check(what, name).err().map(|error| error.fault)
}

#[test]
fn usual_names_are_taken_by_all() {
    for what in ALL {
        for name in
            ["wordcount", "WordCountTopology", "word-count_2", "a", "wörter", "単語", "me@x", "g++"]
        {
            assert_eq!(fault(what, name), None, "{what}: {name}");
        }
    }
    for what in [Named::Component, Named::Cluster, Named::Role, Named::Environ, Named::User] {
        assert_eq!(fault(what, "a.b"), None, "{what}");
    }
    assert_eq!(fault(Named::Component, "com.example.Main$Spout"), None);
    assert_eq!(fault(Named::User, "EXAMPLE\\alice"), None);
}

#[test]
fn what_something_on_the_way_can_not_carry_is_refused() {
    for what in ALL {
        for name in [
            "",
            ".",
            "..",
            "-x",
            "--yes",
            "a;b",
            "a/b",
            "it's",
            "a\"b",
            "a\nb",
            "a\u{1b}[2Jb",
            "a\u{202e}b",
            "a\u{e000}",
            "a|b",
            "a&b",
            "`a`",
            "a*",
            "a\0",
            "a,b",
            "a:b",
        ] {
            assert!(fault(what, name).is_some(), "{what}: {name:?}");
        }
        assert_eq!(fault(what, &"x".repeat(MAX_BYTES)), None);
        assert_eq!(fault(what, &"x".repeat(MAX_BYTES + 1)), Some(NameFault::Long(MAX_BYTES)));
    }
    assert!(fault(Named::Topology, "a.b").is_some(), "Heron refuses it too");
    for what in ALL {
        assert_eq!(fault(what, "my topology").is_none(), what == Named::Component, "{what}");
    }
}

#[test]
fn errors_say_what_is_allowed_and_carry_nothing_to_a_terminal() {
    let error = check_topology_name("my topology").unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"my topology\" can't be the name of a topology: it contains ' '; letters, digits and the signs \
         '_' '-' '+' '@' are allowed"
    );
    let error = check(Named::Role, "a\u{1b}]0;x\u{7}").unwrap_err().to_string();
    assert!(!error.contains(char::is_control), "{error:?}");
    let error = check(Named::Environ, &"é".repeat(1000)).unwrap_err().to_string();
    assert!(error.len() < 300, "{error}");
}

#[test]
fn what_others_have_submitted_can_be_named() {
    for name in ["my topology", "a;b", "a.b", "it's", "-x"] {
        assert_eq!(check_topology_reference(name), Ok(()), "{name}");
    }
    for name in ["", ".", "..", "wc/", "/", "a/b", "a\nb", "a\u{202e}b", "a\u{e000}"] {
        assert!(check_topology_reference(name).is_err(), "{name:?}");
    }
    for name in ["my component", "it's", "a/b", "a.b", "a\u{e000}"] {
        assert_eq!(check_reference(Named::Component, name), Ok(()), "{name}");
    }
    for name in ["", "..", "a\nb", "a\u{202e}b"] {
        assert!(check_reference(Named::Component, name).is_err(), "{name:?}");
    }
}

proptest! {
    #[test]
    fn whoever_may_be_called_so_can_be_named_so(name in "\\PC{0,20}") {
        for what in ALL {
            if check(what, &name).is_ok() {
                prop_assert!(check_reference(what, &name).is_ok());
            }
        }
    }
}
