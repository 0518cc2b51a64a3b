use proptest::prelude::*;

use super::*;

const FAILED: &str = "\
I1123 16:26:39.100000  4711 fetcher.cpp:562] Fetcher Info: {\"items\":[]}
I1123 16:26:39.200000  4711 fetcher.cpp:459] Fetching URI 'http://h/heron-core.tar.gz'
W1123 16:26:39.300000  4711 fetcher.cpp:332] Copying instead of extracting resource
E1123 16:26:41.350000  4711 fetcher.cpp:613] EXIT with status 1: Failed to fetch 'http://h/heron-core.tar.gz': 404
";

#[test]
fn archives_are_told_by_their_names() {
    for name in ["a.tar", "a.tgz", "a.tar.gz", "a.tbz2", "a.tar.bz2", "a.txz", "a.tar.xz", "a.zip"]
    {
        assert!(is_archive(name), "{name}");
    }
    for name in ["a", "a.gz", "a.pex", "a.jar", "a.tar.gz?sig=x", "a.TGZ", "tar", ""] {
        assert!(!is_archive(name), "{name}");
    }
}

#[test]
fn what_is_not_called_an_archive_gets_such_a_name_and_no_cache() {
    let named = archive("http://h/core-0.20.5.tar.gz", "core.tar.gz", true);
    assert_eq!((named.extract, named.cache, named.output_file), (true, true, None));
    let query = archive("http://h/core-0.20.5.tar.gz?token=1", "core.tar.gz", true);
    assert_eq!((query.extract, query.cache), (true, false));
    assert_eq!(sandbox_name(&query.value, query.output_file.as_deref()), "core.tar.gz");
    let bare = archive("http://h/0.20.5/core", "core.tar.gz", true);
    assert_eq!((bare.cache, bare.output_file.as_deref()), (false, Some("core.tar.gz")));
    assert_eq!(sandbox_name("file:///a/b.tgz", None), "b.tgz");
}

#[test]
fn a_complaint_is_what_is_no_information() {
    assert_eq!(
        complaint(FAILED).unwrap(),
        "Copying instead of extracting resource\n\
         EXIT with status 1: Failed to fetch 'http://h/heron-core.tar.gz': 404"
    );
    assert_eq!(complaint("sh: 1: hadoop: not found\n").unwrap(), "sh: 1: hadoop: not found");
    assert_eq!(complaint("I1123 16:26:39.1 1 fetcher.cpp:562] Fetched\n"), None);
    assert_eq!(complaint(""), None);
}

#[test]
fn the_time_is_taken_from_the_log() {
    assert!((seconds(FAILED).unwrap() - 2.25).abs() < 1e-6);
    assert_eq!(seconds("I1123 16:26:39.1 1 fetcher.cpp:562] one line\n"), None);
    let midnight = "I1123 23:59:59.5 1 fetcher.cpp:1] a\nI1124 00:00:00.75 1 fetcher.cpp:1] b\n";
    assert!((seconds(midnight).unwrap() - 1.25).abs() < 1e-6);
}

proptest! {
    #[test]
    fn any_log_is_read(text in "([IWEF]?[0-9]{0,9} ?[0-9:.]{0,16} ?[a-z.:0-9]{0,20}\\]? ?.{0,20}\n){0,4}") {
        let _ = (complaint(&text), seconds(&text));
    }
}
