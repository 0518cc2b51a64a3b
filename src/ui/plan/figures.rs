//! Numbers as Heron's Java code prints them.

use crate::packing::java_number::round;

const KB: f64 = 1024.0;
const MB: f64 = KB * KB;
const GB: f64 = MB * KB;

/// `Double.toString`, for numbers as resources have them.
pub(super) fn cores(cores: f64) -> String {
    format!("{cores:?}")
}

/// `ByteAmount.asMegabytes`: rounded.
pub(super) fn megabytes(bytes: i64) -> i64 {
    round(bytes as f64 / MB)
}

/// `ByteAmount.toString`: in the largest unit of which there is at least half, and exact.
pub(super) fn amount(bytes: i64) -> String {
    let size = bytes as f64;
    let unit =
        [(GB, "GB"), (MB, "MB"), (KB, "KB")].into_iter().find(|(of, _)| round(size / of) > 0);
    match unit {
        Some((of, name)) => format!("ByteAmount{{{:.1} {name} ({bytes} bytes)}}", size / of),
        None => format!("ByteAmount{{{bytes} bytes}}"),
    }
}

/// By how much a figure changes, in percent of what it was: `+12.50%`.
pub(super) fn percent(old: f64, new: f64) -> Option<String> {
    let percent = (new - old) / old * 100.0;
    // Of nothing there is no part.
    let told = percent.is_finite() && percent != 0.0;
    told.then(|| format!("{percent:+.2}%"))
}
