//! Finding programs. The process environment is read by the caller.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// There is no such program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no program `{program}`: {}", looked.join(", "))]
pub struct NoProgram {
    /// Its name.
    pub program: String,
    /// Where it was looked for.
    pub looked: Vec<String>,
}

/// Where programs may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchPath(pub Option<OsString>);

impl SearchPath {
    /// The program of a name; one with a slash in it is a path already. `home` is a variable that names a directory
    /// with `bin/<name>` in it, with its value: it says more than the path does.
    pub fn find(
        &self,
        name: &str,
        home: Option<(&str, Option<&Path>)>,
    ) -> Result<PathBuf, NoProgram> {
        let mut looked = Vec::new();
        if name.contains('/') {
            let path = PathBuf::from(name);
            if is_executable(&path) {
                return Ok(path);
            }
            looked.push(format!("{} is no file that can be executed", path.display()));
            return Err(NoProgram { program: name.to_owned(), looked });
        }
        match home {
            Some((_, Some(directory))) => {
                let path = directory.join("bin").join(name);
                if is_executable(&path) {
                    return Ok(path);
                }
                looked.push(format!("{} is no file that can be executed", path.display()));
            }
            Some((variable, None)) => looked.push(format!("{variable} is not set")),
            None => {}
        }
        self.on_path(name).ok_or_else(|| {
            looked.push(format!("no directory of PATH has {name}"));
            NoProgram { program: name.to_owned(), looked }
        })
    }

    /// The first program of a name in the directories.
    #[must_use]
    pub fn on_path(&self, name: &str) -> Option<PathBuf> {
        let directories = self.0.iter().flat_map(std::env::split_paths);
        directories.map(|directory| directory.join(name)).find(|path| is_executable(path))
    }
}

/// Whether a path is a file that may be executed by somebody.
#[must_use]
pub fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A file that may be executed.
    pub(crate) fn program(path: &Path) -> PathBuf {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.to_owned()
    }

    #[test]
    fn a_home_says_more_than_the_path_and_a_slash_more_than_both() {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join("home");
        let in_home = program(&home.join("bin/hadoop"));
        let on_path = program(&directory.path().join("path/hadoop"));
        let path = format!("/nowhere:{}", on_path.parent().unwrap().display());
        let path = SearchPath(Some(path.into()));
        let variable = "HADOOP_HOME";
        assert_eq!(path.find("hadoop", Some((variable, Some(&home)))), Ok(in_home));
        assert_eq!(path.find("hadoop", Some((variable, None))), Ok(on_path.clone()));
        let gone = Path::new("/gone");
        assert_eq!(path.find("hadoop", Some((variable, Some(gone)))), Ok(on_path.clone()));
        let given = on_path.to_str().unwrap();
        assert_eq!(path.find(given, None), Ok(on_path.clone()));
        std::fs::set_permissions(&on_path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = path.find("hadoop", Some((variable, Some(gone)))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no program `hadoop`: /gone/bin/hadoop is no file that can be executed, \
             no directory of PATH has hadoop"
        );
        let error = path.find(given, None).unwrap_err();
        assert!(error.to_string().contains("no file that can be executed"), "{error}");
        assert!(SearchPath(None).find("hadoop", None).is_err());
    }
}
