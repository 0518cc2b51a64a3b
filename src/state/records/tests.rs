use super::*;
use proptest::prelude::*;

/// Each recorded tree with the names of its nodes' files.
fn recordings() -> Vec<(String, String, Vec<u8>)> {
    let base = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/znodes");
    let mut found = Vec::new();
    for tree in std::fs::read_dir(base).unwrap() {
        let tree = tree.unwrap().path();
        let index = std::fs::read_to_string(tree.join("INDEX.txt")).unwrap();
        for line in index.lines() {
            let mut columns = line.split('\t');
            let (Some(path), Some(file)) = (columns.next(), columns.next()) else { panic!() };
            let message = columns.nth(2).unwrap();
            if message != "(directory)" {
                let bytes = std::fs::read(tree.join(file)).unwrap();
                found.push((path.to_owned(), message.to_owned(), bytes));
            }
        }
    }
    found
}

fn read_and_write<R: Record>(path: &str, bytes: &[u8]) -> Vec<u8> {
    R::read(path, bytes).unwrap().encode_to_vec()
}

#[test]
fn every_recorded_node_comes_back_as_the_same_bytes() {
    let mut count = 0;
    for (path, message, bytes) in recordings() {
        let again = match message.as_str() {
            "heron.proto.api.Topology" => read_and_write::<Topology>(&path, &bytes),
            "heron.proto.system.ExecutionState" => {
                assert_eq!(execution_state_field_numbers(&bytes), FieldNumbers::Current);
                read_and_write::<ExecutionState>(&path, &bytes)
            }
            "heron.proto.system.PackingPlan" => read_and_write::<PackingPlan>(&path, &bytes),
            "heron.proto.system.PhysicalPlan" => read_and_write::<PhysicalPlan>(&path, &bytes),
            "heron.proto.tmanager.TManagerLocation" => {
                read_and_write::<TManagerLocation>(&path, &bytes)
            }
            other => panic!("unexpected {other}"),
        };
        assert_eq!(again, bytes, "{path}");
        count += 1;
    }
    assert_eq!(count, 20, "four trees of five records");
}

#[test]
fn every_cut_of_a_recording_is_an_error_or_complete_but_never_a_panic() {
    for (path, message, bytes) in recordings() {
        if message != "heron.proto.system.PhysicalPlan" {
            continue;
        }
        for end in 0..bytes.len() {
            let _ = PhysicalPlan::read(&path, &bytes[..end]);
        }
    }
}

#[test]
fn an_incomplete_record_names_node_and_field() {
    let bytes = [0x0a, 1, b't', 0x12, 1, b'i'];
    let error = TManagerLocation::read("/heron/tmanagers/t", &bytes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/heron/tmanagers/t holds an incomplete heron.proto.tmanager.TManagerLocation: \
         the required field host is missing"
    );
    let error = Topology::read("/heron/topologies/t", b"\xff\xff").unwrap_err();
    assert!(matches!(error, RecordError::Malformed { .. }), "{error}");
}

#[test]
fn an_execution_state_of_2015_is_read() {
    let old = until_0_13_3::ExecutionState {
        topology_name: "t".into(),
        topology_id: "t1".into(),
        submission_time: Some(1_450_000_000),
        submission_user: Some("me".into()),
        dc: Some("smf1".into()),
        environ: Some("devel".into()),
        role: Some("me".into()),
        release_state: None,
        cluster: None,
    };
    let bytes = old.encode_to_vec();
    assert_eq!(execution_state_field_numbers(&bytes), FieldNumbers::Until0133);
    let read = ExecutionState::read("/x", &bytes).unwrap();
    assert_eq!(read.cluster, "smf1");
    assert_eq!(read.environ, "devel");
    assert_eq!(read.submission_time, Some(1_450_000_000));

    let later = until_0_13_3::ExecutionState { cluster: Some("c".into()), ..old };
    assert_eq!(ExecutionState::read("/x", &later.encode_to_vec()).unwrap().cluster, "c");
    let bare =
        until_0_13_3::ExecutionState { submission_time: None, cluster: Some("c".into()), ..later };
    assert_eq!(execution_state_field_numbers(&bare.encode_to_vec()), FieldNumbers::Until0133);
}

#[test]
fn a_scheduler_location_of_2015_is_read() {
    for endpoint in ["host:8080", "no_scheduler_endpoint"] {
        let old = until_0_13_3::SchedulerLocation {
            topology_name: "t".into(),
            http_endpoint: endpoint.into(),
        };
        let read = SchedulerLocation::read("/x", &old.encode_to_vec()).unwrap();
        assert_eq!(read.http_endpoint, endpoint);
        assert!(read.job_page_link.is_empty());
    }
    let new = SchedulerLocation {
        topology_name: "t".into(),
        http_endpoint: "host:1".into(),
        job_page_link: vec!["http://h:2/".into()],
    };
    assert_eq!(SchedulerLocation::read("/x", &new.encode_to_vec()).unwrap(), new);
    let neither =
        until_0_13_3::SchedulerLocation { topology_name: "t".into(), http_endpoint: "x".into() };
    let error = SchedulerLocation::read("/x", &neither.encode_to_vec()).unwrap_err();
    assert!(
        matches!(error, RecordError::Incomplete { ref fault, .. } if fault.field == "http_endpoint")
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Topology::read("/x", &bytes);
        let _ = PhysicalPlan::read("/x", &bytes);
        let _ = ExecutionState::read("/x", &bytes);
        let _ = SchedulerLocation::read("/x", &bytes);
    }
}
