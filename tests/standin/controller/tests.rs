//! Replays the recordings of a real TManager and TMaster, byte for byte except the date.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use prost::Message as _;

use super::*;

/// One recorded exchange.
#[derive(Debug)]
struct Exchange {
    request: Request,
    answer: String,
    /// The state and the version of `pplans/<t>` afterwards.
    after: Option<(TopologyState, u32)>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/controller-http")
}

fn text_of(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// Reads what `curl -sv` wrote.
fn exchange(text: &str) -> Exchange {
    let command = text.lines().next().unwrap();
    let form = command.split_once(" -d ").map_or("", |(_, rest)| rest.split(' ').next().unwrap());
    let sent: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("> ")).collect();
    let mut words = sent[0].split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let content_type =
        sent.iter().find_map(|line| line.strip_prefix("Content-Type: ")).unwrap_or_default();
    let head = text.lines().filter(|line| line.starts_with("< ") || *line == "<");
    let head = head.fold(String::new(), |all, line| all + line[1..].trim_start() + "\r\n");
    let body = text.split_once(" bytes data]\n< \n").map(|(_, rest)| rest);
    let body = body
        .or_else(|| text.rsplit_once(" bytes data]\n").map(|(_, rest)| rest))
        .unwrap_or_default();
    let body = match body.split_once("\n### pplan state after:") {
        Some((body, _)) => body.to_owned(),
        None => body.to_owned(),
    };
    let after = text.split_once("### pplan state after: ").map(|(_, rest)| state_after(rest));
    Exchange {
        request: Request::new(method, target, content_type, form),
        answer: head + &strip(&body, text),
        after,
    }
}

/// Success bodies have no line end; curl's transcript adds one. HTML bodies keep theirs.
fn strip(body: &str, text: &str) -> String {
    let body = body.strip_prefix("* Closing connection 0\n").unwrap_or(body);
    if text.contains("HTTP/1.1 200 ") {
        body.trim_end_matches('\n').to_owned()
    } else {
        body.to_owned()
    }
}

fn state_after(text: &str) -> (TopologyState, u32) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let state = if words[0] == "RUNNING" { TopologyState::Running } else { TopologyState::Paused };
    (state, words[4].parse().unwrap())
}

fn date_of(answer: &str) -> String {
    answer.lines().find_map(|line| line.strip_prefix("Date: ")).unwrap().trim().to_owned()
}

/// The plan of the recordings as it was before the first of them.
fn first_plan() -> PhysicalPlan {
    let text = text_of("22_get_current_physical_plan.txt");
    let body = text.lines().find(|line| line.starts_with("CuAF")).unwrap();
    let bytes = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    let mut plan = PhysicalPlan::decode(bytes.as_slice()).unwrap();
    assert_eq!(plan.encode_to_vec(), bytes);
    let clean = |config: &mut Config| config.kvs.retain(|entry| !entry.key.ends_with(":runtime"));
    plan.topology.topology_config.iter_mut().for_each(clean);
    plan.topology.spouts.iter_mut().for_each(|spout| clean(&mut spout.comp.config));
    plan.topology.bolts.iter_mut().for_each(|bolt| clean(&mut bolt.comp.config));
    plan
}

/// A TManager's plan and the version of its node.
struct Replayed(PhysicalPlan, u32);

impl Replayed {
    fn answer(&mut self, request: &Request, dialect: Dialect) -> Response {
        match answer(request, Some(&self.0), dialect) {
            Outcome::Reply(response) => response,
            Outcome::Store(plan, response) => {
                self.0 = *plan;
                self.1 += 1;
                response
            }
            Outcome::Crash => panic!("crashed on {request:?}"),
        }
    }

    fn check(&self, after: (TopologyState, u32), what: &str) {
        assert_eq!((self.0.topology.state, self.1), (after.0 as i32, after.1), "{what}");
    }
}

#[test]
fn answers_as_recorded_in_sequence() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| ("01".."25").contains(&name.get(..2).unwrap()) && !name.starts_with("0178"))
        .collect();
    names.sort();
    assert_eq!(names.len(), 24);
    let mut replayed = Replayed(first_plan(), 0);
    for name in names {
        let text = text_of(&name);
        let recorded = exchange(&text);
        let given = replayed.answer(&recorded.request, Dialect::LATEST);
        let bytes = given.bytes(&date_of(&recorded.answer), recorded.request.method == "HEAD");
        let given = String::from_utf8(bytes).unwrap();
        if recorded.request.method == "HEAD" {
            // curl -I prints the head twice.
            assert!(recorded.answer.starts_with(&given), "{name}: {given}");
        } else {
            assert_eq!(given, recorded.answer, "{name}");
        }
        replayed.check(recorded.after.unwrap(), &name);
    }
}

#[test]
fn answers_without_a_plan_as_recorded() {
    for name in ["00a_noplan_missing_id.txt", "00b_noplan_get_pplan.txt"] {
        let recorded = exchange(&text_of(name));
        let Outcome::Reply(given) = answer(&recorded.request, None, Dialect::LATEST) else {
            panic!("{name}");
        };
        let given = String::from_utf8(given.bytes(&date_of(&recorded.answer), false)).unwrap();
        assert_eq!(given, recorded.answer, "{name}");
    }
}

#[test]
fn dies_where_the_real_one_died() {
    let recorded = exchange(&text_of("00c_noplan_wrong_id_CRASH.txt"));
    assert_eq!(answer(&recorded.request, None, Dialect::LATEST), Outcome::Crash);
    let plan = first_plan();
    let recorded = exchange(&text_of("30_clean_checkpoints_nonstateful_crash.txt"));
    assert_eq!(answer(&recorded.request, Some(&plan), Dialect::LATEST), Outcome::Crash);
}

#[test]
fn answers_as_the_older_one_did() {
    let text = text_of("0178_all.txt");
    let mut replayed = Replayed(first_plan(), 0);
    let mut count = 0;
    for part in text.split("== ").skip(1) {
        let (target, rest) = part.split_once('\n').unwrap();
        let (head, rest) = rest.split_once("\n\n").unwrap();
        let (body, after) = rest.rsplit_once("pplan znode").map(|(all, _)| (all, rest)).unwrap();
        let line = after.lines().find(|line| line.contains("pplan znode")).unwrap();
        let body = body.trim_end_matches("RUNNING ").trim_end_matches("PAUSED ");
        let given =
            replayed.answer(&Request::new("GET", &format!("/{target}"), "", ""), Dialect::V0_17_8);
        let date = date_of(head);
        let expected = format!("{}\r\n\r\n", head.replace('\n', "\r\n"));
        let given = String::from_utf8(given.bytes(&date, false)).unwrap();
        // The recorder's script put one line end after each body.
        assert_eq!(given.clone() + "\n", expected + body, "{target}");
        replayed.check(state_after(line), target);
        count += 1;
    }
    assert_eq!(count, 8);
}

#[test]
fn cleans_checkpoints_of_a_stateful_topology() {
    let mut plan = first_plan();
    set(
        plan.topology.topology_config.as_mut().unwrap(),
        "topology.reliability.mode",
        "EFFECTIVELY_ONCE",
    );
    let target = format!("/clean_all_stateful_checkpoints?topologyid={}", plan.topology.id);
    let given = answer(&Request::new("GET", &target, "", ""), Some(&plan), Dialect::LATEST);
    assert_eq!(given, Outcome::Reply(Response::success("Checkpoints successfully cleaned")));
}

#[test]
fn every_recorded_node_survives_decoding_and_encoding() {
    let znodes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/znodes");
    let mut count = 0;
    for directory in ["running", "paused", "runtimeconfig", "0.17.8"] {
        let index = std::fs::read_to_string(znodes.join(directory).join("INDEX.txt")).unwrap();
        for line in index.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let bytes = std::fs::read(znodes.join(directory).join(fields[1])).unwrap();
            assert_eq!(bytes.len().to_string(), fields[2], "{line}");
            if bytes.is_empty() {
                continue;
            }
            let record = crate::tree::Record::decode(fields[0], &bytes).unwrap();
            assert_eq!(record.encode(), bytes, "{line}");
            count += 1;
        }
    }
    assert_eq!(count, 20);
}
