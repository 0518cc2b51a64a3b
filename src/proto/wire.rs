//! The protobuf wire format: reading fields one by one, copying them unchanged, and changing a message in place.
//!
//! Not a protobuf library. prost drops fields that it does not know and does not notice a missing `required` one; both
//! matter here, because records come from other programs, of any release. Source of facts: the encoding reference of
//! protocol buffers.

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

/// Copies a message; `edit` says what to write in place of a field, or nothing to keep it as it is.
pub fn rewrite(
    message: &[u8],
    mut edit: impl FnMut(&Field<'_>) -> Result<Option<Vec<u8>>, WireError>,
) -> Result<Vec<u8>, WireError> {
    let mut out = Vec::with_capacity(message.len());
    for field in fields(message) {
        let field = field?;
        match edit(&field)? {
            Some(replacement) => out.extend_from_slice(&replacement),
            None => out.extend_from_slice(field.raw),
        }
    }
    Ok(out)
}

/// [`rewrite`] for a message inside a field; nothing if it holds none, or if nothing changed, so that odd lengths survive.
pub fn nested(
    field: &Field<'_>,
    edit: impl FnMut(&Field<'_>) -> Result<Option<Vec<u8>>, WireError>,
) -> Result<Option<Vec<u8>>, WireError> {
    if field.wire_type != WireType::Length {
        return Ok(None);
    }
    let edited = rewrite(field.payload, edit)?;
    Ok((edited != field.payload).then(|| bytes_field(field.number, &edited)))
}

/// A field that holds text, bytes or a message.
#[must_use]
pub fn bytes_field(number: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, number, payload);
    out
}

/// A field that holds a number.
#[must_use]
pub fn number_field(number: u32, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, number, value);
    out
}

#[cfg(test)]
mod tests;
