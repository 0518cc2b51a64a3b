use super::*;
use crate::verbs::definition;

fn rewritten(line: &str) -> Vec<String> {
    let argv = shlex::split(line).unwrap().into_iter().map(OsString::from).collect();
    let words = rewrite(&definition(), argv).unwrap();
    words.into_iter().map(|word| word.into_string().unwrap()).collect()
}

fn words(line: &str) -> Vec<String> {
    shlex::split(line).unwrap()
}

#[test]
fn flags_come_first_wherever_they_stood() {
    let cases = [
        (
            "h submit '' topo.jar Main a b --config-loader L --config-path f --tmp-dir d",
            "h submit --config-loader L --config-path f --tmp-dir d -- '' topo.jar Main a b",
        ),
        ("h --config-file f kill '' t", "h kill --config-file f -- '' t"),
        ("h kill --config-fil f t", "h kill --config-file f -- t"),
        ("h submit --verbose True t.jar C", "h submit --verbose -- t.jar C"),
        ("h submit --deactivated False t.jar C", "h submit -- t.jar C"),
        ("h submit t.jar C --rate 5 -x -v", "h submit -- t.jar C --rate 5 -x -v"),
        ("h submit t.jar C -D a=b -Dc=d", "h submit -D a=b -Dc=d -- t.jar C"),
        ("h submit t.jar C --tim 5 --tmp d", "h submit --tmp-dir d -- t.jar C --tim 5"),
        ("h submit --tim 5 t.jar C", "h submit --tim -- 5 t.jar C"),
        ("h kill --config-file -- t", "h kill --config-file -- t"),
        ("h submit t.jar C -- --config-file mine", "h submit -- t.jar C --config-file mine"),
        ("h submit t.pex - name", "h submit -- t.pex - name"),
        ("h submit --nonsense t.jar C", "h submit --nonsense -- t.jar C"),
        ("h restart t -1", "h restart -- t -1"),
        ("h list -o json", "h list -o json --"),
        ("h classpath -o json", "h classpath -o json"),
        ("h version", "h version --"),
        ("h submit '' t.jar --rate 5 C", "h submit --rate -- '' t.jar 5 C"),
        ("h submit k=v t.jar C --rate", "h submit -- k=v t.jar C --rate"),
        (
            "h --config-property a=1 config --config-f f show --orig --config-property b=2 c=d",
            "h config show --config-property a=1 --config-file f --orig --config-property b=2 -- c=d",
        ),
        ("h -v config context use --quiet x", "h config context use -v --quiet -- x"),
        ("h help", "h --help"),
        ("h help config show", "h config show --help --"),
        ("h help nonsense", "h help nonsense"),
        ("h config", "h config"),
        ("h config help show", "h config help show"),
        ("h config nonsense", "h config nonsense"),
        ("h --nonsense config show", "h --nonsense config show"),
        (
            "h submit --wait none http://u:p@h/t.jar?a=-b&c=--wait C --rate 5",
            "h submit --wait none -- http://u:p@h/t.jar?a=-b&c=--wait C --rate 5",
        ),
        (
            "h submit c/r/e https://h/9 C --x --tmp-dir=http://h/t.jar?a=b",
            "h submit --tmp-dir=http://h/t.jar?a=b -- c/r/e https://h/9 C --x",
        ),
        ("h --help", "h --help"),
        ("h nonsense --config-file", "h nonsense --config-file"),
    ];
    for (typed, expected) in cases {
        assert_eq!(rewritten(typed), words(expected), "{typed}");
    }
}

#[test]
fn an_abbreviation_that_fits_two_flags_is_not_taken() {
    assert_eq!(rewritten("h kill --config x t"), words("h kill --config -- x t"));
}

#[test]
fn a_flag_behind_the_class_that_may_be_either_s_is_refused_with_both_spellings() {
    let refused = |line: &str| {
        let argv = words(line).into_iter().map(OsString::from).collect();
        match rewrite(&definition(), argv) {
            Err(UsageError::Doubtful { word, flag, ours, theirs }) => (word, flag, ours, theirs),
            other => panic!("{line}: {other:?}"),
        }
    };
    let cases = [
        (
            "h submit --config-file 'a b' t.jar C --timeout 30 -v",
            ("--timeout", "--timeout"),
            "heron-cli submit --config-file 'a b' --timeout 30 -- t.jar C -v",
            "heron-cli submit --config-file 'a b' -- t.jar C --timeout 30 -v",
        ),
        (
            "h submit t.jar C --dry-rn --config-file f",
            ("--dry-rn", "--dry-run"),
            "heron-cli submit --dry-run --config-file f -- t.jar C",
            "heron-cli submit --config-file f -- t.jar C --dry-rn",
        ),
        (
            "h submit t.jar C --deactivatd=x",
            ("--deactivatd", "--deactivated"),
            "heron-cli submit '--deactivated=x' -- t.jar C",
            "heron-cli submit -- t.jar C '--deactivatd=x'",
        ),
    ];
    for (line, (word, flag), ours, theirs) in cases {
        let expected = (word.to_owned(), flag.to_owned(), ours.to_owned(), theirs.to_owned());
        assert_eq!(refused(line), expected, "{line}");
    }
    // Behind `--` nothing is heron-cli's, and a flag of four letters has no near ones.
    let mine = "h submit t.jar C -- --timeout 30 --dry-rn";
    assert_eq!(rewritten(mine), words("h submit -- t.jar C --timeout 30 --dry-rn"));
    assert_eq!(rewritten("h submit t.jar C --rate 5"), words("h submit -- t.jar C --rate 5"));
}
