//! Servers of packages that say nothing: the store's, the core package's, the topology's.

use super::silent::Silent;
use super::{all_end, ends, words};
use crate::environment::TestEnv;

#[test]
fn a_silent_store_holds_nobody_up() {
    let env = TestEnv::new();
    let file = env.topology("waited", 1);
    let server = Silent::start();
    for (uploader, key) in [
        ("HttpUploader", format!("heron.uploader.http.uri=http://{}/x", server.address)),
        ("WebHdfsUploader", format!("heron.uploader.webhdfs.uri=http://{}/x", server.address)),
    ] {
        let properties = [format!("heron.class.uploader={uploader}"), key];
        all_end(
            &env,
            &file,
            &[("submit FILE", 9), ("submit FILE --dry-run", 0)],
            &server,
            &properties,
        );
        let ran = ends(&env, &words("submit FILE", &file), &properties, &[9], "store after 2 s");
        assert!(ran.stderr.contains("nothing was changed"), "{}", ran.stderr);
        env.assert_nothing_left("waited");
    }
}

#[test]
fn a_silent_host_of_the_core_package_holds_nobody_up() {
    let env = TestEnv::new();
    let file = env.topology("waited", 1);
    let server = Silent::start();
    let core = [format!("heron.core.release.uri=http://{}/core.tar.gz", server.address)];
    let lines = [("submit FILE", 9), ("submit FILE --dry-run", 9), ("check fetch", 9)];
    all_end(&env, &file, &lines, &server, &core);
    env.assert_nothing_left("waited");
}

#[test]
fn a_silent_host_of_the_topology_holds_nobody_up() {
    let env = TestEnv::new();
    let server = Silent::start();
    let url = format!("http://{}/t.jar", server.address);
    let line = format!("submit {url} com.example.Main");
    all_end(&env, "", &[(line.as_str(), 7)], &server, &[]);
    env.assert_nothing_left("waited");
}
