//! The bounds of what servers may send.
//!
//! Everything in ZooKeeper's protocol is a frame: four bytes of length, and as many bytes as they say.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes of a frame's length.
const HEADER: usize = 4;

/// A frame that is longer than its reader allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a frame of {0} bytes was announced")]
pub struct TooLong(pub u32);

/// Why there is no further frame.
#[derive(Debug, Error)]
pub enum FrameError {
    /// It would be too long.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// The other side has hung up, or the connection broke.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads whole frames, which are small.
#[derive(Debug)]
pub struct Reader {
    limit: usize,
    buffer: BytesMut,
}

impl Reader {
    /// A reader of frames of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, buffer: BytesMut::new() }
    }

    /// The next frame with its length before it. Nothing is lost where this future is dropped.
    pub async fn next(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin + ?Sized),
    ) -> Result<Bytes, FrameError> {
        loop {
            if let Some(frame) = self.take()? {
                return Ok(frame);
            }
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
    }

    fn take(&mut self) -> Result<Option<Bytes>, TooLong> {
        let Some(mut header) = self.buffer.get(..HEADER) else { return Ok(None) };
        let announced = header.get_u32();
        let length = usize::try_from(announced).unwrap_or(usize::MAX);
        if length > self.limit {
            return Err(TooLong(announced));
        }
        let whole = HEADER + length;
        Ok((self.buffer.len() >= whole).then(|| self.buffer.split_to(whole).freeze()))
    }

    /// What was read beyond the last frame.
    #[must_use]
    pub fn rest(self) -> Bytes {
        self.buffer.freeze()
    }
}

/// Follows a stream of frames that is passed on as it comes, and stops it where one is too long.
#[derive(Debug)]
pub struct Lengths {
    limit: usize,
    header: Vec<u8>,
    /// Bytes of the present frame that are still to come.
    remaining: usize,
}

impl Lengths {
    /// For frames of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, header: Vec::with_capacity(HEADER), remaining: 0 }
    }

    /// Looks at the next bytes of the stream.
    pub fn follow(&mut self, mut bytes: &[u8]) -> Result<(), TooLong> {
        while !bytes.is_empty() {
            if self.remaining > 0 {
                let part = self.remaining.min(bytes.len());
                self.remaining -= part;
                bytes.advance(part);
                continue;
            }
            let part = (HEADER - self.header.len()).min(bytes.len());
            self.header.extend(bytes.iter().take(part));
            bytes.advance(part);
            if self.header.len() == HEADER {
                let announced = self.header.as_slice().get_u32();
                self.header.clear();
                self.remaining = usize::try_from(announced).unwrap_or(usize::MAX);
                if self.remaining > self.limit {
                    return Err(TooLong(announced));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(body: &[u8]) -> Vec<u8> {
        let mut frame = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
        frame.extend(body);
        frame
    }

    #[test]
    fn lengths_are_followed_however_the_stream_is_cut() {
        let stream = [frame(b"abc"), frame(b""), frame(b"0123456789")].concat();
        for step in 1..stream.len() {
            let mut lengths = Lengths::new(10);
            assert!(stream.chunks(step).all(|part| lengths.follow(part).is_ok()), "{step}");
            let mut lengths = Lengths::new(9);
            let stopped = stream.chunks(step).find_map(|part| lengths.follow(part).err());
            assert_eq!(stopped, Some(TooLong(10)), "{step}");
        }
        assert_eq!(Lengths::new(1 << 20).follow(b"HTTP/1.1"), Err(TooLong(0x4854_5450)));
        assert_eq!(Lengths::new(1 << 20).follow(&[255; 4]), Err(TooLong(u32::MAX)));
    }

    #[tokio::test]
    async fn frames_are_read_whole() {
        let stream = [frame(b"abc"), frame(b"d"), b"rest".to_vec()].concat();
        let mut stream = stream.as_slice();
        let mut reader = Reader::new(3);
        assert_eq!(&reader.next(&mut stream).await.unwrap()[..], b"\0\0\0\x03abc");
        assert_eq!(&reader.next(&mut stream).await.unwrap()[..], b"\0\0\0\x01d");
        let error = reader.next(&mut stream).await.unwrap_err();
        assert!(matches!(error, FrameError::TooLong(TooLong(_))), "{error}");
        assert_eq!(&reader.rest()[..], b"rest");
        let error = Reader::new(3).next(&mut &b"\0\0"[..]).await.unwrap_err();
        assert!(matches!(error, FrameError::Io(_)), "{error}");
    }
}
