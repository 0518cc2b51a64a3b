//! Command lines of every era, as their users typed them, and what they mean here (`docs/heron.md#command-lines`).

use std::fmt::Write as _;

use crate::cli::{Legacy, OutputFormat, ParseError, SubmitArgs, UsageError, positionals};
use crate::verbs::{Cli, Command, definition, parse};

/// What a command line means, in the words of today; or the first line of what is wrong with it.
fn meaning(line: &str) -> String {
    let words = shlex::split(line).unwrap();
    let argv = std::iter::once("heron-cli".to_owned()).chain(words);
    match parse(argv.map(Into::into)) {
        Ok(parsed) => told(&parsed.cli).unwrap_or_else(|error| format!("error: {error}")),
        Err(ParseError::Clap(error)) if !error.use_stderr() => "help".to_owned(),
        Err(ParseError::Clap(error)) => {
            error.to_string().lines().next().unwrap_or_default().to_owned()
        }
        Err(ParseError::Usage(error)) => format!("error: {error}"),
    }
}

fn told(cli: &Cli) -> Result<String, UsageError> {
    let mut text = String::new();
    let mut legacy = Legacy::default();
    let topology = |text: &mut String, verb: &str, found: positionals::TopologyPositionals| {
        let _ = write!(text, "{verb}");
        overrides(text, found.overrides.as_deref());
        let _ = write!(text, " {}", found.topology);
        if let Some(container) = found.container {
            let _ = write!(text, " container {container}");
        }
    };
    match &cli.command {
        Command::Submit(args) => {
            submit(&mut text, args)?;
            legacy = args.words.legacy.clone();
        }
        Command::Activate(args) => {
            topology(&mut text, "activate", positionals::topology(&args.words.arguments)?);
            legacy = args.words.legacy.clone();
        }
        Command::Deactivate(args) => {
            topology(&mut text, "deactivate", positionals::topology(&args.words.arguments)?);
            legacy = args.words.legacy.clone();
        }
        Command::Kill(args) => {
            topology(&mut text, "kill", positionals::topology(&args.words.arguments)?);
            legacy = args.words.legacy.clone();
        }
        Command::Restart(args) => {
            topology(&mut text, "restart", positionals::restart(&args.words.arguments)?);
            legacy = args.words.legacy.clone();
        }
        Command::Update(args) => {
            topology(&mut text, "update", positionals::topology(&args.words.arguments)?);
            let _ = write!(text, " | {:?} {:?}", args.component_parallelism, args.container_number);
            let _ = write!(text, " {:?}", args.runtime_config);
            if args.dry_run {
                text.push_str(" | dry-run");
            }
            legacy = args.words.legacy.clone();
        }
        Command::Version(args) => {
            text.push_str("version");
            legacy = args.legacy.clone();
        }
        Command::Classpath(args) => {
            text.push_str("classpath");
            legacy = args.legacy.clone();
        }
        _ => text.push_str("another command"),
    }
    global(&mut text, cli);
    for property in legacy.properties() {
        let _ = write!(text, " | {property}");
    }
    for warning in legacy.warnings() {
        let _ = write!(text, " | warning: {warning}");
    }
    Ok(text)
}

fn overrides(text: &mut String, overrides: Option<&str>) {
    if let Some(overrides) = overrides {
        let _ = write!(text, " {overrides:?}");
    }
}

fn submit(text: &mut String, args: &SubmitArgs) -> Result<(), UsageError> {
    let found = positionals::submit(&args.words.arguments)?;
    text.push_str("submit");
    overrides(text, found.overrides.as_deref());
    let class = found.class.as_deref().unwrap_or("(none)");
    let _ = write!(text, " {} {class} {:?}", found.file, found.arguments);
    let flags = [
        (args.source.deactivated, " | deactivated"),
        (args.dry_run, " | dry-run"),
        (args.source.verbose_gc, " | verbose-gc"),
    ];
    flags.iter().filter(|(given, _)| *given).for_each(|(_, name)| text.push_str(name));
    if let Some(directory) = &args.tmp_dir {
        let _ = write!(text, " | tmp-dir {}", directory.display());
    }
    for property in &args.source.topology_main_jvm_property {
        let _ = write!(text, " | -D{property}");
    }
    if let Some(path) = &args.source.extra_launch_classpath {
        let _ = write!(text, " | classpath {path}");
    }
    if let Some(file) = &args.source.release_yaml_file {
        let _ = write!(text, " | release {}", file.display());
    }
    if let Some(format) = args.dry_run_format {
        let _ = write!(text, " | format {format:?}");
    }
    Ok(())
}

fn global(text: &mut String, cli: &Cli) {
    let global = &cli.global;
    if let Some(loader) = &global.config_loader {
        let _ = write!(text, " | loader {loader}");
    }
    if let Some(file) = &global.config_file {
        let _ = write!(text, " | file {}", file.display());
    }
    if let Some(path) = &global.config_path {
        let _ = write!(text, " | path {}", path.display());
    }
    for property in &global.config_property {
        let _ = write!(text, " | {property}");
    }
    if global.verbose > 0 {
        text.push_str(" | verbose");
    }
    if global.output == Some(OutputFormat::Json) {
        text.push_str(" | json");
    }
}

fn agree(era: &[(&str, &str)]) {
    for (typed, meant) in era {
        assert_eq!(meaning(typed), *meant, "{typed}");
    }
}

#[test]
fn of_2015() {
    const LOADER: &str = "com.twitter.heron.scheduler.util.DefaultConfigLoader";
    assert_eq!(
        meaning(&format!(
            "submit \"\" topo.jar com.example.Main name 4 --config-loader {LOADER} \
             --config-path conf/mesos_scheduler.conf --tmp-dir /vagrant/dist/defn-tmp"
        )),
        format!(
            "submit \"\" topo.jar com.example.Main [\"name\", \"4\"] | tmp-dir /vagrant/dist/defn-tmp \
             | loader {LOADER} | path conf/mesos_scheduler.conf"
        )
    );
    agree(&[
        ("kill \"\" name --config-path f.conf", "kill \"\" name | path f.conf"),
        (
            "submit \"role=web environ=test\" t.tar C --config-file f --deactivated",
            "submit \"role=web environ=test\" t.tar C [] | deactivated | file f",
        ),
        (
            "submit --config-file f --heron-verbose \"a=b\" t.jar C x",
            "submit \"a=b\" t.jar C [\"x\"] | file f | heron.verbose=true",
        ),
        (
            "submit \"\" t.jar C --heron-aurora-no-wait",
            "submit \"\" t.jar C [] | warning: `--heron-aurora-no-wait` has no effect any more: use `--wait none`",
        ),
        (
            "submit \"\" t.jar C --heron-release-pkgrole r --heron-release-pkgname n --heron-release-pkgversion=live",
            "submit \"\" t.jar C [] | heron.release.package.role=r | heron.release.package.name=n \
             | heron.release.package.version=live",
        ),
        (
            "kill --heron-batch-size 3 \"\" t",
            "kill \"\" t | warning: `--heron-batch-size` has no effect any more: it was Aurora's",
        ),
        ("restart \"\" t 2 --config-file f", "restart \"\" t container 2 | file f"),
        ("restart \"\" t -1", "restart \"\" t"),
        ("activate dc/role/environ t", "activate \"dc/role/environ\" t"),
        ("version --heron-verbose", "version | heron.verbose=true"),
        ("classpath --heron-verbose", "classpath | heron.verbose=true"),
    ]);
}

#[test]
fn of_the_page_of_2016() {
    agree(&[
        (
            "submit \"heron.local.working.directory:/path topology.debug:true\" t.jar C a",
            "submit \"heron.local.working.directory:/path topology.debug:true\" t.jar C [\"a\"]",
        ),
        (
            "submit \"heron.core.release.uri:http://s3.amazonaws.com/my-heron-binaries\" t.jar C",
            "submit \"heron.core.release.uri:http://s3.amazonaws.com/my-heron-binaries\" t.jar C []",
        ),
        ("activate \"a:b\" t --config-loader L", "activate \"a:b\" t | loader L"),
        ("deactivate \"a:b c:d\" t --config-file f", "deactivate \"a:b c:d\" t | file f"),
        ("restart \"a:b\" t 3", "restart \"a:b\" t container 3"),
        ("kill \"a:b\" t", "kill \"a:b\" t"),
        ("version", "version"),
        ("classpath", "classpath"),
    ]);
}

#[test]
fn of_february_2016() {
    agree(&[
        (
            "submit dc/role/environ t.jar C --config-path p --config-loader L --config-property a=b \
             --config-property c=d --verbose True",
            "submit \"dc/role/environ\" t.jar C [] | loader L | path p | a=b | c=d | verbose",
        ),
        ("kill dc/role/environ t --config-property a=b", "kill \"dc/role/environ\" t | a=b"),
        ("restart dc/role/environ t 1", "restart \"dc/role/environ\" t container 1"),
    ]);
}

#[test]
fn of_may_2016() {
    agree(&[
        (
            "submit local t.jar C --deploy-deactivated True -D a=b -Dc=d --trace-execution",
            "submit \"local\" t.jar C [] | deactivated | -Da=b | -Dc=d \
             | warning: `--trace-execution` has no effect any more: use `-vv`",
        ),
        ("submit local/me t.tar.gz C x", "submit \"local/me\" t.tar.gz C [\"x\"]"),
        ("activate local t --verbose", "activate \"local\" t | verbose"),
        ("restart local/me/devel t", "restart \"local/me/devel\" t"),
    ]);
}

#[test]
fn of_the_last_release() {
    agree(&[
        (
            "submit aurora/ads/prod t.pex - name --verbose --deploy-deactivated --verbose_gc \
             --topology-main-jvm-property a=b --extra-launch-classpath x/*:y --release-yaml-file r.yaml",
            "submit \"aurora/ads/prod\" t.pex - [\"name\"] | deactivated | verbose-gc | -Da=b | classpath x/*:y \
             | release r.yaml | verbose",
        ),
        (
            "submit local t.jar C --dry-run --dry-run-format colored_table",
            "submit \"local\" t.jar C [] | dry-run | format ColoredTable",
        ),
        (
            "kill local t --service-url http://h:9000",
            "kill \"local\" t | warning: `--service-url` has no effect any more: heron-cli talks to Mesos and \
             ZooKeeper itself",
        ),
        ("restart local t 0 --config-path conf", "restart \"local\" t container 0 | path conf"),
        (
            "update local/me/devel t --component-parallelism word:3 --component-parallelism=count:2 --dry-run",
            "update \"local/me/devel\" t | [\"word:3\", \"count:2\"] None [] | dry-run",
        ),
        (
            "update --container-number 4 local t --verbose",
            "update \"local\" t | [] Some(4) [] | verbose",
        ),
        (
            "update local t --runtime-config a:b --runtime-config word:c:d",
            "update \"local\" t | [] None [\"a:b\", \"word:c:d\"]",
        ),
        ("version local", "version"),
        (
            "version --service-url http://h",
            "version | warning: `--service-url` has no effect any more: heron-cli talks to Mesos and ZooKeeper itself",
        ),
        ("help submit", "help"),
    ]);
}

#[test]
fn of_any_time() {
    agree(&[
        // Flags before, between and after the positionals.
        ("--config-file f submit t.jar C a", "submit t.jar C [\"a\"] | file f"),
        ("submit --config-file f t.jar C a", "submit t.jar C [\"a\"] | file f"),
        ("submit t.jar --config-file f C a", "submit t.jar C [\"a\"] | file f"),
        ("submit t.jar C a --config-file f", "submit t.jar C [\"a\"] | file f"),
        // Abbreviations, as argparse took them; one that fits two flags is refused.
        ("kill --config-fi f t", "kill t | file f"),
        ("submit --deact t.jar C", "submit t.jar C [] | deactivated"),
        ("kill --config f t", "error: unexpected argument '--config' found"),
        // `True` behind a switch.
        ("kill --verbose True t", "kill t | verbose"),
        ("kill --verbose False t", "kill t"),
        ("kill --verbose t", "kill t | verbose"),
        // Flags that nobody knows are the topology's behind its class, and refused before.
        ("submit t.jar C --rate 5 -x", "submit t.jar C [\"--rate\", \"5\", \"-x\"]"),
        ("submit \"\" t.jar C --rate=5", "submit \"\" t.jar C [\"--rate=5\"]"),
        ("submit --rate t.jar C", "error: unexpected argument '--rate' found"),
        ("submit \"\" t.jar --rate C", "error: unexpected argument '--rate' found"),
        ("kill t --rate", "error: unexpected argument '--rate' found"),
        // Behind `--` nothing is ours.
        ("submit t.jar C -- --config-file f", "submit t.jar C [\"--config-file\", \"f\"]"),
        ("submit --config-file f -- t.jar C -v", "submit t.jar C [\"-v\"] | file f"),
        ("kill -- t", "kill t"),
        // The last of a flag that is given twice counts, as with argparse.
        ("kill --config-file a t --config-file b", "kill t | file b"),
        ("kill --config-property a=1 t --config-property a=2", "kill t | a=1 | a=2"),
        ("kill -q t -v", "error: the argument '--quiet' cannot be used with '--verbose...'"),
        ("kill a b c", "error: `c` is one word too many"),
        ("kill", "error: no topology was given"),
        (
            "submit t.jar",
            "error: no class was given for `t.jar`; for a .pex, `-` runs its own entry point",
        ),
        ("restart t x", "restart \"t\" x"),
        ("kill -o json t", "kill t | json"),
    ]);
}

/// Flags that only this tool has are nobody's by themselves behind the class: an old command line that gave such a word to
/// its topology is refused, and never means something else.
#[test]
fn of_flags_that_no_earlier_tool_had() {
    for flag in [
        "--color",
        "--context",
        "--help-all",
        "--no-rollback",
        "--output",
        "--quiet",
        "--timeout",
        "--topology-binary",
        "--wait",
    ] {
        let error = format!("error: `{flag}` behind the topology's class is unclear");
        for line in [format!("submit t.jar C {flag} 5"), format!("submit '' t.jar C a {flag}=5 b")]
        {
            assert!(meaning(&line).starts_with(&error), "{line}: {}", meaning(&line));
        }
        let line = format!("submit t.jar C -- {flag} 5");
        assert_eq!(meaning(&line), format!("submit t.jar C [\"{flag}\", \"5\"]"));
    }
    agree(&[
        // Short flags are the topology's, but for the one that Heron had.
        (
            "submit t.jar C -v -q -o json -h",
            "submit t.jar C [\"-v\", \"-q\", \"-o\", \"json\", \"-h\"]",
        ),
        ("submit t.jar C -D a=b", "submit t.jar C [] | -Da=b"),
        // Abbreviations are those of Heron's flags alone.
        ("submit t.jar C --rel r --topology-m a=b", "submit t.jar C [] | -Da=b | release r"),
        ("kill --time 5 t", "error: unexpected argument '--time' found"),
        ("submit t.jar C --time 5", "submit t.jar C [\"--time\", \"5\"]"),
        ("submit t.jar C --dry-run-format json", "submit t.jar C [] | dry-run | format Json"),
    ]);
}

/// Every command line that is shown to users can be typed.
#[test]
fn of_documentation_and_help() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/migration.md");
    let mut texts = vec![std::fs::read_to_string(page).unwrap()];
    let mut commands = vec![definition()];
    while let Some(command) = commands.pop() {
        texts.extend(command.get_after_help().map(ToString::to_string));
        commands.extend(command.get_subcommands().cloned());
    }
    let lines = texts.iter().flat_map(|text| text.lines());
    let typed = lines.filter_map(|line| line.trim_start().strip_prefix("heron-cli "));
    let mut seen = 0;
    for line in typed {
        seen += 1;
        let command = line.split(['|', '>']).next().unwrap();
        assert!(!meaning(command).starts_with("error"), "{line}: {}", meaning(command));
    }
    assert!(seen > 40, "only {seen} command lines were found");
}
