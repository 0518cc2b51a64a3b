//! `config init`: a configuration file to start from.

use std::path::Path;

use super::error::ConfigError;
use super::write::{create, replace};
use crate::cli::InitArgs;
use crate::config::keys::{self, Kind};
use crate::config::template::{self, Essentials};
use crate::outcome::config::WrittenConfig;
use crate::outcome::{Outcome, SCHEMA};
use crate::report::Reporter;

/// One value of the file: how it is given, asked for and judged.
struct Question {
    flag: &'static str,
    text: &'static str,
    judge: fn(&str) -> Result<(), String>,
}

const ZOOKEEPER: Question = Question {
    flag: "--zookeeper",
    text: "The ZooKeeper servers, such as zk1:2181,zk2:2181",
    judge: |value| keys::STATE_CONNECTION.kind.check(value),
};
const ROOT: Question = Question {
    flag: "--root",
    text: "The path of Heron's state in ZooKeeper, such as /heron",
    judge: |value| keys::STATE_ROOT.kind.check(value),
};
const MASTER: Question = Question {
    flag: "--master",
    text: "The Mesos master, such as zk://zk1:2181/mesos or host:5050",
    judge: |value| keys::MESOS_MASTER.kind.check(value).and_then(|()| open(value)),
};
const CORE: Question = Question {
    flag: "--core",
    text: "The URI of the heron-core archive, which agents fetch",
    judge: |value| Kind::Uri.check(value).and_then(|()| open(value)),
};
const PACKAGES: Question = Question {
    flag: "--packages",
    text: "Where topologies' packages go: /mounted/directory, http://…, hdfs://…, s3://bucket/…, gs://bucket",
    judge: |value| template::store(value).and_then(|_| open(value)),
};

/// The file is everybody's to read.
fn open(value: &str) -> Result<(), String> {
    let credentials = value.split_once("://").is_some_and(|(_, rest)| {
        rest.split('/').next().is_some_and(|authority| authority.contains('@'))
    });
    if credentials {
        return Err(
            "this file is not for secrets; give users and passwords in files of their own \
                    (`heron-cli config keys file`)"
                .to_owned(),
        );
    }
    Ok(())
}

/// Writes the file, from flags and from what somebody on a terminal answers.
pub(super) fn init(
    args: &InitArgs,
    directory: &Path,
    reporter: &dyn Reporter,
) -> anyhow::Result<Outcome> {
    let file = directory.join(&args.file);
    if !args.force && file.exists() {
        return Err(ConfigError::FileExists { file }.into());
    }
    let values = essentials(args, reporter)?;
    let text =
        template::filled(&values).map_err(|reason| PACKAGES.refused(&values.packages, reason))?;
    let written = if args.force { replace(&file, &text) } else { create(&file, &text) };
    written.map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => ConfigError::FileExists { file: file.clone() },
        _ => ConfigError::Write { file: file.clone(), source },
    })?;
    Ok(Outcome::ConfigWritten(WrittenConfig {
        schema: SCHEMA,
        file: args.file.display().to_string(),
    }))
}

fn essentials(args: &InitArgs, reporter: &dyn Reporter) -> Result<Essentials, ConfigError> {
    let questions = [
        (&ZOOKEEPER, &args.zookeeper),
        (&ROOT, &args.root),
        (&MASTER, &args.master),
        (&CORE, &args.core),
        (&PACKAGES, &args.packages),
    ];
    // What is given is judged before anything is asked.
    for (question, given) in questions {
        if let Some(value) = given {
            (question.judge)(value).map_err(|reason| question.refused(value, reason))?;
        }
    }
    let mut missing = Vec::new();
    let mut answers = questions.map(|(question, given)| {
        let answer = given.clone().or_else(|| question.ask(reporter));
        if answer.is_none() {
            missing.push(question.flag);
        }
        answer.unwrap_or_default()
    });
    if !missing.is_empty() {
        return Err(ConfigError::NotGiven { flags: missing });
    }
    let [zookeeper, root, master, core, packages] = &mut answers;
    let take = std::mem::take;
    Ok(Essentials {
        zookeeper: take(zookeeper),
        root: take(root),
        master: take(master),
        core: take(core),
        packages: take(packages),
    })
}

impl Question {
    fn refused(&self, value: &str, reason: String) -> ConfigError {
        ConfigError::Value { flag: self.flag, value: crate::net::redact::redact(value), reason }
    }

    /// Asks until the answer is good; `None` if nobody answers.
    fn ask(&self, reporter: &dyn Reporter) -> Option<String> {
        loop {
            let answer = reporter.ask(self.text)?;
            match (self.judge)(&answer) {
                Ok(()) => return Some(answer),
                Err(reason) => reporter.warn(&reason),
            }
        }
    }
}

#[cfg(test)]
mod tests;
