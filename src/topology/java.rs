//! Finding Java, which is needed for the mains of Java topologies and for nothing else.

use std::path::PathBuf;

use crate::program::{SearchPath, is_executable};

/// What the process environment says about Java; read by the caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JavaEnvironment {
    /// `JAVA_BIN`: the program itself.
    pub java_bin: Option<PathBuf>,
    /// `JAVA_HOME`: the directory that has `bin/java`.
    pub java_home: Option<PathBuf>,
    /// `PATH`.
    pub path: SearchPath,
}

/// There is no Java.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no java found: {}", looked.join(", "))]
pub struct NoJava {
    /// Where it was looked for.
    pub looked: Vec<String>,
}

impl JavaEnvironment {
    /// The `java` that Heron's own tools would take: `JAVA_BIN`, `JAVA_HOME/bin/java`, `PATH`.
    pub fn find(&self) -> Result<PathBuf, NoJava> {
        let mut looked = Vec::new();
        let mut try_one = |name: &str, path: Option<PathBuf>| match path {
            None => {
                looked.push(format!("{name} is not set"));
                None
            }
            Some(path) if is_executable(&path) => Some(path),
            Some(path) => {
                looked.push(format!("{name} gives {}, which is no program", path.display()));
                None
            }
        };
        let named = self.java_bin.clone().filter(|path| !path.as_os_str().is_empty());
        let home = self.java_home.as_ref().filter(|path| !path.as_os_str().is_empty());
        let found = try_one("JAVA_BIN", named)
            .or_else(|| try_one("JAVA_HOME", home.map(|home| home.join("bin/java"))));
        if let Some(java) = found {
            return Ok(java);
        }
        self.path.on_path("java").ok_or_else(|| {
            looked.push("PATH has no java".to_owned());
            NoJava { looked }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::find::tests::program;

    #[test]
    fn the_most_particular_variable_wins() {
        let directory = tempfile::tempdir().unwrap();
        let bin = program(&directory.path().join("own-java"));
        let home = program(&directory.path().join("home/bin/java"));
        let path = program(&directory.path().join("path/java"));
        let mut environment = JavaEnvironment {
            java_bin: Some(bin.clone()),
            java_home: Some(directory.path().join("home")),
            path: SearchPath(Some(format!("/nowhere:{}", path.parent().unwrap().display()).into())),
        };
        assert_eq!(environment.find(), Ok(bin));
        environment.java_bin = Some(directory.path().join("gone"));
        assert_eq!(environment.find(), Ok(home));
        environment.java_home = Some(PathBuf::new());
        assert_eq!(environment.find(), Ok(path));
    }

    #[test]
    fn the_error_says_where_it_looked() {
        let environment = JavaEnvironment {
            java_bin: None,
            java_home: Some("/nowhere".into()),
            path: SearchPath(Some("/also/nowhere".into())),
        };
        assert_eq!(
            environment.find().unwrap_err().to_string(),
            "no java found: JAVA_BIN is not set, \
             JAVA_HOME gives /nowhere/bin/java, which is no program, PATH has no java"
        );
    }
}
