use proptest::prelude::*;

use super::*;
use crate::topology::executor::tests::word_count;
use crate::topology::executor::{ExecutorCommand, Ports};

/// What a shell makes of the command of a container.
fn rendered(argv: &[String], shard: u32, ports: &[u16]) -> Option<Vec<String>> {
    let words = shlex::split(&CommandTemplate::of(argv).ok()?.render(shard, ports))?;
    words.strip_prefix(&["exec".to_owned()]).map(<[String]>::to_vec)
}

#[test]
fn what_is_launched_is_the_executors_command_line() {
    let ports = [7100, 7101, 7102, 7103, 7104, 7105, 7106, 7107, 7108];
    for release in ["0.20.5", "0.17.8", "0.16.3", "0.14.0"] {
        let command = word_count(release);
        let template = command.topology_argv().unwrap();
        assert!(template.iter().any(|word| word.ends_with("<server-port>")), "{release}");
        let argv = command.argv(4, &Ports::numbers(ports)).unwrap();
        assert_eq!(rendered(&template, 4, &ports), Some(argv), "{release}");
    }
}

proptest! {
    #[test]
    fn names_of_any_kind_survive_the_shell(
        name in "[^\0]{1,12}", role in "[<>a-z=-]{0,12}", shard in any::<u32>(), ports in any::<[u16; 9]>()
    ) {
        for release in ["0.20.5", "0.16.0"] {
            let command = ExecutorCommand {
                topology_name: name.clone(),
                role: role.clone(),
                ..word_count(release)
            };
            if let Ok(template) = command.topology_argv() {
                let argv = command.argv(shard, &Ports::numbers(ports)).unwrap();
                prop_assert_eq!(rendered(&template, shard, &ports), Some(argv));
            }
        }
    }
}

#[test]
fn the_components_ram_is_changed_and_nothing_else() {
    for flag in ["--component-ram-map=", ""] {
        let argv = |ram: &str| {
            let words = [
                "./bin/heron-executor",
                "--shard=<shard>",
                "--topology-name=a b's",
                "--heron-java-home=${JAVA_HOME}/x",
                "--server-port=<server-port>",
                &format!("{flag}{ram}"),
                "\"LVhteDE=\"",
            ];
            words.map(str::to_owned)
        };
        let before = CommandTemplate::of(&argv("word:1,the count:2")).unwrap();
        let ram = [("the count".to_owned(), 5), ("word".to_owned(), 4)];
        let after = before.with_component_ram(&ram).unwrap().unwrap();
        assert_eq!(after, CommandTemplate::of(&argv("the count:5,word:4")).unwrap());
        let other = [("nobody".to_owned(), 5)];
        assert_eq!(before.with_component_ram(&other).unwrap(), None);
    }
}

#[test]
fn gaps_are_cut_out_and_the_rest_is_quoted() {
    let argv = [
        "./bin/heron-executor",
        "--topology-name=a b<server-port>",
        "--shard=<shard>",
        "--server-port=<server-port>",
        "--x=y",
        "--checkpoint-manager-port=<checkpoint-manager-port>",
    ]
    .map(str::to_owned);
    let command = CommandTemplate::of(&argv).unwrap();
    let ports: Vec<u16> = (1..=9).collect();
    let words = shlex::split(&command.render(4, &ports)).unwrap();
    assert_eq!(
        words,
        [
            "exec",
            "./bin/heron-executor",
            "--topology-name=a b<server-port>",
            "--shard=4",
            "--server-port=1",
            "--x=y",
            "--checkpoint-manager-port=9"
        ]
    );
}

#[test]
fn what_is_shown_is_what_is_launched() {
    for release in ["0.20.5", "0.17.8", "0.16.3", "0.14.0"] {
        let template = word_count(release).topology_argv().unwrap();
        let command = CommandTemplate::of(&template).unwrap();
        let shown = command.argv(3);
        assert_eq!(shlex::split(&command.outline(3)).unwrap()[1..], shown, "{release}");
        let numbers: Vec<u16> = (1..=9).collect();
        let launched = shlex::split(&command.render(3, &numbers)).unwrap().split_off(1);
        let named = |word: &String| {
            (1..=9).rev().fold(word.clone(), |word, port: usize| {
                word.replace(&placeholder(port - 1), &port.to_string())
            })
        };
        assert_eq!(shown.iter().map(named).collect::<Vec<_>>(), launched, "{release}");
    }
}

#[test]
fn a_template_is_a_list_in_the_journal() {
    let text = r#"["exec ./x --shard=",{"shard":true}," --port=",{"port":1}]"#;
    let command: CommandTemplate = serde_json::from_str(text).unwrap();
    assert_eq!(command.render(3, &[100, 101]), "exec ./x --shard=3 --port=101");
    assert_eq!(serde_json::to_string(&command).unwrap(), text);
}
