//! How a command line gets through a shell: encoded JVM options and quoting.
//!
//! Source of facts: `docs/heron.md#jvm-options` and `docs/heron.md#an-executor-behind-a-shell`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::dialect::Release;

/// An argument with a zero byte, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("argument {0} contains a zero byte, which no command line can carry")]
pub struct ZeroByte(pub usize);

/// Encodes JVM options as executors decode them: base64, without `=`, between double quotes.
///
/// The quotes are literal and part of the argument, as in the argv of Heron's own code. What Heron launches is that
/// argv joined by blanks, so that a shell removes them and the executor gets the bare text; [`shell_command`] quotes
/// every argument, so that the executor gets the quotes too. Both work: every executor since 0.14 strips `"` from both
/// ends before it decodes, and none wants them there (`tests/data/mesos/09-heron-topology.jsonl` ran
/// without, where a shell had removed them).
#[must_use]
pub fn encode_jvm_options(options: &str, release: &Release) -> String {
    let text = STANDARD.encode(options).replace('=', release.jvm_options_escape());
    format!("\"{text}\"")
}

/// The command for `sh -c`, safe for every text in it.
///
/// `exec` lets Mesos wait for the executor itself, which otherwise outlives its task
/// (`docs/heron.md#an-executor-behind-a-shell`). Only a Java home that begins with `${JAVA_HOME}` is left to the
/// agent's shell: Heron's sample configuration says so, and it has always been the agent's that counted when the client
/// had none.
pub fn shell_command(argv: &[String]) -> Result<String, ZeroByte> {
    let mut words = vec!["exec".to_owned()];
    for (index, argument) in argv.iter().enumerate() {
        let (prefix, value) = match argument.strip_prefix(JAVA_HOME_FLAG) {
            Some(value) => (JAVA_HOME_FLAG, value),
            None => ("", argument.as_str()),
        };
        let rest = value.strip_prefix(JAVA_HOME).filter(|rest| is_whole_path(rest));
        words.push(match rest {
            Some("") => format!("{prefix}\"{JAVA_HOME}\""),
            Some(rest) => format!("{prefix}\"{JAVA_HOME}\"{}", quoted(rest, index)?),
            None => quoted(argument, index)?,
        });
    }
    Ok(words.join(" "))
}

const JAVA_HOME_FLAG: &str = "--heron-java-home=";
const JAVA_HOME: &str = "${JAVA_HOME}";

fn is_whole_path(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

fn quoted(text: &str, index: usize) -> Result<String, ZeroByte> {
    shlex::try_quote(text).map(std::borrow::Cow::into_owned).map_err(|_| ZeroByte(index))
}

#[cfg(test)]
mod tests;
