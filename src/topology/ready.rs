//! A definition that is there already, with the package that belongs to it.
//!
//! Somebody has run the main before, in a build for instance: `submit <name>.defn` takes the definition as it is and
//! needs neither Java nor Python.

use std::path::{Path, PathBuf};

use super::definition::Definition;
use super::file_kind::{FileKind, UnknownKind};
use super::main_runner::read_definition;
use super::package::{PackageError, is_package};
use super::plain_file::{self, PlainFileError};
use super::user_main::MainError;

/// A definition and its package.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    /// The topology.
    pub definition: Definition,
    /// The jar, pex, tar or library with its code.
    pub binary: PathBuf,
}

/// Why a ready definition can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadyError {
    /// The definition can't be read, or no cluster could run it.
    #[error(transparent)]
    Definition(#[from] MainError),
    /// The directory of the definition can't be read.
    #[error("failed to list {}", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The named package can't be read.
    #[error(transparent)]
    File(#[from] PlainFileError),
    /// The named package is of no known kind.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
    /// A definition from the web, where nothing can be looked for.
    #[error(
        "nothing lies beside {definition}, which comes from the web; `--topology-binary` names its jar, pex or tar"
    )]
    NothingNamed {
        /// The definition, as it may be shown.
        definition: String,
    },
    /// What lies beside the definition or is named was made by this tool or Heron's for agents; the topology's code is
    /// in it, among other things.
    #[error("{} is a package that was made for agents, with a topology's code in it; `--topology-binary` must name the code itself, a jar, pex or tar", .0.display())]
    Package(PathBuf),
    /// The package can't be looked into.
    #[error(transparent)]
    Unread(#[from] PackageError),
    /// Nothing lies beside the definition.
    #[error("no jar, pex or tar lies beside {}; `--topology-binary` names one", definition.display())]
    NothingBeside {
        /// The definition.
        definition: PathBuf,
    },
    /// More than one lies beside the definition.
    #[error("several packages lie beside {}: {}; `--topology-binary` names the one", definition.display(), found.join(", "))]
    SeveralBeside {
        /// The definition.
        definition: PathBuf,
        /// Their names.
        found: Vec<String>,
    },
}

/// Reads a definition and finds its package: the one that is named, else the only one beside it.
pub fn load(definition: &Path, binary: Option<&Path>) -> Result<Ready, ReadyError> {
    let decoded = read_definition(definition)?;
    let binary = match binary {
        Some(named) => {
            FileKind::of_path(named)?;
            plain_file::metadata(named)?;
            if is_package(named)? {
                return Err(ReadyError::Package(named.to_owned()));
            }
            named.to_owned()
        }
        None => beside(definition)?,
    };
    Ok(Ready { definition: decoded, binary })
}

fn beside(definition: &Path) -> Result<PathBuf, ReadyError> {
    let directory = match definition.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let unreadable = |source| ReadyError::Directory { directory: directory.to_owned(), source };
    let (mut found, mut package) = (Vec::new(), None);
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if FileKind::of_path(&path).is_err() || !path.is_file() {
            continue;
        }
        // `--tmp-dir` puts one beside the definition.
        if is_package(&path)? {
            package = Some(path);
        } else {
            found.push(path);
        }
    }
    found.sort();
    if let (true, Some(package)) = (found.is_empty(), package) {
        return Err(ReadyError::Package(package));
    }
    match <[PathBuf; 1]>::try_from(found) {
        Ok([only]) => Ok(only),
        Err(found) if found.is_empty() => {
            Err(ReadyError::NothingBeside { definition: definition.to_owned() })
        }
        Err(found) => {
            let name = |path: &PathBuf| {
                path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
            };
            let found = found.iter().map(name).collect();
            Err(ReadyError::SeveralBeside { definition: definition.to_owned(), found })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> Vec<u8> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/definitions/znodes.wordcount");
        std::fs::read(path).unwrap()
    }

    #[test]
    fn the_only_package_beside_it_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let definition = directory.path().join("wordcount.defn");
        std::fs::write(&definition, recorded()).unwrap();
        let error = load(&definition, None).unwrap_err();
        assert!(matches!(error, ReadyError::NothingBeside { .. }), "{error}");

        let pex = directory.path().join("w.pex");
        std::fs::write(&pex, "").unwrap();
        std::fs::write(directory.path().join("notes.txt"), "").unwrap();
        std::fs::create_dir(directory.path().join("dir.jar")).unwrap();
        let ready = load(&definition, None).unwrap();
        assert_eq!(ready.binary, pex);
        assert_eq!(ready.definition.name(), "wordcount");

        std::fs::write(directory.path().join("a.jar"), "").unwrap();
        let error = load(&definition, None).unwrap_err().to_string();
        assert!(error.contains("wordcount.defn: a.jar, w.pex; "), "{error}");
        assert_eq!(load(&definition, Some(&pex)).unwrap().binary, pex);
    }

    #[test]
    fn a_package_for_agents_is_not_the_topologys_code() {
        let directory = tempfile::tempdir().unwrap();
        let definition = directory.path().join("wordcount.defn");
        std::fs::write(&definition, recorded()).unwrap();
        for prefix in ["", "./"] {
            let package = directory.path().join("topology.tar.gz");
            let mut tar = tar::Builder::new(Vec::new());
            for name in ["wordcount.defn", "w.pex", "heron-conf/override.yaml"] {
                let mut header = tar::Header::new_gnu();
                header.set_size(0);
                let name = format!("{prefix}{name}");
                header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
                header.set_cksum();
                tar.append(&header, std::io::empty()).unwrap();
            }
            std::fs::write(&package, tar.into_inner().unwrap()).unwrap();
            for named in [None, Some(package.as_path())] {
                let error = load(&definition, named).unwrap_err();
                assert!(matches!(&error, ReadyError::Package(path) if *path == package), "{error}");
            }
        }
        let pex = directory.path().join("w.pex");
        std::fs::write(&pex, "").unwrap();
        assert_eq!(load(&definition, None).unwrap().binary, pex);
    }

    #[test]
    fn a_definition_is_a_file_of_a_definitions_size() {
        let directory = tempfile::tempdir().unwrap();
        let definition = directory.path().join("huge.defn");
        let file = std::fs::File::create(&definition).unwrap();
        file.set_len(3 << 30).unwrap();
        let error = load(&definition, None).unwrap_err();
        assert!(matches!(error, ReadyError::Definition(MainError::TooLarge(_))), "{error}");
        let error = load(directory.path(), None).unwrap_err();
        assert!(
            matches!(error, ReadyError::Definition(MainError::File(PlainFileError::NotAFile(_)))),
            "{error}"
        );
    }

    #[test]
    fn a_named_package_must_be_one() {
        let directory = tempfile::tempdir().unwrap();
        let definition = directory.path().join("wordcount.defn");
        std::fs::write(&definition, recorded()).unwrap();
        let named = |name: &str| load(&definition, Some(&directory.path().join(name))).unwrap_err();
        assert!(matches!(named("gone.jar"), ReadyError::File(_)));
        assert!(matches!(named("wordcount.defn"), ReadyError::Kind(_)));
    }
}
