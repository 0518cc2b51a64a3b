//! What goes over a subscription, in both directions: Mesos' events become those of the state machine, and its calls become
//! Mesos' own. Pure; keeps the offers that are open.

use super::offers::OfferBook;
use super::translate;
use crate::mesos::call::{Body, Call};
use crate::mesos::event as mesos;
use crate::mesos::ids;
use crate::scheduler::call;
use crate::scheduler::ids::FrameworkId;
use crate::scheduler::record::Framework;
use crate::scheduler::step::Event;

/// The state of a subscription.
#[derive(Debug)]
pub(super) struct Exchange {
    /// As the master calls it: the only name under which it takes calls.
    framework: ids::FrameworkId,
    suppressed: bool,
    offers: OfferBook,
    /// What is to be told that the master doesn't tell.
    own: Vec<Event>,
}

impl Exchange {
    /// A subscription that has just been opened. `suppressed`: it asked for no offers.
    pub fn new(framework: &Framework, suppressed: bool) -> Self {
        Self {
            framework: translate::framework_id(&framework.id),
            suppressed,
            offers: OfferBook::new(framework),
            own: Vec::new(),
        }
    }

    /// What is to be told that doesn't come from the master: launches that came to nothing.
    pub fn own_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.own)
    }

    /// What the state machine wants to know of events that came together; none stands for the end of the stream. Failures
    /// of agents and executors show in the tasks' states.
    pub fn events(&mut self, batch: Vec<Option<mesos::Event>>) -> Vec<Event> {
        let rescinded: Vec<ids::OfferId> = batch.iter().flatten().filter_map(rescinded).collect();
        let mut told = Vec::with_capacity(batch.len());
        for event in batch {
            told.extend(match event {
                None => Some(Event::Disconnected),
                Some(mesos::Event::Subscribed { framework_id, .. }) => {
                    self.framework = framework_id;
                    let framework_id = FrameworkId(self.framework.0.clone());
                    Some(Event::Subscribed { framework_id, suppressed: self.suppressed })
                }
                Some(mesos::Event::Offers(mut offers)) => {
                    offers.retain(|offer| !rescinded.contains(&offer.id));
                    Some(Event::Offers(self.offers.receive(offers)))
                }
                Some(mesos::Event::Rescind(id)) => {
                    self.offers.rescind(&id);
                    None
                }
                Some(mesos::Event::Update(status)) => {
                    Some(Event::Update(translate::report(status)))
                }
                Some(mesos::Event::Error(message)) => Some(translate::last_word(message)),
                Some(_) => None,
            });
        }
        told
    }

    /// The calls in Mesos' words, in their order. What of a launch comes to nothing is told later.
    pub fn calls(&mut self, calls: Vec<call::Call>) -> Vec<Call> {
        let bodies: Vec<Body> = calls.into_iter().flat_map(|call| self.bodies(call)).collect();
        let framework_id = Some(self.framework.clone());
        bodies.into_iter().map(|body| Call { framework_id: framework_id.clone(), body }).collect()
    }

    fn bodies(&mut self, call: call::Call) -> Vec<Body> {
        match call {
            call::Call::Launch(launch) => {
                let taken = self.offers.accept(&launch);
                self.own.extend(taken.dropped.into_iter().map(Event::Update));
                taken.calls
            }
            call::Call::Decline { offers, seconds } => {
                self.offers.decline(&offers, seconds).into_iter().collect()
            }
            call::Call::Kill(kill) => vec![translate::kill(&kill)],
            call::Call::Reconcile(tasks) => vec![translate::reconcile(&tasks)],
            call::Call::Acknowledge(handle) => vec![translate::acknowledge(handle)],
            call::Call::Revive => vec![Body::Revive],
            call::Call::Suppress => vec![Body::Suppress],
            call::Call::TearDown => vec![Body::Teardown],
        }
    }
}

fn rescinded(event: &mesos::Event) -> Option<ids::OfferId> {
    match event {
        mesos::Event::Rescind(id) => Some(id.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scheduler::call::{Kill, Launch, LaunchTask};
    use crate::scheduler::closed::ClosedReason;
    use crate::scheduler::offer::Resources;
    use crate::scheduler::task::TaskState;

    fn exchange() -> Exchange {
        let framework: Framework = serde_json::from_value(json!({
            "id": {"value": "ours"}, "name": "n", "user": "u", "roles": ["*"], "failover_timeout_seconds": 1.0, "labels": [],
        }))
        .unwrap();
        Exchange::new(&framework, true)
    }

    fn event(document: &serde_json::Value) -> mesos::Event {
        mesos::Event::parse(document.to_string().as_bytes()).unwrap()
    }

    fn offers(ids: &[&str]) -> mesos::Event {
        let offer = |id: &&str| {
            json!({"id": {"value": id}, "agent_id": {"value": "a"}, "hostname": "h",
                   "resources": [{"name": "cpus", "type": "SCALAR", "scalar": {"value": 1.0}}]})
        };
        event(
            &json!({"type": "OFFERS", "offers": {"offers": ids.iter().map(offer).collect::<Vec<_>>()}}),
        )
    }

    fn launch(ids: &[&str]) -> call::Call {
        call::Call::Launch(Launch {
            offers: ids.iter().map(|id| (*id).into()).collect(),
            host_id: "a".into(),
            topology: "t".into(),
            tasks: vec![LaunchTask {
                container: 1,
                attempt: 1,
                task_id: "t-1-1".into(),
                resources: Resources { cpus: 1.0, ..Resources::default() },
                ports: Vec::new(),
                command: "run".into(),
                user: None,
                uris: Vec::new(),
                grace_ms: 1,
            }],
            decline_seconds: 1.0,
        })
    }

    #[test]
    fn calls_name_the_framework_as_the_master_does() {
        let mut exchange = exchange();
        let subscribed = event(
            &json!({"type": "SUBSCRIBED", "subscribed": {"framework_id": {"value": "theirs"}}}),
        );
        let told = exchange.events(vec![Some(subscribed)]);
        let framework_id = FrameworkId::from("theirs");
        assert_eq!(told, [Event::Subscribed { framework_id, suppressed: true }]);
        let calls = exchange.calls(vec![call::Call::Revive]);
        assert_eq!(
            serde_json::to_value(calls).unwrap(),
            json!([{"framework_id": {"value": "theirs"}, "type": "REVIVE"}])
        );
    }

    #[test]
    fn an_offer_that_is_rescinded_in_the_same_breath_is_not_told() {
        let mut exchange = exchange();
        let rescind = event(&json!({"type": "RESCIND", "rescind": {"offer_id": {"value": "1"}}}));
        let told = exchange.events(vec![Some(offers(&["1", "2"])), Some(rescind)]);
        let [Event::Offers(offers)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(offers[0].ids, ["2".into()]);
    }

    #[test]
    fn a_launch_whose_offer_was_rescinded_is_told_to_have_been_dropped() {
        let mut exchange = exchange();
        exchange.events(vec![Some(offers(&["1"]))]);
        let rescind = event(&json!({"type": "RESCIND", "rescind": {"offer_id": {"value": "1"}}}));
        assert!(exchange.events(vec![Some(rescind)]).is_empty());
        assert!(exchange.calls(vec![launch(&["1"])]).is_empty());
        let told = exchange.own_events();
        let [Event::Update(report)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((report.task_id.as_str(), &report.state), ("t-1-1", &TaskState::Dropped));
        assert_eq!(report.acknowledgement, None);
        assert!(exchange.own_events().is_empty());
    }

    #[test]
    fn calls_keep_their_order() {
        let mut exchange = exchange();
        exchange.events(vec![Some(offers(&["1", "2"]))]);
        let kill = Kill { task_id: "t-2-1".into(), host_id: Some("a".into()), grace_ms: 2500 };
        let decline = call::Call::Decline { offers: vec!["9".into()], seconds: 1.0 };
        let calls = exchange.calls(vec![
            call::Call::Suppress,
            launch(&["1", "2"]),
            decline,
            call::Call::Kill(kill),
            call::Call::Reconcile(vec![("t-3-1".into(), None)]),
            call::Call::TearDown,
        ]);
        let calls = serde_json::to_value(calls).unwrap();
        let kinds: Vec<_> =
            calls.as_array().unwrap().iter().map(|call| call["type"].as_str().unwrap()).collect();
        assert_eq!(
            kinds,
            ["SUPPRESS", "ACCEPT", "KILL", "RECONCILE", "TEARDOWN"],
            "an unknown offer isn't declined"
        );
        assert_eq!(calls[1]["accept"]["offer_ids"], json!([{"value": "1"}, {"value": "2"}]));
        assert_eq!(
            calls[2]["kill"],
            json!({"task_id": {"value": "t-2-1"}, "agent_id": {"value": "a"},
                   "kill_policy": {"grace_period": {"nanoseconds": 2_500_000_000_i64}}})
        );
        assert_eq!(calls[3]["reconcile"], json!({"tasks": [{"task_id": {"value": "t-3-1"}}]}));
    }

    #[test]
    fn the_masters_last_word_is_sorted() {
        let mut exchange = exchange();
        let mut reason = |message: &str| {
            let error = event(&json!({"type": "ERROR", "error": {"message": message}}));
            match exchange.events(vec![Some(error)]).as_slice() {
                [Event::Closed(closed)] => closed.reason,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(reason("Framework has been removed"), ClosedReason::Removed);
        assert_eq!(reason("Framework failed over"), ClosedReason::Superseded);
        assert_eq!(reason("Not authorized to use role 'x'"), ClosedReason::NotAllowed);
        assert_eq!(reason("Role 'x' is no role"), ClosedReason::Refused);
        let message = "Authorization failure: no answer".to_owned();
        let error = event(&json!({"type": "ERROR", "error": {"message": message.clone()}}));
        assert_eq!(exchange.events(vec![Some(error)]), [Event::TurnedAway(message)]);
        assert_eq!(exchange.events(vec![None]), [Event::Disconnected]);
    }
}
