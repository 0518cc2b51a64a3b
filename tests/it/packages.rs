//! What becomes of a topology's package when the topology is killed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::corners::write;
use crate::environment::{TestEnv, zookeeper};
use crate::shelf::Shelf;
use crate::zk;

/// Changes a topology's record in the journal.
fn edit(env: &TestEnv, topology: &str, change: impl FnOnce(&mut Value)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = zk::connect(&zookeeper(), Duration::from_secs(10)).await.unwrap();
        let path = format!("{}/frameworks/{topology}", env.root);
        let mut record: Value =
            serde_json::from_slice(&zk::get(&client, &path).await.unwrap().unwrap()).unwrap();
        change(&mut record);
        zk::put(&client, &path, &serde_json::to_vec(&record).unwrap()).await.unwrap();
    });
}

/// Makes a record of it as version 0.1.0 wrote them: it doesn't say which package is the topology's.
fn make_old(env: &TestEnv, topology: &str) {
    edit(env, topology, |record| {
        assert!(record["launch"].as_object_mut().unwrap().remove("package").is_some());
    });
}

#[test]
fn a_package_goes_with_its_topology_whatever_is_left_of_that() {
    let env = TestEnv::new();
    let file = env.topology("parcel", 1);
    env.ok(&["submit", &file]);
    assert_eq!(env.stored().len(), 1);
    let killed = env.ok(&["kill", "parcel"]);
    assert!(killed.stdout.contains("nothing is left of it"), "{}", killed.stdout);
    assert_eq!(env.stored(), Vec::<PathBuf>::new());

    env.ok(&["submit", &file]);
    let submitted = env.stored();
    let killed = env.ok(&["kill", "parcel", "--state-only"]);
    assert!(killed.stdout.contains("its package stays at file://"), "{}", killed.stdout);
    assert_eq!(env.stored(), submitted);
    env.ok(&["kill", "parcel"]);
    env.assert_nothing_left("parcel");
}

#[test]
fn no_package_belongs_to_two_topologies() {
    let env = TestEnv::new();
    let file = env.topology("twin", 1);
    let uri = |words: &[&str]| {
        let words: Vec<&str> = ["submit"].iter().chain(words).copied().collect();
        env.json(&words)["upload"]["uri"].as_str().unwrap().to_owned()
    };
    let here = uri(&[&file, "--dry-run"]);
    assert_eq!(here, uri(&[&file, "--dry-run"]));
    assert_ne!(here, uri(&[&file, "--dry-run", "--config-property", "role=another"]));
    assert_ne!(here, uri(&[&file, "--dry-run", "--config-property", "dc=another"]));
}

#[test]
fn a_package_of_an_old_topology_stays_while_another_may_need_it() {
    let env = TestEnv::new();
    let file = env.topology("elder", 1);
    let submit = || {
        env.ok(&["submit", &file]);
        make_old(&env, "elder");
    };
    submit();
    let killed = env.json(&["kill", "elder"]);
    assert_eq!(killed["package"]["removed"], true, "{killed:#}");
    assert_eq!(env.stored(), Vec::<PathBuf>::new());

    // One that has the same package, and one of which nobody knows what it has.
    submit();
    let other = env.topology("younger", 1);
    env.ok(&["submit", &other]);
    let mut uri = Value::Null;
    edit(&env, "elder", |record| uri = record["launch"]["uris"][0]["value"].clone());
    edit(&env, "younger", |record| record["launch"]["uris"][0]["value"] = uri.clone());
    let killed = env.json(&["kill", "elder"]);
    let stays = json!({ "uri": uri, "removed": false, "why": "topology younger has the same" });
    assert_eq!(killed["package"], stays);
    env.ok(&["kill", "younger", "--keep-package"]);

    submit();
    write(&[format!("{}/frameworks/garbled", env.root)]);
    let killed = env.ok(&["kill", "elder"]);
    assert!(killed.stdout.contains("whether topology garbled has the same"), "{}", killed.stdout);
    assert!(Path::new(uri.as_str().unwrap().trim_start_matches("file://")).exists());
    env.assert_nothing_left("elder");
}

#[test]
fn a_package_that_can_not_be_removed_is_told() {
    let mut env = TestEnv::new();
    let shelf = Shelf::start();
    let uploader = "heron.class.uploader: HttpUploader".to_owned();
    let folder = format!("heron.uploader.http.uri: http://{}/files", shelf.address);
    let file = env.topology("stuck", 1);
    for (change, why) in [
        (vec![uploader.clone(), folder.clone()], "not authorized (status 401)"),
        (
            vec![uploader.clone(), "heron.uploader.http.uri: http://127.0.0.1:1/x".to_owned()],
            "can't be told",
        ),
        (Vec::new(), "the local store that is configured would have it at file://"),
    ] {
        env.write_config(&[uploader.clone(), folder.clone()]);
        env.ok(&["submit", &file]);
        shelf.guard("Bearer nobody's");
        env.write_config(&change);
        let killed = env.ok(&["kill", "stuck"]);
        assert!(killed.stderr.contains(why), "{}", killed.stderr);
        assert!(killed.stdout.contains("its package stays at http://"), "{}", killed.stdout);
        assert_eq!(shelf.names().len(), 1);
        env.assert_nothing_left("stuck");
        // It is told as before, and goes once it can.
        shelf.release();
        env.write_config(&[uploader.clone(), folder.clone()]);
        env.ok(&["submit", &file]);
        env.ok(&["kill", "stuck"]);
        assert_eq!(shelf.names(), Vec::<String>::new());
    }
}
