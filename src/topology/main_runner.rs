//! Runs the user's main and collects the definitions that it writes.
//!
//! A main never talks to a cluster: it writes one `<name>.defn` for each topology into the directory that it is told.
//! Source of facts: `docs/heron.md#user-program`. The main runs in a process group of its own, which is killed when its
//! time is up or when the future is dropped, so that nothing of it is left behind.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::class_name;
use super::definition::Definition;
use super::file_kind::FileKind;
use super::invocation::{Directories, invocation};
use super::plain_file::{self, PlainFileError};
use super::untar;
use super::user_main::{MAX_DEFINITION, MainError, UserMain};
use crate::program::output::{Pipe, Tail};
use crate::program::{self, End, Program, Ran, RunError};
use crate::temporary;

/// Runs the main and reads what it defines, sorted by file name. `on_line` gets every line as it is printed.
pub async fn run(
    main: &UserMain,
    on_line: &(dyn Fn(Pipe, &str) + Sync),
) -> Result<Vec<Definition>, MainError> {
    let file = topology_file(&main.file)?;
    let kind = FileKind::of_path(&file)?;
    check_class_path(&main.extra_classpath)?;
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |source| MainError::Temporary { path, source }
    };
    let temporary = temporary::directory(&main.temporary).map_err(unwritable(&main.temporary))?;
    let subdirectory = |name| {
        temporary::subdirectory(temporary.path(), name).map_err(unwritable(temporary.path()))
    };
    let (definitions, work) = (subdirectory("definitions")?, subdirectory("work")?);
    if matches!(kind, FileKind::Tar | FileKind::TarGz) {
        let (file, work, limit) = (file.clone(), work.clone(), main.size_limit);
        let extracting = tokio::task::spawn_blocking(move || untar::extract(&file, &work, limit));
        extracting.await.map_err(|error| RunError::Follow {
            program: "the extraction of the topology".to_owned(),
            source: io::Error::other(error),
        })??;
    }
    let directories = Directories { definitions: &definitions, work: &work };
    let invocation = invocation(main, kind, &file, &directories)?;
    let tail = execute(main, &invocation, on_line)
        .await
        .map_err(|error| class_name::explained(error, kind, &file, &work))?;
    let found = collect(&definitions)?;
    if found.is_empty() {
        return Err(MainError::NoDefinition { class: main.class.clone(), tail });
    }
    Ok(found)
}

/// The absolute path of a file that is there; a main may be looked for on `PATH` otherwise.
fn topology_file(path: &Path) -> Result<PathBuf, MainError> {
    let file = std::path::absolute(path).map_err(PlainFileError::of(path))?;
    plain_file::metadata(&file)?;
    Ok(file)
}

/// Java says nothing of an entry that is missing, but of a class. `directory/*` stands for the jars of a directory.
fn check_class_path(entries: &[PathBuf]) -> Result<(), MainError> {
    let place = |entry: &PathBuf| match entry.file_name() {
        Some(name) if name == "*" => entry.parent().map(Path::to_owned).unwrap_or_default(),
        _ => entry.clone(),
    };
    let missing = entries.iter().find(|entry| {
        let place = place(entry);
        !place.as_os_str().is_empty() && !place.exists()
    });
    match missing {
        Some(entry) => Err(MainError::NoClassPath { entry: entry.clone() }),
        None => Ok(()),
    }
}

async fn execute(
    main: &UserMain,
    invocation: &Program,
    on_line: &(dyn Fn(Pipe, &str) + Sync),
) -> Result<Tail, MainError> {
    let Ran { end, tail } = program::run(invocation, None, main.time_limit, on_line).await?;
    let class = main.class.clone();
    match end {
        End::Exited(0) => Ok(tail),
        End::Exited(status) => Err(MainError::Exited { class, status, tail }),
        End::Killed(signal) => Err(MainError::Killed { class, signal, tail }),
        End::TimedOut(limit) => Err(MainError::TimedOut { class, limit, tail }),
    }
}

/// Reads all definitions of a directory, in the order of their names.
fn collect(directory: &Path) -> Result<Vec<Definition>, MainError> {
    let unreadable = PlainFileError::of(directory);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(&unreadable)? {
        let path = entry.map_err(&unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "defn") {
            files.push(path);
        }
    }
    files.sort();
    let mut found: Vec<(PathBuf, Definition)> = Vec::new();
    for path in files {
        let definition = read_definition(&path)?;
        let path = path.file_name().map(PathBuf::from).unwrap_or(path);
        let same = found.iter().find(|(_, other)| other.name() == definition.name());
        if let Some((first, _)) = same {
            return Err(MainError::Duplicate {
                name: definition.name().to_owned(),
                first: first.clone(),
                second: path,
            });
        }
        found.push((path, definition));
    }
    Ok(found.into_iter().map(|(_, definition)| definition).collect())
}

/// Reads and checks one definition, never more of it than a definition can have.
pub(super) fn read_definition(path: &Path) -> Result<Definition, MainError> {
    let unreadable = PlainFileError::of(path);
    plain_file::metadata(path)?;
    let file = File::open(path).map_err(&unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_DEFINITION + 1).read_to_end(&mut bytes).map_err(&unreadable)?;
    if bytes.len() as u64 > MAX_DEFINITION {
        return Err(MainError::TooLarge(path.to_owned()));
    }
    Definition::decode(bytes)
        .map_err(|source| MainError::Definition { file: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
