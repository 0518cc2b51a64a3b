//! The command line and the settings made of it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// Simulated Mesos masters and agents in one process, for tests, benchmarks and the demo.
#[derive(Debug, Clone, Parser)]
#[command(name = "test-cluster")]
pub struct Options {
    /// Number of masters.
    #[arg(long, default_value_t = 1)]
    pub masters: usize,
    /// Number of agents.
    #[arg(long, default_value_t = 1)]
    pub agents: usize,
    /// Where the masters elect: `host:port[,host:port]/path`, with or without `zk://`.
    #[arg(long)]
    pub zk: Option<String>,
    /// ZooKeeper session timeout of the masters in milliseconds.
    #[arg(long, default_value_t = 6000)]
    pub zk_session_ms: u64,
    /// Directory for sandboxes.
    #[arg(long)]
    pub work_dir: PathBuf,
    /// Ports of the masters, in order; free ones by default.
    #[arg(long, value_delimiter = ',')]
    pub master_port: Vec<u16>,
    /// Ports of the agents, in order; free ones by default.
    #[arg(long, value_delimiter = ',')]
    pub agent_port: Vec<u16>,
    /// Port of the control interface; a free one by default.
    #[arg(long, default_value_t = 0)]
    pub control_port: u16,
    /// CPUs of each agent.
    #[arg(long, default_value_t = 8.0)]
    pub cpus: f64,
    /// Memory of each agent in MB.
    #[arg(long, default_value_t = 16384.0)]
    pub mem: f64,
    /// Disk of each agent in MB.
    #[arg(long, default_value_t = 50000.0)]
    pub disk: f64,
    /// Task ports of an agent, as `[31000-31099,31200-31299]`; repeat for further agents, the last one
    /// counts for the rest. By default each agent gets free ports that nobody else has.
    #[arg(long)]
    pub ports: Vec<String>,
    /// How many task ports an agent gets by default.
    #[arg(long, default_value_t = 100)]
    pub ports_per_agent: u64,
    /// Break the default task ports into ranges of so many ports with one missing between.
    #[arg(long, default_value_t = 0)]
    pub port_fragments: u64,
    /// The role that task ports are reserved for; by default they are anybody's.
    #[arg(long)]
    pub port_role: Option<String>,
    /// Further resources of each agent as a JSON list of Resource, reservations included.
    #[arg(long)]
    pub resources: Option<String>,
    /// Attributes as `name:value;name:value`; repeat for further agents, the last one counts for the rest.
    #[arg(long)]
    pub attributes: Vec<String>,
    /// Give each agent an address and host name of its own: 127.0.0.1, 127.0.0.2 …
    #[arg(long)]
    pub distinct_hosts: bool,
    /// Tasks are no processes: they become `TASK_RUNNING` and stay so.
    #[arg(long)]
    pub fake_tasks: bool,
    /// Heed the grace period that a KILL asks for, as agents with this flag do; others go by the task's alone.
    #[arg(long)]
    pub http_command_executor: bool,
    /// Users that exist on the agents; all by default. Tasks always run as the user of this process.
    #[arg(long, value_delimiter = ',')]
    pub users: Vec<String>,
    /// Variables that every task gets besides Mesos's own, as `NAME=value`.
    #[arg(long)]
    pub task_env: Vec<String>,
    /// Where agents find `bin/hadoop`, which fetches what is neither a file nor on the web.
    #[arg(long)]
    pub hadoop_home: Option<PathBuf>,
    /// Interval of allocations in milliseconds.
    #[arg(long, default_value_t = 50)]
    pub allocation_interval_ms: u64,
    /// Interval of heartbeats in milliseconds.
    #[arg(long, default_value_t = 15000)]
    pub heartbeat_ms: u64,
    /// First wait before an update is sent again, in milliseconds; doubled each time.
    #[arg(long, default_value_t = 10000)]
    pub ack_retry_ms: u64,
    /// Time after which a lost agent is unreachable, in milliseconds.
    #[arg(long, default_value_t = 75000)]
    pub agent_ping_timeout_ms: u64,
    /// Time after which an agent that a new master knows from the registry only is unreachable.
    #[arg(long, default_value_t = 600_000)]
    pub agent_reregister_timeout_ms: u64,
    /// A new master knows nothing of the agents of the one before.
    #[arg(long)]
    pub in_memory_registry: bool,
    /// Time that agents take to find a new leader, in milliseconds.
    #[arg(long, default_value_t = 200)]
    pub reregister_ms: u64,
    /// Time that a newly elected master takes to recover, in milliseconds.
    #[arg(long, default_value_t = 0)]
    pub recovery_ms: u64,
    /// Principal for HTTP basic authentication.
    #[arg(long)]
    pub principal: Option<String>,
    /// File with the secret, or with `{"principal":…,"secret":…}`.
    #[arg(long)]
    pub secret_file: Option<PathBuf>,
    /// Realms that want authentication when there are credentials: frameworks, readonly, readwrite, agent.
    #[arg(long, value_delimiter = ',', default_value = "frameworks,readonly,readwrite,agent")]
    pub authenticate: Vec<String>,
    /// Don't keep the calls, only count them.
    #[arg(long)]
    pub no_call_log: bool,
    /// Stop when standard input ends.
    #[arg(long)]
    pub stop_on_eof: bool,
    /// Go on when the parent process ends.
    #[arg(long)]
    pub keep_on_parent_exit: bool,
}

/// What the machinery needs to know at run time.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Interval of allocations.
    pub allocation_interval: Duration,
    /// Interval of heartbeats.
    pub heartbeat: Duration,
    /// First wait before an update is sent again.
    pub ack_retry: Duration,
    /// Time after which a lost agent is unreachable.
    pub ping_timeout: Duration,
    /// Time after which an agent of the registry is unreachable.
    pub reregister_timeout: Duration,
    /// A new master knows nothing of the agents of the one before.
    pub in_memory_registry: bool,
    /// Time that agents take to find a new leader.
    pub reregister: Duration,
    /// Time that a new leader takes to recover.
    pub recovery: Duration,
    /// Tasks are no processes.
    pub fake_tasks: bool,
    /// Whether the grace period of a KILL counts.
    pub http_command_executor: bool,
    /// Users that exist; empty for all.
    pub users: Vec<String>,
    /// Further variables of tasks.
    pub task_env: Vec<(String, String)>,
    /// Where `bin/hadoop` is.
    pub hadoop_home: Option<PathBuf>,
    /// Principal and secret.
    pub credentials: Option<(String, String)>,
    /// Realms that want them.
    pub authenticate: Vec<String>,
}

impl Options {
    /// The settings; the error names what can't be read.
    pub fn settings(&self) -> Result<Settings, String> {
        let ms = Duration::from_millis;
        Ok(Settings {
            allocation_interval: ms(self.allocation_interval_ms.max(1)),
            heartbeat: ms(self.heartbeat_ms.max(1)),
            ack_retry: ms(self.ack_retry_ms.max(1)),
            ping_timeout: ms(self.agent_ping_timeout_ms),
            reregister_timeout: ms(self.agent_reregister_timeout_ms),
            in_memory_registry: self.in_memory_registry,
            reregister: ms(self.reregister_ms),
            recovery: ms(self.recovery_ms),
            fake_tasks: self.fake_tasks,
            http_command_executor: self.http_command_executor,
            users: self.users.clone(),
            task_env: self
                .task_env
                .iter()
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (name.to_owned(), value.to_owned())
                })
                .collect(),
            hadoop_home: self.hadoop_home.clone(),
            credentials: self.credentials()?,
            authenticate: self.authenticate.clone(),
        })
    }

    fn credentials(&self) -> Result<Option<(String, String)>, String> {
        let Some(file) = &self.secret_file else {
            return match &self.principal {
                Some(_) => Err("--principal needs --secret-file".to_owned()),
                None => Ok(None),
            };
        };
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("can't read {}: {error}", file.display()))?;
        let object: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let secret = object["secret"].as_str().unwrap_or(text.trim()).to_owned();
        let principal = self
            .principal
            .clone()
            .or_else(|| object["principal"].as_str().map(str::to_owned))
            .ok_or("--secret-file needs --principal, or a principal in the file")?;
        Ok(Some((principal, secret)))
    }
}
