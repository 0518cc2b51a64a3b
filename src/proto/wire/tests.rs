use super::*;
use proptest::prelude::*;

#[test]
fn every_kind_of_field_is_read() {
    let mut message = Vec::new();
    put_number(&mut message, 1, 300);
    put_bytes(&mut message, 2, b"text");
    message.extend_from_slice(&[0x19, 1, 2, 3, 4, 5, 6, 7, 8]); // 3: fixed64
    message.extend_from_slice(&[0x25, 1, 2, 3, 4]); // 4: fixed32
    message.extend_from_slice(&[0x2b, 0x2b, 0x08, 7, 0x2c, 0x2c]); // 5: a group in a group
    let read: Vec<_> = fields(&message).map(Result::unwrap).collect();
    let kinds: Vec<_> = read.iter().map(|field| (field.number, field.wire_type)).collect();
    assert_eq!(
        kinds,
        [
            (1, WireType::Varint),
            (2, WireType::Length),
            (3, WireType::Fixed64),
            (4, WireType::Fixed32),
            (5, WireType::Group)
        ]
    );
    assert_eq!(read[0].varint, 300);
    assert_eq!(read[1].payload, b"text");
    assert_eq!(read.iter().flat_map(|field| field.raw.to_vec()).collect::<Vec<_>>(), message);
}

#[test]
fn broken_messages_are_errors() {
    let first_error = |bytes: &[u8]| fields(bytes).find_map(Result::err);
    assert_eq!(first_error(&[0x0a, 5, b'x']), Some(WireError::Truncated(2)));
    assert_eq!(first_error(&[0x08]), Some(WireError::Truncated(1)));
    assert_eq!(first_error(&[0x00, 1]), Some(WireError::Malformed(0)));
    assert_eq!(first_error(&[0x0c]), Some(WireError::Malformed(0)), "a group that never began");
    assert_eq!(first_error(&[0x0f, 0]), Some(WireError::Malformed(0)), "an unknown kind");
    assert_eq!(first_error(&[0xff; 11]), Some(WireError::Malformed(0)));
    assert!(matches!(first_error(&[0x0b; 200]), Some(WireError::Malformed(_))));
}

proptest! {
    #[test]
    fn what_is_read_is_all_there_was(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut copied = Vec::new();
        let mut whole = true;
        for field in fields(&bytes) {
            match field {
                Ok(field) => copied.extend_from_slice(field.raw),
                Err(_) => whole = false,
            }
        }
        prop_assert!(bytes.starts_with(&copied));
        if whole {
            prop_assert_eq!(copied, bytes);
        }
    }
}
