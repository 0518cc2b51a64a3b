//! What must hold for any input at all. Each check panics where it doesn't; so does the code under test, if it has a
//! fault. Used by the fuzz targets beside and by `tests/fuzz`.

use std::ffi::OsString;

use heron_cli::cli::{positionals, rewrite};
use heron_cli::config::layer::{Config, Layer, Origin, Setting};
use heron_cli::config::substitute::{self, Tokens};
use heron_cli::config::{
    convert, legacy, overrides as override_strings, properties as java, yaml as heron_yaml,
};
use heron_cli::verbs::{self, Command};

/// A properties file: everything that is read stands in it, and converting changes no value.
pub fn properties(data: &[u8]) {
    let document = java::parse(data);
    let lines = data.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    let mut end = 0;
    for entry in &document.entries {
        assert!(entry.line >= 1 && entry.line <= lines, "line {} of {lines}", entry.line);
        assert!(end <= entry.key_span.start, "entries overlap");
        assert!(entry.key_span.end <= entry.value_span.start, "the value begins in its key");
        assert!(entry.value_span.end <= data.len(), "the value ends behind the file");
        end = entry.value_span.end;
    }
    if let Ok(converted) = convert::convert(data) {
        let again = java::parse(&converted.bytes);
        let values = |document: &java::Document| -> Vec<java::Text> {
            document.entries.iter().map(|entry| entry.value.clone()).collect()
        };
        assert_eq!(values(&document), values(&again), "converting changed a value");
        assert!(convert::convert(&converted.bytes).is_ok_and(|twice| twice.renamed.is_empty()));
    } else {
        assert!(!document.malformed.is_empty());
    }
}

/// An override string: what can be told apart can be read, and errors point into the text.
pub fn overrides(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let errors = match override_strings::parse(&text) {
        Ok(pairs) => {
            assert!(pairs.list.iter().all(|pair| !pair.key.is_empty()), "a pair without a key");
            let _ = pairs.legacy_difference().map(|difference| difference.to_string());
            Vec::new()
        }
        Err(errors) => errors,
    };
    let length = text.chars().count();
    for error in errors {
        assert!(error.column >= 1 && error.column <= length + 1, "column {}", error.column);
        assert!(!error.to_string().is_empty());
    }
    let _ = override_strings::classify(&text);
    let _ = legacy::legacy_result(&text);
}

/// A YAML file: what is read is substituted without an end only where an error says so.
pub fn yaml(data: &[u8]) {
    let Ok(entries) = heron_yaml::parse(data) else { return };
    let mut config = Config::default();
    for entry in &entries {
        let (key, value) = (entry.key.clone(), entry.value.clone());
        config.add(Setting::new(key, value, Layer::ConfigPath, Origin::Default));
    }
    let tokens = Tokens {
        home: "/home/alice".to_owned(),
        java_home: Some("/usr/lib/jvm/x".to_owned()),
        user: "alice".to_owned(),
    };
    for entry in &entries {
        if let Ok(value) = substitute::substitute(&entry.value, &config, &tokens) {
            let again = substitute::substitute(&value, &config, &tokens);
            assert_eq!(again.as_deref(), Ok(value.as_str()), "substituting twice differs");
            let _ = substitute::left_over(&value);
        }
    }
}

/// A command line, a word per line: bringing it into order once is enough, and loses no word of the topology's.
pub fn arguments(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let words = text.split('\n').take(64).map(|word| word.replace('\0', ""));
    let argv: Vec<OsString> =
        std::iter::once("heron-cli".to_owned()).chain(words).map(OsString::from).collect();
    let definition = verbs::definition();
    let Ok(once) = rewrite::rewrite(&definition, argv.clone()) else { return };
    let twice = rewrite::rewrite(&definition, once.clone());
    assert_eq!(Ok(&once), twice.as_ref(), "bringing {argv:?} into order twice differs");
    let Ok(parsed) = verbs::parse(argv.clone()) else { return };
    let words = match &parsed.cli.command {
        Command::Submit(args) => &args.words.arguments,
        Command::Restart(args) => &args.words.arguments,
        Command::Kill(args) => &args.words.arguments,
        _ => return,
    };
    let typed = |word: &String| argv.iter().any(|given| given.to_str() == Some(word));
    assert!(words.iter().all(typed), "{words:?} are not all of {argv:?}");
    if let Ok(found) = positionals::submit(words) {
        let count = usize::from(found.overrides.is_some()) + 1 + usize::from(found.class.is_some());
        assert_eq!(count + found.arguments.len(), words.len(), "a word of {words:?} is lost");
    }
    let _ = positionals::topology(words);
    let _ = positionals::restart(words);
    let _ = positionals::list(words);
}
