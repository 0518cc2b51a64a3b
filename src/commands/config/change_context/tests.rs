//! Contexts are added and removed in the user's own file, and nothing else in it changes.

use std::path::PathBuf;

use super::*;

fn env(directory: &Path) -> Env {
    let variables = [("HOME", directory), ("XDG_CONFIG_HOME", directory)];
    let variables = variables.map(|(name, value)| (name.into(), value.into()));
    let mut env = Env::default();
    env.variables = variables.into();
    env.directory = directory.to_owned();
    env
}

fn args(name: &str) -> ContextAddArgs {
    ContextAddArgs {
        name: name.to_owned(),
        cluster: Some("c/r/e".to_owned()),
        description: None,
        secret: vec!["heron.mesos.secret.file=secret".to_owned()],
        current: false,
        force: false,
    }
}

#[test]
fn a_context_is_added_replaced_and_removed() {
    let directory = tempfile::tempdir().unwrap();
    let env = env(directory.path());
    let file = directory.path().join("heron-cli/config.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let before = "# mine\n[contexts.other]  # kept\nloader = 'MesosConfigLoader'\n";
    std::fs::write(&file, before).unwrap();
    let given =
        ConfigInput { config_file: Some(PathBuf::from("x.conf")), ..ConfigInput::default() };
    let Outcome::ContextChanged(changed) = add(&args("new"), &given, &env).unwrap() else {
        panic!("a context was added")
    };
    assert_eq!((changed.change, changed.current), ("added", false));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with(before), "{text}");
    let contexts = context::read_text(&file, &text, "").unwrap();
    let new = contexts.get("new").unwrap();
    assert_eq!(new.config_file, Some(directory.path().join("x.conf")));
    assert_eq!(new.secrets[0].1, directory.path().join("secret"));

    let again = add(&args("new"), &given, &env).unwrap_err();
    assert!(matches!(again.downcast_ref(), Some(ConfigError::ContextExists { .. })), "{again}");
    let forced = ContextAddArgs { force: true, current: true, ..args("new") };
    let Outcome::ContextChanged(changed) = add(&forced, &ConfigInput::default(), &env).unwrap()
    else {
        panic!("a context was replaced")
    };
    assert_eq!((changed.change, changed.current), ("replaced", true));
    remove("new", &env).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.trim(), before.trim());
    assert!(remove("new", &env).is_err());
}

#[test]
fn contexts_need_a_name_and_something_to_say() {
    let directory = tempfile::tempdir().unwrap();
    let env = env(directory.path());
    let refused = |args: &ContextAddArgs| {
        add(args, &ConfigInput::default(), &env).unwrap_err().downcast::<ConfigError>().unwrap()
    };
    assert!(matches!(refused(&args("a b")), ConfigError::Name(_)));
    let empty = ContextAddArgs { cluster: None, secret: Vec::new(), ..args("a") };
    assert!(matches!(refused(&empty), ConfigError::EmptyContext));
    let secret = ContextAddArgs { secret: vec!["x".to_owned()], ..args("a") };
    assert!(matches!(refused(&secret), ConfigError::Value { flag: "--secret", .. }));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn secrets_stay_out_of_the_file_of_contexts() {
    let directory = tempfile::tempdir().unwrap();
    let env = env(directory.path());
    for property in
        ["heron.uploader.s3.secret_key=hunter2", "heron.mesos.master.uri=zk://u:hunter2@h:1/x"]
    {
        let input = ConfigInput { properties: vec![property.to_owned()], ..ConfigInput::default() };
        let refused = add(&args("new"), &input, &env).unwrap_err().to_string();
        assert!(refused.contains("--secret heron."), "{refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }
    assert!(!directory.path().join("heron-cli").exists());
}
