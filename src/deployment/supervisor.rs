//! The supervisors of a topology as they are to be: their size, what they fetch, and their command, which holds all of the configuration
//! that they need and nothing secret. Pure.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::container::megabytes;
use crate::config::Settings;
use crate::config::settings::{Backend, Mesos, State};
use crate::topology::shell::{ZeroByte, shell_command};

/// What the program is called in a sandbox.
pub const NAME: &str = "heron-cli";
/// Disk of a supervisor, in MB: room for the program, packed and unpacked, and for what it says.
const DISK_MB: f64 = 64.0;

/// The supervisors of a topology.
#[derive(Clone, Debug, PartialEq)]
pub struct SupervisorPlan {
    /// How many.
    pub count: u32,
    /// Cores of each.
    pub cpus: f64,
    /// Memory of each in MB (2^20 bytes).
    pub mem_mb: f64,
    /// Disk of each in MB (2^20 bytes).
    pub disk_mb: f64,
    /// The words of the command.
    pub argv: Vec<String>,
    /// The same for a shell.
    pub command: String,
    /// The program.
    pub program: FetchedProgram,
}

/// What the program is called in a sandbox where it comes in an archive whose URI doesn't end like one.
pub const ARCHIVE_NAME: &str = "heron-cli.tar.gz";

/// The program of the supervisors, as agents fetch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedProgram {
    /// Where it is.
    pub uri: String,
    /// Whether agents may keep it: its name tells its content.
    pub cache: bool,
    /// Whether it is in an archive.
    pub packed: bool,
}

impl SupervisorPlan {
    /// So many supervisors of a topology, by its name and id.
    ///
    /// # Errors
    /// A setting holds what no command line can carry.
    pub fn new(
        settings: &Settings,
        topology: (&str, &str),
        count: u32,
        program: FetchedProgram,
    ) -> Result<Self, ZeroByte> {
        let own = &settings.supervisors;
        let argv = argv(settings, topology);
        let command = shell_command(&argv)?;
        // An archive keeps the mode of what is in it.
        let command =
            if program.packed { command } else { format!("chmod 755 {NAME} && {command}") };
        Ok(Self {
            count,
            cpus: own.cpu,
            mem_mb: megabytes(own.ram),
            disk_mb: DISK_MB,
            argv,
            command,
            program,
        })
    }
}

/// The command line of a supervisor of a topology, by name and id.
fn argv(settings: &Settings, (name, id): (&str, &str)) -> Vec<String> {
    let mut argv = vec![format!("./{NAME}"), "supervise".to_owned()];
    for (key, value) in properties(settings) {
        argv.push(format!("--config-property={key}={value}"));
    }
    argv.extend([format!("--beside={id}"), name.to_owned()]);
    argv
}

/// What a supervisor needs to know of a configuration.
fn properties(settings: &Settings) -> Vec<(&'static str, String)> {
    let files = Files(settings.supervisors.files.as_deref());
    let mut all = vec![
        ("heron.config.cluster", settings.cluster.clone()),
        ("heron.config.role", settings.role.clone()),
        ("heron.config.environ", settings.environ.clone()),
    ];
    all.extend(of_state(&settings.state, files));
    all.extend(settings.mesos.iter().flat_map(|mesos| of_mesos(mesos, files)));
    all
}

fn of_state(state: &State, files: Files<'_>) -> Vec<(&'static str, String)> {
    let State { backend, root, journal_root, access, .. } = state;
    let Backend::ZooKeeper { connection, .. } = backend else { return Vec::new() };
    let mut all = vec![
        ("heron.statemgr.connection.string", connection.clone()),
        ("heron.statemgr.root.path", root.clone()),
        ("heron.mesos.framework.zookeeper.root", journal_root.clone()),
        ("heron.statemgr.zookeeper.session.timeout.ms", millis(state.session_timeout)),
        ("heron.statemgr.zookeeper.connection.timeout.ms", millis(state.connection_timeout)),
        ("heron.statemgr.zookeeper.jute.maxbuffer", state.max_buffer.get().to_string()),
        ("heron.statemgr.zookeeper.is.initialize.tree", state.initialize_tree.to_string()),
    ];
    if access.sasl {
        all.push(("heron.statemgr.zookeeper.auth.scheme", "sasl".to_owned()));
    }
    all.extend(
        [
            ("heron.statemgr.zookeeper.auth.file", access.auth_file.as_ref()),
            ("heron.statemgr.zookeeper.tls.ca.file", access.ca_file.as_ref()),
            (
                "heron.statemgr.zookeeper.tls.client.certificate.file",
                access.client_certificate_file.as_ref(),
            ),
        ]
        .into_iter()
        .filter_map(|(key, file)| Some((key, files.there(file?)))),
    );
    all
}

fn of_mesos(mesos: &Mesos, files: Files<'_>) -> Vec<(&'static str, String)> {
    let master = mesos.master.expose();
    let master = master.strip_prefix("file://").map_or_else(
        || master.to_owned(),
        |file| format!("file://{}", files.there(&PathBuf::from(file))),
    );
    let scheme = if mesos.https { "https" } else { "http" };
    let mut all = vec![
        ("heron.mesos.master.uri", master),
        ("heron.mesos.scheme", scheme.to_owned()),
        ("heron.mesos.role", mesos.roles.join(",")),
        ("heron.mesos.task.user", mesos.task_user.clone()),
        ("heron.mesos.kill.grace.seconds", seconds(mesos.kill_grace)),
        ("heron.mesos.maintenance.lead.seconds", seconds(mesos.maintenance_lead)),
        ("heron.mesos.unreachable.seconds", seconds(mesos.unreachable)),
    ];
    all.extend(mesos.principal.iter().map(|name| ("heron.mesos.principal", name.clone())));
    all.extend(
        [
            ("heron.mesos.secret.file", mesos.secret_file.as_ref()),
            ("heron.mesos.tls.ca.file", mesos.ca_file.as_ref()),
            ("heron.mesos.tls.client.certificate.file", mesos.client_certificate_file.as_ref()),
        ]
        .into_iter()
        .filter_map(|(key, file)| Some((key, files.there(file?)))),
    );
    all
}

/// Where agents have the files that the configuration names.
#[derive(Clone, Copy)]
struct Files<'a>(Option<&'a Path>);

impl Files<'_> {
    fn there(self, file: &PathBuf) -> String {
        let there = self.0.zip(file.file_name()).map(|(directory, name)| directory.join(name));
        there.as_ref().unwrap_or(file).display().to_string()
    }
}

fn millis(time: Duration) -> String {
    time.as_millis().to_string()
}

fn seconds(time: Duration) -> String {
    // Whole seconds read as such; a fraction needs its unit.
    if time.subsec_millis() == 0 {
        time.as_secs().to_string()
    } else {
        format!("{}ms", time.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Need;
    use crate::config::load::{Sources, load};

    fn settings(more: &[&str]) -> Settings {
        let lines = [
            "heron.statemgr.connection.string=zk1:2181,zk2:2181",
            "heron.statemgr.client.connection.string=localhost:9999",
            "heron.statemgr.root.path=/heron",
            "heron.mesos.master.uri=zk://zk1:2181/mesos",
            "heron.config.cluster=c",
            "heron.config.role=r",
            "heron.config.environ=e",
            "heron.package.core.uri=http://h/heron-core-0.20.5.tar.gz",
            "heron.class.uploader=LocalFileSystemUploader",
            "heron.mesos.kill.grace.seconds=1500ms",
        ];
        let properties = lines.iter().chain(more).map(|line| (*line).to_owned()).collect();
        let loaded = load(&Sources { properties, user: "me".into(), ..Sources::default() });
        loaded.unwrap().resolve(Need::Launch).settings.unwrap()
    }

    fn plan(settings: &Settings, packed: bool) -> SupervisorPlan {
        let program = FetchedProgram { uri: "http://h/p".into(), cache: false, packed };
        SupervisorPlan::new(settings, ("t", "t-id"), 2, program).unwrap()
    }

    #[test]
    fn a_supervisor_understands_what_it_is_told() {
        let submitter = settings(&["heron.supervisor.instances=2", "heron.mesos.role=a,b"]);
        let plan = plan(&submitter, true);
        assert_eq!((plan.count, plan.cpus, plan.mem_mb), (2, 0.1, 32.0));
        assert_eq!(plan.argv.first().unwrap(), "./heron-cli");
        assert_eq!(plan.argv.get(plan.argv.len() - 2..).unwrap(), ["--beside=t-id", "t"]);
        let told = plan.argv.iter().filter_map(|word| word.strip_prefix("--config-property="));
        let properties = told.map(str::to_owned).collect();
        let loaded = load(&Sources { properties, ..Sources::default() }).unwrap();
        let resolved = loaded.resolve(Need::Engine);
        assert_eq!(resolved.warnings, []);
        let its = resolved.settings.unwrap();
        let place = |one: &Settings| [one.cluster.clone(), one.role.clone(), one.environ.clone()];
        assert_eq!(place(&its), place(&submitter));
        let backend = Backend::ZooKeeper {
            connection: "zk1:2181,zk2:2181".into(),
            client_connection: "zk1:2181,zk2:2181".into(),
        };
        assert_eq!(its.state, State { backend, ..submitter.state.clone() });
        let (its, ours) = (its.mesos.unwrap(), submitter.mesos.unwrap());
        assert_eq!(its.master, ours.master);
        assert_eq!((its.https, its.roles, its.task_user), (ours.https, ours.roles, ours.task_user));
        assert_eq!(its.kill_grace, ours.kill_grace);
        assert_eq!(its.unreachable, ours.unreachable);
        assert_eq!(its.maintenance_lead, ours.maintenance_lead);
    }

    #[test]
    fn files_are_named_where_agents_have_them() {
        let settings = settings(&[
            "heron.supervisor.instances=1",
            "heron.supervisor.files.directory=/etc/heron of ours",
            "heron.mesos.principal=p",
            "heron.mesos.secret.file=/home/me/secret",
            "heron.statemgr.zookeeper.auth.file=/home/me/zk",
        ]);
        let plan = plan(&settings, false);
        for (key, file) in
            [("heron.mesos.secret.file", "secret"), ("heron.statemgr.zookeeper.auth.file", "zk")]
        {
            let word = format!("--config-property={key}=/etc/heron of ours/{file}");
            assert!(plan.argv.contains(&word), "{:?}", plan.argv);
        }
        let command = plan.command;
        assert!(command.starts_with("chmod 755 heron-cli && exec ./heron-cli supervise "));
        assert!(
            command
                .contains("'--config-property=heron.mesos.secret.file=/etc/heron of ours/secret'")
        );
    }
}
