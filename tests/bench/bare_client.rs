//! The least that launches tasks on the test cluster: what `submit` is compared with in `docs/benchmarks.md`.
//!
//! It subscribes, accepts what is offered until so many tasks are launched, acknowledges their updates, and ends when all
//! of them run. It writes nothing down.

#![allow(clippy::print_stdout, reason = "a program; its output is its purpose")]

use anyhow::{Context as _, Result, bail};
use heron_cli::mesos::call::{
    Accept, Acknowledge, Body, Call, Capability, CommandInfo, FrameworkInfo, Launch, Operation,
    TaskInfo,
};
use heron_cli::mesos::event::{Event, TaskState};
use heron_cli::mesos::http::{Http, HttpSettings};
use heron_cli::mesos::ids::{FrameworkId, TaskId};
use heron_cli::mesos::master::{LeaderUrl, Scheme};
use heron_cli::mesos::offer::Offer;
use heron_cli::mesos::resources::{Pool, Want};
use heron_cli::mesos::scheduler_client::Subscription;

const ROLE: &str = "*";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, count] = words.as_slice() else { bail!("usage: bare-client HOST PORT TASKS") };
    let leader = LeaderUrl::new(Scheme::Http, host, port.parse()?).context("no address")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(&leader, count.parse()?))
}

async fn run(leader: &LeaderUrl, count: usize) -> Result<()> {
    let http = Http::new(HttpSettings::default())?;
    let mut stream = Subscription::open(&http, leader, info(), Vec::new()).await?;
    let caller = stream.caller();
    let (mut id, mut launched, mut running) = (None, 0, 0);
    while running < count {
        let body = match stream.next_event().await? {
            Event::Subscribed { framework_id, .. } => {
                id = Some(framework_id);
                continue;
            }
            Event::Offers(offers) => {
                for offer in &offers {
                    let tasks = tasks(offer, count, &mut launched);
                    let operations =
                        vec![Operation::Launch { launch: Launch { task_infos: tasks } }];
                    let offer_ids = vec![offer.id.clone()];
                    let accept = Accept { offer_ids, operations, filters: None };
                    send(&caller, id.clone(), Body::Accept { accept }).await?;
                }
                continue;
            }
            Event::Update(status) => {
                running += usize::from(status.state == TaskState::Running);
                let (Some(uuid), Some(agent_id)) = (status.uuid, status.agent_id) else { continue };
                Body::Acknowledge {
                    acknowledge: Acknowledge { agent_id, task_id: status.task_id, uuid },
                }
            }
            _ => continue,
        };
        send(&caller, id.clone(), body).await?;
    }
    send(&caller, id, Body::Teardown).await?;
    println!("{count} tasks ran");
    Ok(())
}

fn info() -> FrameworkInfo {
    let names = ["MULTI_ROLE", "RESERVATION_REFINEMENT", "PARTITION_AWARE"];
    FrameworkInfo {
        user: "root".to_owned(),
        name: "bare".to_owned(),
        failover_timeout: 0.0,
        checkpoint: true,
        roles: vec![ROLE.to_owned()],
        capabilities: names.map(|name| Capability { name: name.to_owned() }).to_vec(),
        ..FrameworkInfo::default()
    }
}

fn tasks(offer: &Offer, count: usize, launched: &mut usize) -> Vec<TaskInfo> {
    let want = Want { cpus: 1.0, mem_mb: 256.0, disk_mb: 256.0 };
    let mut pool = Pool::from_offers(&[offer], &[ROLE], &[]);
    let mut tasks = Vec::new();
    while *launched < count {
        let free = pool.ports().into_iter().flat_map(|(first, last)| first..=last);
        let ports: Vec<u16> = free.take(9).collect();
        if ports.len() < 9 {
            break;
        }
        let Ok(resources) = pool.take(&want, &ports) else { break };
        *launched += 1;
        tasks.push(TaskInfo {
            name: format!("bare-{launched}"),
            task_id: TaskId(format!("bare-{launched}")),
            agent_id: offer.agent_id.clone(),
            resources,
            command: CommandInfo {
                shell: true,
                value: "sleep 1000".to_owned(),
                user: None,
                environment: None,
                uris: Vec::new(),
            },
            kill_policy: None,
            labels: None,
        });
    }
    tasks
}

async fn send(
    caller: &heron_cli::mesos::scheduler_client::CallSender,
    framework_id: Option<FrameworkId>,
    body: Body,
) -> Result<()> {
    Ok(caller.send(&Call { framework_id, body }).await?)
}
