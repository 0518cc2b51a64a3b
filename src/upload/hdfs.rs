//! HDFS, or what else Hadoop's client reaches, by the `hadoop` program: Heron's `HdfsUploader`
//! (`docs/heron.md#uploaders`).
//!
//! The client starts slowly, a second or two each time, so it is asked as little as possible. The package goes in by
//! standard input, so that there is progress; under a name of its own, so that nobody sees half of it.

use futures_util::future::BoxFuture;
use std::path::PathBuf;

use super::programs::{Answer, PartName, Programs, Trouble, after_cleaning, in_folder};
use super::{Effect, OnProgress, Package, Store, UploadError, Uploaded, check_name};
use crate::program::{End, Input, Program};

/// What Hadoop's client puts behind a name while it writes.
const COPYING: &str = "._COPYING_";

/// The configuration of an HDFS store.
#[derive(Clone, Debug)]
pub struct HdfsConfig {
    /// The URI of the directory.
    pub directory: String,
    /// The URI of the folder in which agents find the packages, if it is another one.
    pub fetch_folder: Option<String>,
    /// The directory of Hadoop's configuration, if it is not the client's own.
    pub configuration: Option<PathBuf>,
    /// How to run programs.
    pub programs: Programs,
}

/// A directory of HDFS.
#[derive(Debug)]
pub struct HdfsStore {
    config: HdfsConfig,
    hadoop: PathBuf,
    part: PartName,
}

impl HdfsStore {
    /// A store from its configuration; `hadoop` must be there.
    pub fn new(config: &HdfsConfig) -> Result<Self, UploadError> {
        let bad =
            |why: &str| UploadError::BadUrl { url: config.directory.clone(), why: why.to_owned() };
        if config.directory.starts_with('-') || config.directory.contains(char::is_whitespace) {
            return Err(bad("it is no URI"));
        }
        if config.fetch_folder.is_none() && !config.directory.contains("://") {
            return Err(bad(
                "agents can't fetch from a path without hdfs:// and the name node; write those, or \
                 set heron.package.topology.uri to the folder's whole URI",
            ));
        }
        let home = ("HADOOP_HOME", config.programs.hadoop_home.as_deref());
        let hadoop = config.programs.path.find("hadoop", Some(home))?;
        let mut config = config.clone();
        let kept = config.directory.trim_end_matches('/').len();
        config.directory.truncate(kept);
        Ok(Self { config, hadoop, part: PartName::new() })
    }

    fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.config.directory)
    }

    fn fs(&self, arguments: &[&str]) -> Program {
        let mut program = Program::new(&self.hadoop);
        if let Some(configuration) = &self.config.configuration {
            program = program.args(["--config".into(), configuration.clone().into_os_string()]);
        }
        Program { is_noise: Some(is_noise), ..program.args(["fs"]).args(arguments) }
    }

    async fn run(&self, arguments: &[&str], doing: String) -> Result<Answer, UploadError> {
        let answer = self.config.programs.run(&self.fs(arguments), None).await?;
        if answer.succeeded() { Ok(answer) } else { Err(failure(answer, doing)) }
    }

    /// The sizes of files, in their order; `None` for what isn't there.
    async fn sizes(&self, names: &[&str]) -> Result<Vec<Option<u64>>, UploadError> {
        let places: Vec<_> = names
            .iter()
            .map(
                |name| {
                    if name.is_empty() { self.config.directory.clone() } else { self.place(name) }
                },
            )
            .collect();
        let mut arguments = vec!["-stat", "%b %n"];
        arguments.extend(places.iter().map(String::as_str));
        let answer = self.config.programs.run(&self.fs(&arguments), None).await?;
        let missing = |place: &String| {
            answer.tail.lines().any(|line| line.contains(place.as_str()) && is_missing(line))
        };
        let there: Vec<_> = places.iter().map(|place| !missing(place)).collect();
        let mut sizes = answer.lines.iter().filter_map(|line| {
            let (size, _name) = line.trim().split_once(' ')?;
            size.parse().ok()
        });
        let found: Vec<_> =
            there.iter().map(|there| if *there { sizes.next() } else { None }).collect();
        let complete = there.iter().zip(&found).all(|(there, size)| *there == size.is_some());
        let ended = answer.succeeded() || (answer.end == End::Exited(1) && there.contains(&false));
        if complete && ended {
            return Ok(found);
        }
        let last = places.last().map(String::as_str).unwrap_or_default();
        Err(failure(answer, format!("look for {last}")))
    }

    async fn put(
        &self,
        package: &Package,
        name: &str,
        progress: OnProgress,
    ) -> Result<Uploaded, UploadError> {
        let uri = self.uri_of(name)?;
        let sizes = self.sizes(&["", name]).await?;
        let (directory, there) =
            (sizes.first().copied().flatten(), sizes.get(1).copied().flatten());
        if there == Some(package.size) {
            return Ok(Uploaded { uri, effect: Effect::AlreadyThere });
        }
        if directory.is_none() {
            let directory = &self.config.directory;
            self.run(&["-mkdir", "-p", directory], format!("create {directory}")).await?;
        }
        let put = self.put_and_rename(package, name, there.is_some(), &progress).await;
        if let Err(failed) = put {
            let cleaned = self.clean(name).await;
            return Err(after_cleaning(failed, &self.place(&self.part.of(name)), cleaned));
        }
        Ok(Uploaded::put(uri, there.is_some()))
    }

    async fn put_and_rename(
        &self,
        package: &Package,
        name: &str,
        replace: bool,
        progress: &OnProgress,
    ) -> Result<(), UploadError> {
        let part = self.place(&self.part.of(name));
        let target = self.place(name);
        let file = package.open().await?;
        let input = Input::File { file, progress: &**progress };
        self.part.begin();
        let program = self.fs(&["-put", "-", &part]);
        let answer = self.config.programs.run(&program, Some(input)).await?;
        if !answer.succeeded() {
            return Err(failure(answer, format!("put the package into {}", self.config.directory)));
        }
        match self.sizes(&[&self.part.of(name)]).await?.first().copied().flatten() {
            Some(actual) if actual == package.size => {}
            Some(actual) => {
                let expected = package.size;
                return Err(UploadError::SizeMismatch { place: part, expected, actual });
            }
            None => return Err(UploadError::Lost { place: part }),
        }
        if replace {
            // HDFS renames onto nothing that is there.
            let doing = format!("delete {target}");
            self.run(&["-rm", "-f", "-skipTrash", &target], doing).await?;
        }
        self.run(&["-mv", &part, &target], format!("rename {part} to {target}")).await?;
        Ok(())
    }

    /// Removes what is not whole, also under the name that the client gives it meanwhile.
    async fn clean(&self, name: &str) -> Result<(), UploadError> {
        let part = self.place(&self.part.of(name));
        let copying = format!("{part}{COPYING}");
        let program = self.fs(&["-rm", "-f", "-skipTrash", &part, &copying]);
        let answer = self.config.programs.hurried().run(&program, None).await?;
        if answer.succeeded() { Ok(()) } else { Err(failure(answer, format!("delete {part}"))) }
    }
}

fn is_missing(line: &str) -> bool {
    line.contains("No such file or directory")
}

/// After some errors the client prints all commands and options that there are, and it complains of missing native code.
fn is_noise(line: &str) -> bool {
    let options = ["-conf <", "-D <", "-fs <", "-jt <", "-files <", "-libjars <", "-archives <"];
    line.starts_with("\t[")
        || ["Usage: hadoop", "Generic options", "The general command", "command [generic"]
            .iter()
            .chain(&options)
            .any(|start| line.starts_with(start))
        || line.contains("NativeCodeLoader")
}

/// What the client's words mean.
fn failure(answer: Answer, doing: String) -> UploadError {
    let said = |words: &[&str]| {
        answer.tail.lines().any(|line| words.iter().any(|word| line.contains(word)))
    };
    let trouble = if said(&["Permission denied", "AccessControlException", "GSS initiate failed"]) {
        Trouble::Denied
    } else if said(&["ConnectException", "Connection refused", "UnknownHostException", "Timeout"]) {
        Trouble::Unreachable
    } else {
        Trouble::Other
    };
    answer.failure(doing, "hadoop", trouble)
}

impl Store for HdfsStore {
    fn kind(&self) -> &'static str {
        "hdfs"
    }

    fn uri_of(&self, name: &str) -> Result<String, UploadError> {
        in_folder(self.config.fetch_folder.as_ref().unwrap_or(&self.config.directory), name)
    }

    fn upload<'a>(
        &'a self,
        package: &'a Package,
        name: &'a str,
        progress: OnProgress,
    ) -> BoxFuture<'a, Result<Uploaded, UploadError>> {
        Box::pin(self.put(package, name, progress))
    }

    fn delete_package<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            check_name(name)?;
            let target = self.place(name);
            let doing = format!("delete {target}");
            self.run(&["-rm", "-f", "-skipTrash", &target], doing).await.map(drop)
        })
    }

    fn discard<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), UploadError>> {
        Box::pin(async move {
            check_name(name)?;
            if !self.part.is_begun() {
                return Ok(());
            }
            self.clean(name).await
        })
    }
}
