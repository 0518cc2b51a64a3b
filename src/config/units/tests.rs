//! Amounts with and without units.

use proptest::prelude::*;

use super::*;

#[test]
fn durations() {
    let read = |text| duration(text, TimeUnit::Milliseconds).map(|d| d.as_millis());
    assert_eq!(read("30000"), Some(30_000));
    assert_eq!(read(" 30s "), Some(30_000));
    assert_eq!(read("30 seconds"), Some(30_000));
    assert_eq!(read("1.5h"), Some(5_400_000));
    assert_eq!(read("1h30m"), Some(5_400_000));
    assert_eq!(read("1 h 30 m"), Some(5_400_000));
    assert_eq!(read("2w"), Some(1_209_600_000));
    assert_eq!(duration("60", TimeUnit::Seconds), Some(Duration::from_mins(1)));
    for bad in
        ["", "s", "-1", "1x", "1 2", "5m 3", "1..5", ".", "1e3", "999999999999999999999", "9999y"]
    {
        assert_eq!(read(bad), None, "{bad:?}");
    }
}

#[test]
fn byte_amounts() {
    let read = |text| bytes(text).map(Bytes::get);
    assert_eq!(read("1073741824"), Some(1 << 30));
    assert_eq!(read("1GB"), Some(1 << 30));
    assert_eq!(read("1 GiB"), Some(1 << 30));
    assert_eq!(read("512m"), Some(512 << 20));
    assert_eq!(read("1.5g"), Some(1536 << 20));
    for bad in ["", "-1", "1q", "1g 2m", "GB", "9223372036854775808", "10000000t"] {
        assert_eq!(read(bad), None, "{bad:?}");
    }
    assert_eq!(Bytes(1 << 30).to_string(), "1 GiB");
    assert_eq!(Bytes(1000).to_string(), "1000 bytes");
}

proptest! {
    #[test]
    fn bare_numbers_count_in_the_given_unit(number in 0u64..1_000_000_000) {
        let text = number.to_string();
        let read = |unit| duration(&text, unit).unwrap();
        prop_assert_eq!(read(TimeUnit::Milliseconds), Duration::from_millis(number));
        prop_assert_eq!(read(TimeUnit::Seconds), Duration::from_secs(number));
        prop_assert_eq!(bytes(&text), Some(Bytes(number)));
    }

    #[test]
    fn no_text_panics(text in "[0-9. a-zä-]{0,30}") {
        if let Some(read) = duration(&text, TimeUnit::Seconds) {
            prop_assert!(read <= LONGEST);
        }
        prop_assert!(bytes(&text).is_none_or(|amount| i64::try_from(amount.0).is_ok()));
    }
}
