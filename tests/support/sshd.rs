//! A real OpenSSH server for tests: Debian's package, run as the user of this process on a free loopback port, with
//! keys of its own. It dies with the process that started it.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

/// Where Debian's package `openssh-server` puts them; sshd insists on being started by its whole path.
const SSHD: &str = "/usr/sbin/sshd";
const SFTP_SERVER: &str = "/usr/lib/openssh/sftp-server";
/// How long a start may take on a busy machine.
const START_DEADLINE: Duration = Duration::from_secs(30);
/// Runs the server until our end of the pipe is closed, then kills it.
const KEEPER: &str = r#""$@" </dev/null >&2 & p=$!; echo started; read -r _; kill "$p" 2>/dev/null; wait "$p" 2>/dev/null"#;

/// A running server.
#[derive(Debug)]
pub struct Sshd {
    /// Its port on 127.0.0.1.
    pub port: u16,
    directory: PathBuf,
    keeper: Child,
    pipe: Option<ChildStdin>,
}

impl Sshd {
    /// Starts a server with its files in `directory`; `more` are lines for its configuration.
    pub fn start(directory: &Path, more: &[&str]) -> Result<Self> {
        ensure!(
            Path::new(SSHD).exists(),
            "there is no {SSHD}: install Debian's package `openssh-server`"
        );
        for name in ["host_key", "user_key", "other_key"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(directory.join(name))
                .status()?;
            ensure!(made.success(), "ssh-keygen failed");
        }
        std::fs::copy(directory.join("user_key.pub"), directory.join("authorized_keys"))?;
        // Started by root, sshd separates privileges, and wants this directory for it.
        if nix::unistd::getuid().is_root() {
            std::fs::create_dir_all("/run/sshd").context("failed to create /run/sshd")?;
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let config = directory.join("sshd_config");
        let at = directory.display();
        let own = more.iter().any(|line| line.starts_with("Subsystem sftp "));
        let sftp = if own { String::new() } else { format!("Subsystem sftp {SFTP_SERVER}\n") };
        let text = format!(
            "{}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {at}/host_key\nPidFile none\nUsePAM no\n\
             AuthorizedKeysFile {at}/authorized_keys\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nStrictModes no\nPermitRootLogin prohibit-password\n\
             MaxStartups 100\nLogLevel VERBOSE\n{sftp}",
            more.join("\n")
        );
        std::fs::write(&config, text)?;
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sshd", SSHD, "-D", "-f"])
            .arg(&config)
            .arg("-E")
            .arg(directory.join("sshd.log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipe = keeper.stdin.take();
        BufReader::new(keeper.stdout.take().context("no pipe")?).read_line(&mut String::new())?;
        let server = Self { port, directory: directory.to_owned(), keeper, pipe };
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if began.elapsed() > START_DEADLINE {
                bail!("sshd does not answer on port {port}:\n{}", server.log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Writes a client's configuration for it under the name of a host, and returns the file's path.
    pub fn client_config(&self, host: &str, key: &str, known: bool) -> PathBuf {
        let at = self.directory.display();
        let public = std::fs::read_to_string(self.directory.join("host_key.pub")).unwrap();
        let known_hosts = self.directory.join(format!("known_{host}"));
        let line =
            if known { format!("[127.0.0.1]:{} {public}", self.port) } else { String::new() };
        std::fs::write(&known_hosts, line).unwrap();
        let path = self.directory.join(format!("client_{host}"));
        let text = format!(
            "Host {host}\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {at}/{key}\n  IdentitiesOnly yes\n  \
             IdentityAgent none\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n",
            self.port,
            known_hosts.display()
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("sshd.log")).unwrap_or_default()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.keeper.wait();
    }
}
