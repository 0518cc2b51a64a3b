use std::ffi::OsString;

use super::*;
use crate::verbs::parse;

/// A home with a context `prod`, and a configuration for the cluster `test`.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let contexts = home.path().join(".config/heron-cli");
        std::fs::create_dir_all(&contexts).unwrap();
        std::fs::create_dir_all(home.path().join("conf/west")).unwrap();
        std::fs::write(contexts.join("config.toml"), "[contexts.prod]\ncluster = \"prod/r/e\"\n")
            .unwrap();
        std::fs::write(home.path().join("m.conf"), "dc: test\n").unwrap();
        std::fs::write(home.path().join("empty.conf"), "role: me\n").unwrap();
        Self(home)
    }

    /// What a command line gives, or what is wrong with it. Paths are made to stand in the home.
    fn given(&self, line: &str, variables: &[(&str, &str)]) -> Result<(ConfigInput, bool), String> {
        let home = self.0.path().display().to_string();
        let words = shlex::split(&line.replace('~', &home)).unwrap();
        let mut env = Env::default();
        env.variables.insert("HOME".into(), home.into());
        env.variables.insert("USER".into(), "me".into());
        for (name, value) in variables {
            env.variables.insert(OsString::from(name), OsString::from(value));
        }
        let argv = std::iter::once("heron-cli".to_owned()).chain(words);
        let parsed = parse(argv.map(Into::into)).unwrap();
        let verb = parsed.cli.command.verb().map_err(|error| error.to_string())?;
        let typed = Typed {
            global: &parsed.cli.global,
            legacy: &verb.legacy,
            overrides: verb.overrides.as_deref(),
            release_file: None,
            properties: &verb.properties,
        };
        let named = given(&typed, &env).map_err(|error| error.to_string())?;
        check_cluster(&named.config, &env).map_err(|error| error.to_string())?;
        Ok((named.config, named.by_hand))
    }
}

#[test]
fn a_bare_word_is_a_cluster_that_is_known() {
    let home = Home::new();
    let accepted = [
        "kill test t --config-file ~/m.conf",
        "kill other t --config-file ~/empty.conf",
        "kill other/x t --config-file ~/m.conf",
        "kill 'dc=x' t --config-file ~/m.conf",
        "kill '' t --config-file ~/m.conf",
        "kill west t --config-file ~/m.conf --config-path ~/conf",
        "restart test t 1 --config-file ~/m.conf",
        "config show test --config-file ~/m.conf",
    ];
    for line in accepted {
        assert!(home.given(line, &[]).is_ok(), "{line}: {:?}", home.given(line, &[]));
    }
    let refused = [
        ("kill wc t --config-file ~/m.conf", "`wc` is no cluster"),
        ("restart wc 1,2 --config-file ~/m.conf", "`wc` is no cluster"),
        ("submit wc t.jar C --config-file ~/m.conf", "`wc` is no cluster"),
        ("config show key --config-file ~/m.conf", "`key` is no cluster"),
        ("list wc --config-file ~/m.conf", "`wc` is no cluster"),
        ("kill a/b/c/d t --config-file ~/m.conf", "more than the three parts"),
        ("kill a/b/c/d t", "more than the three parts"),
        ("kill 'a;b/c/d' t", "can't be the name of a cluster"),
        ("kill 'a b/c/d' t", "can't be the name of a cluster"),
        ("kill 'my.role:x' 'wc/'", "can't be the name of a topology"),
        ("kill a/../c t", "can't be the name of a role: it stands for a directory"),
        ("submit a/b/-c t.jar C", "can't be the name of an environment"),
        ("list \"a/it's/c\"", "can't be the name of a role"),
        ("kill 'a/r*e/c zk.root=/x' t", "can't be the name of a role"),
    ];
    for (line, why) in refused {
        let error = home.given(line, &[]).unwrap_err();
        assert!(error.contains(why), "{line}: {error}");
    }
}

#[test]
fn a_context_s_name_selects_it() {
    let home = Home::new();
    let (given, by_hand) = home.given("kill prod t", &[]).unwrap();
    assert_eq!((given.context.as_deref(), given.overrides, by_hand), (Some("prod"), None, true));
    assert!(home.given("kill prod t", &[("HERON_CONTEXT", "prod")]).is_ok());
    let error = home.given("kill prod t", &[("HERON_CONTEXT", "other")]).unwrap_err();
    assert!(error.contains("HERON_CONTEXT names another: `other`"), "{error}");
    let error = home.given("kill prod t --context other", &[]).unwrap_err();
    assert!(error.contains("--context names another"), "{error}");
}

#[test]
fn variables_count_where_nothing_is_typed() {
    let home = Home::new();
    let file = home.0.path().join("m.conf").display().to_string();
    let variable: [(&str, &str); 1] = [("HERON_CONFIG_FILE", &file)];
    let (given, by_hand) = home.given("kill t", &variable).unwrap();
    assert_eq!(given.config_file.as_deref(), Some(Path::new(&file)));
    assert!(!by_hand);
    for line in ["kill t --config-path ~/conf", "kill t --context prod"] {
        let (given, by_hand) = home.given(line, &variable).unwrap();
        assert_eq!((given.config_file, by_hand), (None, true), "{line}");
    }
    let both = [("HERON_CONFIG_FILE", "f"), ("HERON_CONTEXT", "prod")];
    assert!(home.given("kill t", &both).unwrap_err().contains("both set"));
    assert!(home.given("kill t --config-file ~/m.conf", &both).is_ok());
}
