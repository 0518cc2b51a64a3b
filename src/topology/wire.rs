//! The protobuf wire format, as far as a definition needs it: reading fields one by one and copying them unchanged.
//!
//! Not a protobuf library. prost drops fields that it does not know and does not notice a missing `required` one; both
//! matter here, because definitions come from other programs, of any release. Source of facts: the encoding reference
//! of protocol buffers, and `facts/heron.md` §2.

use std::ops::Range;

/// Bytes that are no protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A number, a length or a field goes past the end.
    #[error("the message ends in the middle of a field, at byte {0}")]
    Truncated(usize),
    /// A varint of more than ten bytes, or a field number out of range.
    #[error("malformed field at byte {0}")]
    Malformed(usize),
}

/// Kind of value on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireType {
    /// A number.
    Varint,
    /// Eight bytes.
    Fixed64,
    /// Text, bytes or a message.
    Length,
    /// A group, with everything inside.
    Group,
    /// Four bytes.
    Fixed32,
}

/// One field of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its number.
    pub number: u32,
    /// What stands in it.
    pub wire_type: WireType,
    /// The number, for [`WireType::Varint`].
    pub varint: u64,
    /// The content, without tag and length.
    pub payload: &'a [u8],
    /// All of it, as it stood in the message.
    pub raw: &'a [u8],
}

/// Groups may hold groups; deeper than this is an attack.
const MAX_DEPTH: usize = 64;

/// Reads a message's fields in their order.
pub fn fields(bytes: &[u8]) -> impl Iterator<Item = Result<Field<'_>, WireError>> {
    let mut reader = Reader { bytes, position: 0 };
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed || reader.position >= bytes.len() {
            return None;
        }
        let field = reader.field(0);
        failed = field.is_err();
        Some(field)
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn field(&mut self, depth: usize) -> Result<Field<'a>, WireError> {
        let start = self.position;
        let (number, kind) = self.tag()?;
        let mut varint = 0;
        let (wire_type, payload) = match kind {
            0 => {
                let from = self.position;
                varint = self.varint()?;
                (WireType::Varint, self.slice(from..self.position)?)
            }
            1 => (WireType::Fixed64, self.take(8)?),
            2 => {
                let length = self.varint()?;
                let length =
                    usize::try_from(length).map_err(|_| WireError::Truncated(self.position))?;
                (WireType::Length, self.take(length)?)
            }
            3 => (WireType::Group, self.group(number, depth)?),
            5 => (WireType::Fixed32, self.take(4)?),
            _ => return Err(WireError::Malformed(start)),
        };
        let raw = self.slice(start..self.position)?;
        Ok(Field { number, wire_type, varint, payload, raw })
    }

    fn tag(&mut self) -> Result<(u32, u64), WireError> {
        let start = self.position;
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).map_err(|_| WireError::Malformed(start))?;
        if number == 0 || number >= 1 << 29 {
            return Err(WireError::Malformed(start));
        }
        Ok((number, tag & 7))
    }

    /// Skips to the end of a group; the payload includes the end tag, so that nothing is lost in copying.
    fn group(&mut self, number: u32, depth: usize) -> Result<&'a [u8], WireError> {
        let from = self.position;
        if depth >= MAX_DEPTH {
            return Err(WireError::Malformed(from));
        }
        loop {
            let before = self.position;
            if self.tag()? == (number, 4) {
                return self.slice(from..self.position);
            }
            self.position = before;
            self.field(depth + 1)?;
        }
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let start = self.position;
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.position).ok_or(WireError::Truncated(start))?;
            self.position += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::Malformed(start))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let from = self.position;
        let to = from.checked_add(length).ok_or(WireError::Truncated(from))?;
        let taken = self.slice(from..to)?;
        self.position = to;
        Ok(taken)
    }

    fn slice(&self, range: Range<usize>) -> Result<&'a [u8], WireError> {
        let at = range.start;
        self.bytes.get(range).ok_or(WireError::Truncated(at))
    }
}

/// Appends a number.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or(0));
}

/// Appends a field that holds a number.
pub fn put_number(out: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(out, u64::from(number) << 3);
    put_varint(out, value);
}

/// Appends a field that holds text, bytes or a message.
pub fn put_bytes(out: &mut Vec<u8>, number: u32, payload: &[u8]) {
    put_varint(out, u64::from(number) << 3 | 2);
    put_varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
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
}
