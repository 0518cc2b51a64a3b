//! What was given stands in the file, and the file is good.

use super::*;
use crate::config::judge;
use crate::config::load::{Sources, load};
use crate::config::settings::{Need, Uploader};

fn essentials(packages: &str) -> Essentials {
    Essentials {
        zookeeper: "zk1:2181,zk2:2181".to_owned(),
        root: "/heron/prod".to_owned(),
        master: "zk://zk1:2181/mesos".to_owned(),
        core: "http://files/heron-core.tar.gz".to_owned(),
        packages: packages.to_owned(),
    }
}

#[test]
fn every_store_makes_a_good_file() {
    let places = [
        "/mnt/heron",
        "http://files/topologies",
        "hdfs://nn:8020/heron",
        "s3://bucket/some/folder",
        "gs://bucket",
    ];
    for place in places {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), filled(&essentials(place)).unwrap()).unwrap();
        let config_file = Some(file.path().to_owned());
        let user = "alice".to_owned();
        let loaded = load(&Sources { config_file, user, ..Sources::default() }).unwrap();
        let settings =
            judge(&loaded, Need::Launch).settings.unwrap_or_else(|e| panic!("{place}: {e}"));
        assert_eq!(settings.state.root, "/heron/prod");
        assert_eq!(settings.state.backend.connection(), "zk1:2181,zk2:2181");
        assert_eq!(settings.mesos.unwrap().master.expose(), "zk://zk1:2181/mesos");
        assert_eq!(settings.core_uri, "http://files/heron-core.tar.gz");
        let local = matches!(settings.uploader, Uploader::LocalFileSystem { .. });
        assert_eq!(local, place.starts_with('/'), "{place}");
    }
}

#[test]
fn other_places_are_refused() {
    for place in ["", "files", "ftp://h/x", "gs://bucket/below"] {
        assert!(store(place).is_err(), "{place}");
    }
}
