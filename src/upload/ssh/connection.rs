//! How another machine is reached, and what the programs that do it have in common.

use std::ffi::OsString;
use std::path::Path;

use crate::net::retry::RetryPolicy;
use crate::upload::programs::{Answer, Programs, Trouble};
use crate::upload::{OnProgress, Package, UploadError, Uploaded, check_name};

/// Comes before the user's options: of several values, OpenSSH takes the first.
const NO_QUESTIONS: [&str; 2] = ["-o", "BatchMode=yes"];

/// Another machine, and how one program reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// More options of the program.
    pub options: Vec<String>,
    /// `[user@]host`, or a name of the user's `ssh_config`.
    pub connection: String,
}

/// The configuration of a directory on another machine.
#[derive(Clone, Debug)]
pub struct SshConfig {
    /// How `scp` or `sftp` reach it.
    pub copy: Login,
    /// How `ssh` reaches it; not used with `sftp`.
    pub shell: Login,
    /// The directory there.
    pub directory: String,
    /// Where agents find the packages, if not at the same path of their own.
    pub fetch_folder: Option<String>,
    /// How to run programs.
    pub programs: Programs,
}

impl SshConfig {
    /// Checks what could be taken for something else on one of the command lines.
    pub(super) fn checked(mut self) -> Result<Self, UploadError> {
        for login in [&self.copy, &self.shell] {
            let bad = login.connection.is_empty()
                || login.connection.starts_with('-')
                || login.connection.contains(|c: char| c.is_whitespace() || c.is_control());
            if bad {
                let why = "that is no host, nor user@host".to_owned();
                return Err(UploadError::BadUrl { url: login.connection.clone(), why });
            }
        }
        let given = std::mem::take(&mut self.directory);
        let bad = |why: &str| {
            let url = format!("{}:{given}", self.copy.connection);
            Err(UploadError::BadUrl { url, why: why.to_owned() })
        };
        // sftp knows no `~`; paths that don't begin with a slash are below the home directory anyway.
        let path = given.strip_prefix("~/").unwrap_or(&given);
        let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        if path.is_empty() || path.starts_with('-') || !path.chars().all(is_plain) {
            return bad("the directory may have letters, digits and / . _ + @ = , - in its path, \
                        which are the same to every shell");
        }
        if !path.starts_with('/') && self.fetch_folder.is_none() {
            return bad(
                "agents can't find a directory below somebody's home; write its whole path, \
                        or set heron.package.topology.uri to the folder that they fetch from",
            );
        }
        path.clone_into(&mut self.directory);
        Ok(self)
    }

    pub(super) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.directory.trim_end_matches('/'))
    }

    /// For messages.
    pub(super) fn place(&self, name: &str) -> String {
        format!("{}:{}", self.copy.connection, self.path(name))
    }

    pub(super) fn uri_of(&self, name: &str) -> Result<String, UploadError> {
        check_plain(name)?;
        crate::upload::programs::in_folder(
            self.fetch_folder.as_ref().unwrap_or(&self.directory),
            name,
        )
    }
}

/// Characters that are the same to every shell.
pub(super) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/._+@=,-".contains(c)
}

/// Names become part of commands.
pub(super) fn check_plain(name: &str) -> Result<(), UploadError> {
    check_name(name)?;
    let plain = name.chars().all(is_plain);
    if plain { Ok(()) } else { Err(UploadError::BadName { name: name.to_owned() }) }
}

/// The package's directory, and its name in it as an argument that is nothing but a file.
pub(super) fn local(package: &Package) -> Result<(&Path, String), UploadError> {
    let name = package.path.file_name().unwrap_or_default().to_string_lossy();
    check_plain(&name)?;
    let directory = package.path.parent().filter(|parent| !parent.as_os_str().is_empty());
    Ok((directory.unwrap_or(Path::new(".")), format!("./{name}")))
}

pub(super) fn options(login: &Login) -> impl Iterator<Item = OsString> {
    NO_QUESTIONS.into_iter().map(OsString::from).chain(login.options.iter().map(OsString::from))
}

/// What OpenSSH's programs say of a failure. They end with 255 if there was no connection.
pub(super) fn failure(answer: Answer, doing: String, program: &str) -> UploadError {
    let said = |words: &str| answer.tail.lines().any(|line| line.contains(words));
    let trouble = if said("Host key verification failed") {
        Trouble::HostKey
    } else if said("ermission denied") || said("Too many authentication failures") {
        Trouble::Denied
    } else if said("write remote ") {
        // A full disk, say; OpenSSH hangs up afterwards, as if there were no connection.
        Trouble::Other
    } else if answer.end == crate::program::End::Exited(255) || said("Connection closed") {
        Trouble::Unreachable
    } else {
        Trouble::Other
    };
    answer.failure(doing, program, trouble)
}

/// Copies, and copies again if nobody was there; a second try overwrites what the first has left, if anything. The programs
/// tell no progress without a terminal: the end is all that is told.
pub(super) async fn patiently<F>(
    package: &Package,
    progress: OnProgress,
    copy: impl FnMut() -> F,
) -> Result<Uploaded, UploadError>
where
    F: Future<Output = Result<Uploaded, UploadError>>,
{
    let uploaded = RetryPolicy::default().retry(copy).await?;
    progress(package.size);
    Ok(uploaded)
}
