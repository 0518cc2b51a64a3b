//! A real HDFS for tests: Hadoop's own small cluster, one name node and one data node on free loopback ports.
//!
//! It dies with the process that started it: its main reads a pipe from us.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

/// A running HDFS.
#[derive(Debug)]
pub struct Hdfs {
    /// The name node for Hadoop's own protocol: `hdfs://localhost:PORT`.
    pub uri: String,
    /// The name node for WebHDFS, whose path is `/webhdfs/v1/…`: `http://localhost:PORT`.
    pub http: String,
    server: Child,
    pipe: Option<ChildStdin>,
}

impl Hdfs {
    /// Starts it with its data below `data`; the first time ever, that downloads Hadoop. It runs as the user of this
    /// process, who is its superuser. `settings` are `KEY=VALUE` for Hadoop's configuration.
    pub fn start(data: &Path, settings: &[&str]) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let script = "tests/support/get-hadoop.sh";
        let got = Command::new(root.join(script)).output().context(script)?;
        ensure!(got.status.success(), "{script} failed:\n{}", String::from_utf8_lossy(&got.stderr));
        let log_path = data.join("hdfs.log");
        let log = File::create(&log_path).context("failed to create hdfs.log")?;
        let jars = root.join(".tools/hadoop");
        let class_path = format!(
            "{0}/classes:{0}/*:/usr/share/java/slf4j-api.jar:/usr/share/java/slf4j-simple.jar",
            jars.display()
        );
        let mut server = Command::new("java")
            .args(["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .args(["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", &class_path])
            .arg("HdfsCluster")
            .arg(data.join("hdfs"))
            .args(settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("failed to run java: install Debian's package `default-jre-headless`")?;
        let pipe = server.stdin.take();
        let lines = BufReader::new(server.stdout.take().context("no pipe")?).lines();
        for line in lines {
            let line = line?;
            if let ["ready", uri, http] = line.split(' ').collect::<Vec<_>>()[..] {
                return Ok(Self { uri: uri.to_owned(), http: http.to_owned(), server, pipe });
            }
        }
        let _ = server.wait();
        let said = std::fs::read_to_string(&log_path).unwrap_or_default();
        bail!("HDFS ended before it was ready:\n{said}")
    }

    /// Stops it at once.
    pub fn stop(&mut self) {
        drop(self.pipe.take());
        let _ = self.server.wait();
    }
}

impl Drop for Hdfs {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What `HADOOP_HOME` is for the real client, of the same version.
pub fn hadoop_home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/hadoop")
}

/// Runs `hadoop fs` with arguments; its standard output, or its standard error if it fails.
pub fn hadoop_fs(arguments: &[&str]) -> Result<String, String> {
    let program = hadoop_home().join("bin/hadoop");
    let output = Command::new(program).arg("fs").args(arguments).output();
    let output = output.map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
