//! What a web server has under a URL, and what its answers tell of that.

use reqwest::{Response, Url, header};

use crate::net::redact::redact;
use crate::upload::UploadError;

/// What a server has under a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    Nothing,
    Bytes(u64),
    /// It doesn't tell.
    Unknown,
}

/// The length that an answer tells of its content.
pub(super) fn length(response: &Response) -> Option<u64> {
    response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The size behind the slash of a Content-Range.
pub(super) fn whole(response: &Response) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.rsplit_once('/')?.1.parse().ok()
}

/// Compares what is there with what should be.
pub(super) fn compare(url: &Url, found: Existing, expected: u64) -> Result<(), UploadError> {
    match found {
        Existing::Bytes(actual) if actual != expected => {
            Err(UploadError::SizeMismatch { place: redact(url.as_str()), expected, actual })
        }
        Existing::Nothing => Err(UploadError::Lost { place: redact(url.as_str()) }),
        _ => Ok(()),
    }
}
