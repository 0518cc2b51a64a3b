//! ZooKeeper: each server, a session, and what we may do in the tree.

use uuid::Uuid;

use super::judge;
use crate::context::{Context, StateTree};
use crate::net::cause::chain;
use crate::outcome::doctor::Check;
use crate::state::{Op, StateError};

/// Each server of the ensemble.
pub async fn endpoints(context: &Context<'_>) -> Vec<Check> {
    match context.ask_endpoints().await {
        Ok(asked) => asked.iter().map(|(report, took)| judge::endpoint(report, *took)).collect(),
        Err(error) => {
            let mend = "correct heron.statemgr.connection.string and what goes with it";
            vec![Check::failed("zookeeper", chain(error.as_ref()), mend)]
        }
    }
}

/// A session, the tree, and whether we may write into it; and the session, if there is one.
pub async fn state(context: &Context<'_>) -> (Vec<Check>, Option<StateTree>) {
    let state = match context.open().await {
        Ok(state) => state,
        Err(error) => {
            let mend =
                "see the servers above, and the credentials in heron.statemgr.zookeeper.auth.file";
            let failed = Check::failed("zookeeper session", chain(error.as_ref()), mend);
            return (vec![failed], None);
        }
    };
    let session = Check::passed("zookeeper session", format!("is open, with {}", state.place()));
    let rights = rights(context, &state).await;
    (std::iter::once(session).chain(rights).collect(), Some(state))
}

/// Writes a node that goes by itself, and looks at the time that the server gave it.
async fn rights(context: &Context<'_>, state: &StateTree) -> Vec<Check> {
    let root = state.tree.root();
    let name = "zookeeper rights";
    match state.zk.exists(root).await {
        Ok(Some(_)) => {}
        Ok(None) => {
            let detail = format!("{root} is not there yet: the first submission creates it");
            return vec![Check::passed(name, detail)];
        }
        Err(error) => return vec![denied(name, root, &error)],
    }
    let probe = format!("{root}/.heron-cli-doctor-{}", Uuid::new_v4());
    if let Err(error) = state.zk.commit(&[Op::create(&probe, Vec::new())]).await {
        return vec![denied(name, root, &error)];
    }
    let ours = (context.machine.clock)();
    let stat = state.zk.exists(&probe).await;
    let removed = state.zk.commit(&[Op::delete(&probe)]).await;
    let written = match removed {
        Ok(_) => Check::passed(name, format!("{root} can be written")),
        Err(error) => denied(name, &probe, &error),
    };
    let clock = stat.ok().flatten().map(|stat| judge::clock(ours, stat.ctime));
    std::iter::once(written).chain(clock).collect()
}

fn denied(name: &str, path: &str, error: &StateError) -> Check {
    let detail = format!("{path} can't be used: {}", chain(error));
    let mend = "have the znode's ACL let this user in, or set heron.statemgr.zookeeper.auth.file";
    Check::failed(name, detail, mend)
}
