use proptest::prelude::*;

use super::*;

fn all(decoder: &mut Decoder) -> Vec<Vec<u8>> {
    decoder.map(|record| record.expect("a record")).collect()
}

fn encode(records: &[Vec<u8>]) -> Vec<u8> {
    records.iter().flat_map(|r| [format!("{}\n", r.len()).as_bytes(), r].concat()).collect()
}

#[test]
fn several_records_in_one_piece() {
    let mut decoder = Decoder::new();
    decoder.push(b"20\n{\"type\":\"HEARTBEAT\"}\n\n3\nabc0\n5\nab");
    let records = all(&mut decoder);
    assert_eq!(records, [&b"{\"type\":\"HEARTBEAT\"}"[..], b"abc", b""]);
    assert_eq!(decoder.finish(), Err(RecordError::Truncated { got: 2, wanted: 5 }));
    decoder.push(b"cde");
    assert_eq!(all(&mut decoder), [b"abcde"]);
    assert_eq!(decoder.finish(), Ok(()));
}

#[test]
fn what_is_no_length() {
    let cases: [(&[u8], RecordError); 5] = [
        (b"<html>", RecordError::NotANumber { found: b'<', digits: 0 }),
        (b"12\r\nabc", RecordError::NotANumber { found: b'\r', digits: 2 }),
        (b"-1\n", RecordError::NotANumber { found: b'-', digits: 0 }),
        (b"000000000000000000001\na", RecordError::TooManyDigits),
        (
            b"99999999999999999999\n",
            RecordError::TooLong { length: 99_999_999_999_999_999_999, limit: MAX_RECORD },
        ),
    ];
    for (bytes, error) in cases {
        let mut decoder = Decoder::new();
        decoder.push(bytes);
        assert_eq!(decoder.next(), Some(Err(error.clone())));
        assert_eq!(decoder.next(), None);
        decoder.push(b"3\nabc");
        assert_eq!(decoder.next(), None, "nothing is read after an error");
        assert_eq!(decoder.finish(), Err(error));
    }
}

#[test]
fn the_bound_is_inclusive() {
    let mut decoder = Decoder::with_limit(3);
    decoder.push(b"3\nabc4\n");
    assert_eq!(decoder.next(), Some(Ok(b"abc".to_vec())));
    assert_eq!(decoder.next(), Some(Err(RecordError::TooLong { length: 4, limit: 3 })));
}

#[test]
fn an_end_inside_a_length() {
    let mut decoder = Decoder::new();
    decoder.push(b"12");
    assert_eq!(decoder.next(), None);
    assert_eq!(decoder.finish(), Err(RecordError::Truncated { got: 2, wanted: 0 }));
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same(
        records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..12),
        cuts in prop::collection::vec(1usize..40, 1..40),
    ) {
        let bytes = encode(&records);
        let mut decoder = Decoder::new();
        let mut found = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() { break; }
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            decoder.push(now);
            found.extend(all(&mut decoder));
            rest = later;
        }
        prop_assert_eq!(found, records);
        prop_assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
        let (a, b) = bytes.split_at(cut.min(bytes.len()));
        let mut whole = Decoder::with_limit(64);
        whole.push(&bytes);
        let whole: Vec<_> = whole.collect();
        let mut split = Decoder::with_limit(64);
        split.push(a);
        let mut found: Vec<_> = split.by_ref().collect();
        split.push(b);
        found.extend(split.by_ref());
        prop_assert_eq!(found, whole);
    }
}
