//! How the main of each kind of topology file is run: program, arguments, environment.
//!
//! Source of facts: `docs/heron.md#user-program`.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::file_kind::{self, FileKind};
use super::plain_file::PlainFileError;
use super::user_main::{MainError, UserMain};
use crate::program::{Program, is_executable};

/// The class name that means "run the pex itself".
const ITSELF: &str = "-";
/// Where the script below finds the name of the class.
const CLASS_VARIABLE: &str = "HERON_CLI_TOPOLOGY_CLASS";
/// Imports a topology class inside a pex and lets it write its definition; every pex takes a script as its argument.
/// Where there is no such class, a traceback through the pex would hide that.
const WRITE_TOPOLOGY: &str = "\
import importlib, os, sys
module, _, name = os.environ['HERON_CLI_TOPOLOGY_CLASS'].rpartition('.')
try:
    found = importlib.import_module(module or name)
except ImportError as error:
    missing = getattr(error, 'name', None)
    if missing and (module + '.').startswith(missing + '.'):
        sys.exit('the pex has no module ' + missing)
    raise
if not module:
    sys.exit('write MODULE.CLASS, or - for what the pex itself runs')
if not hasattr(found, name):
    own = [n for n, v in vars(found).items() if hasattr(v, 'write') and getattr(v, '__module__', '') == module]
    sys.exit('the module ' + module + ' has no class ' + name + (', but it has ' + ', '.join(own) if own else ''))
getattr(found, name).write()
";

/// Directories of one run, below its temporary directory.
pub(super) struct Directories<'a> {
    /// Where the main writes its definitions.
    pub definitions: &'a Path,
    /// Where a tar has been extracted, or scripts are put.
    pub work: &'a Path,
}

/// What to run; writes the script for a Python class.
pub(super) fn invocation(
    main: &UserMain,
    kind: FileKind,
    file: &Path,
    directories: &Directories<'_>,
) -> Result<Program, MainError> {
    let name = match kind {
        FileKind::Pex if main.class != ITSELF => main.arguments.first().map(String::as_str),
        _ => None,
    };
    let options = main.options.encode(directories.definitions, file, &main.class, name)?;
    let mut environment = vec![("HERON_OPTIONS", OsString::from(&options))];
    let arguments = main.arguments.iter().map(OsString::from);
    let (program, arguments) = match kind {
        FileKind::Jar | FileKind::Tar | FileKind::TarGz => {
            let java = main.java.find()?;
            let mut list =
                java_arguments(main, &options, class_path(main, kind, file, directories)?);
            list.extend(arguments);
            (java.into_os_string(), list)
        }
        FileKind::Pex if main.class == ITSELF => {
            let (program, mut list) = executable(file)?;
            list.extend(arguments);
            (program, list)
        }
        FileKind::Pex => {
            let script = directories.work.join("write_topology.py");
            std::fs::write(&script, WRITE_TOPOLOGY)
                .map_err(|source| MainError::Temporary { path: script.clone(), source })?;
            environment.push(("PEX_INTERPRETER", "1".into()));
            environment.push((CLASS_VARIABLE, OsString::from(&main.class)));
            let (program, mut list) = executable(file)?;
            list.push(script.into_os_string());
            (program, list)
        }
        // The library is only packaged; what is named instead of a class is the program that describes it.
        FileKind::So | FileKind::Dylib => (OsString::from(&main.class), arguments.collect()),
    };
    Ok(Program { program, arguments, environment, ..Program::default() })
}

fn java_arguments(main: &UserMain, options: &str, class_path: OsString) -> Vec<OsString> {
    let mut list: Vec<OsString> = vec!["-client".into(), "-Xmx1g".into()];
    // Heron's API up to 0.14.2 reads the property, later ones the variable.
    list.push(format!("-Dheron.options={options}").into());
    list.extend(main.jvm_properties.iter().map(|property| format!("-D{property}").into()));
    list.extend(["-cp".into(), class_path, OsString::from(&main.class)]);
    list
}

/// The topology's own code first, then what the user added.
fn class_path(
    main: &UserMain,
    kind: FileKind,
    file: &Path,
    directories: &Directories<'_>,
) -> Result<OsString, MainError> {
    let mut entries: Vec<PathBuf> = if kind == FileKind::Jar {
        vec![file.to_owned()]
    } else {
        let jar = file_kind::jar_in_tar(&file.to_string_lossy());
        let work = directories.work;
        vec![work.join(jar), work.join("*"), work.join("libs/*")]
    };
    entries.extend(main.extra_classpath.iter().cloned());
    std::env::join_paths(&entries).map_err(|_| MainError::ClassPath {
        entry: entries
            .iter()
            .find(|entry| entry.to_string_lossy().contains(':'))
            .cloned()
            .unwrap_or_default(),
    })
}

/// How to run a file: itself, or with the interpreter of its first line if it has lost its permission on the way.
fn executable(file: &Path) -> Result<(OsString, Vec<OsString>), MainError> {
    if is_executable(file) {
        return Ok((file.as_os_str().to_owned(), Vec::new()));
    }
    let not_executable = || MainError::NotExecutable { file: file.to_owned() };
    let unreadable = PlainFileError::of(file);
    let opened = std::fs::File::open(file).map_err(&unreadable)?;
    let mut line = Vec::new();
    BufReader::new(opened).take(256).read_until(b'\n', &mut line).map_err(&unreadable)?;
    let line = String::from_utf8(line).map_err(|_| not_executable())?;
    let command = line.strip_prefix("#!").ok_or_else(not_executable)?;
    let mut words = command.split_whitespace().map(OsString::from);
    let program = words.next().ok_or_else(not_executable)?;
    let arguments = words.chain([OsStr::new(file).to_owned()]).collect();
    Ok((program, arguments))
}
