//! An instance of a Python component: imports the component from the topology's pex, as Heron's instances do, and connects to its
//! stream manager. It processes no tuples.
//!
//! The import finds none of the options that the submission had: a module that wants them can't be imported here, and the
//! instance ends with the error.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use heron_cli::proto::api::Topology;
use prost::Message as _;
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::flags::Flags;
use crate::log;
use crate::registration::Line;

const FLAGS: [&str; 4] = ["--instance_id", "--topology_defn", "--topology_pex", "--stmgr_port"];

/// Imports the class that is its argument.
const IMPORT: &str = "import importlib, sys\nmodule, name = sys.argv[1].rsplit('.', 1)\ngetattr(importlib.import_module(module), name)";

/// Whether instances of this topology can be run: those of a real pex can, not those of the files that stand for one in tests.
pub fn can_run(topology: &str) -> bool {
    let is_pex = Path::new(topology).extension().is_some_and(|ending| ending == "pex");
    let Some(bytes) = Some(topology).filter(|_| is_pex).and_then(|path| std::fs::read(path).ok())
    else {
        return false;
    };
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let runs_python = first.starts_with(b"#!") && first.windows(6).any(|part| part == b"python");
    runs_python || bytes.starts_with(b"PK")
}

/// Runs until its process ends, or fails when the component can't be imported.
pub async fn run(arguments: &[String]) -> Result<u8> {
    let flags = Flags::parse(arguments, &FLAGS, &[])?;
    let id = flags.need("--instance_id")?;
    let class = component_class(flags.need("--topology_defn")?, id)?;
    let pex = flags.need("--topology_pex")?;
    log::line(&format!("instance {id} imports {class} from {pex}"));
    let imported = Command::new("python3")
        .args([pex, "-c", IMPORT, &class])
        .env("PEX_INTERPRETER", "1")
        .env_remove("HERON_OPTIONS")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .context("failed to run python3")?;
    ensure!(imported.success(), "failed to import {class} from {pex}: {imported}");
    let port = flags.port("--stmgr_port")?;
    loop {
        match TcpStream::connect(("127.0.0.1", port)).await {
            Ok(stream) => {
                let mut line = Line::new(stream);
                line.send(&id).await?;
                line.closed().await;
                log::line("the stream manager is gone");
            }
            Err(error) => log::line(&format!("waiting for the stream manager: {error}")),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The class of the component that an instance is of; ids are `container_<container>_<component>_<task>`.
fn component_class(definition: &str, id: &str) -> Result<String> {
    let bytes =
        std::fs::read(definition).with_context(|| format!("failed to read {definition}"))?;
    let topology = Topology::decode(bytes.as_slice())
        .with_context(|| format!("{definition} is no topology"))?;
    let name = id.strip_prefix("container_").and_then(|rest| rest.split_once('_'));
    let name = name.and_then(|(_, rest)| rest.rsplit_once('_')).map(|(name, _)| name);
    let name = name.with_context(|| format!("bad instance id {id}"))?;
    let spouts = topology.spouts.iter().map(|spout| &spout.comp);
    let mut components = spouts.chain(topology.bolts.iter().map(|bolt| &bolt.comp));
    let component = components.find(|component| component.name == name);
    let component = component.with_context(|| format!("{definition} has no component {name}"))?;
    component.class_name.clone().with_context(|| format!("the component {name} has no class"))
}
