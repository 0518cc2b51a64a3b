//! Slips of the finger: a flag with one letter missing, doubled or swapped is refused, or means exactly what the right word
//! means, wherever it stands, for every verb that changes something.

use clap::ArgAction;

use crate::verbs::definition;
use crate::verbs::parse::parse_by;

/// The words of each verb that changes something; `#` is where a flag may stand.
const LINES: [(&str, &str); 9] = [
    ("submit", "submit # a/b/c # t.jar # Main # x #"),
    ("submit", "submit # t.defn #"),
    ("diff", "diff # t.defn #"),
    ("activate", "# activate # a/b/c # t #"),
    ("deactivate", "deactivate # '' # t #"),
    ("restart", "restart # k=v # t # 1 #"),
    ("update", "update # a/b/c # t #"),
    ("rollback", "rollback # a/b/c # t #"),
    ("kill", "# kill # t #"),
];

/// Everything that a command line says, or nothing if it is refused.
fn meaning(definition: &mut clap::Command, line: &str) -> Option<String> {
    let words = shlex::split(line).unwrap();
    let argv = std::iter::once("heron-cli".to_owned()).chain(words);
    let cli = parse_by(definition, argv.map(Into::into)).ok()?.cli;
    let said = format!("{cli:?}");
    cli.command.verb().ok()?;
    Some(said)
}

/// A word with one letter missing, doubled, or swapped with the next.
fn slips(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut slips = Vec::new();
    for at in 0..letters.len() {
        let mut missing = letters.clone();
        missing.remove(at);
        let mut doubled = letters.clone();
        doubled.insert(at, letters[at]);
        slips.extend([missing, doubled]);
        if at + 1 < letters.len() && letters[at] != letters[at + 1] {
            let mut swapped = letters.clone();
            swapped.swap(at, at + 1);
            slips.push(swapped);
        }
    }
    slips.into_iter().map(String::from_iter).filter(|slip| slip != name).collect()
}

/// The long flags of a verb, each with a value if it takes one.
fn flags(verb: &str) -> Vec<(String, &'static str)> {
    let definition = definition();
    let verb = definition.find_subcommand(verb).unwrap();
    let globals = definition.get_arguments().filter(|argument| argument.is_global_set());
    let mut flags = Vec::new();
    for argument in globals.chain(verb.get_arguments()) {
        let takes_value = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
        let names = argument.get_long_and_visible_aliases().unwrap_or_default();
        for name in names.into_iter().chain(argument.get_all_aliases().unwrap_or_default()) {
            let value = match name {
                _ if !takes_value => "",
                "output" | "dry-run-format" => " json",
                "color" => " never",
                "wait" => " none",
                "timeout" | "container-number" => " 30",
                _ => " a:1",
            };
            flags.push((name.to_owned(), value));
        }
    }
    flags
}

#[test]
fn a_slip_is_refused_or_means_what_was_meant() {
    let mut tried = 0;
    let mut definition = definition();
    for (verb, line) in LINES {
        let places = line.matches('#').count();
        for (name, value) in flags(verb) {
            for place in 0..places {
                let with = |flag: &str| {
                    let mut index = 0;
                    let pieces = line.split('#').map(|piece| {
                        let flag =
                            if index == place { format!("--{flag}{value}") } else { String::new() };
                        index += 1;
                        if index > places { piece.to_owned() } else { format!("{piece}{flag}") }
                    });
                    pieces.collect::<String>()
                };
                // Behind a class a word of four letters is too short to be told from the topology's own.
                let behind_class = line.contains("Main") && place >= 3;
                if behind_class && name.len() < 5 {
                    continue;
                }
                let meant = meaning(&mut definition, &with(&name));
                for slip in slips(&name) {
                    tried += 1;
                    let said = meaning(&mut definition, &with(&slip));
                    assert!(said.is_none() || said == meant, "{}: {said:?}", with(&slip));
                }
            }
        }
    }
    assert!(tried > 10_000, "only {tried} slips were tried");
}
