//! The times in front of log lines, as Heron's processes and their libraries write them (`docs/heron.md#log-files`). Pure.

use crate::clock::{Millis, of_utc, year};

/// Zones differ by as much, or by a multiple of it.
const QUARTER: Millis = 15 * 60 * 1000;
/// No zone is farther from UTC.
const FARTHEST: Millis = 14 * 60 * 60 * 1000;
/// More than a clock is wrong by.
const DAY: Millis = 24 * 60 * 60 * 1000;

/// A time in front of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamp {
    /// With its zone.
    Known(Millis),
    /// By the clock of the host, taken for UTC.
    Local(Millis),
    /// The same without a year; what is given is of the year 2000.
    Yearless([u16; 2], [u16; 3]),
}

/// Dates the lines of a file, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Dater {
    /// When the file was changed last.
    modified: Millis,
    /// What is added to local times.
    shift: Millis,
    last: Option<Millis>,
}

impl Dater {
    /// Of a file that was changed last at that time.
    #[must_use]
    pub fn new(modified: Millis) -> Self {
        Self { modified, ..Self::default() }
    }

    /// Learns the host's zone from the end of the file: its last line was written when it was changed last, or shortly before.
    pub fn learn_zone(&mut self, end: &str) {
        let last = end.lines().rev().find_map(stamp);
        if let Some(Stamp::Local(_) | Stamp::Yearless(..)) = last {
            let Some(at) = last.and_then(|stamp| self.time_of(stamp)) else { return };
            let apart = self.modified.saturating_sub(at);
            let quarters = (apart + QUARTER / 2).div_euclid(QUARTER);
            let shift = quarters * QUARTER;
            self.shift = if shift.abs() <= FARTHEST { shift } else { 0 };
        }
    }

    /// The time of a line; of one that has none, that of the line before.
    pub fn date(&mut self, line: &str) -> Option<Millis> {
        let own = stamp(line).and_then(|stamp| self.time_of(stamp));
        self.last = own.or(self.last);
        self.last
    }

    fn time_of(&self, stamp: Stamp) -> Option<Millis> {
        match stamp {
            Stamp::Known(at) => Some(at),
            Stamp::Local(at) => Some(at + self.shift),
            Stamp::Yearless([month, day], time) => {
                let in_year = |year| of_utc([year, month, day], time).map(|at| at + self.shift);
                let changed = year(self.modified);
                let at = in_year(changed)?;
                // Of December, in a file that was changed last in January.
                let earlier = at > self.modified + DAY;
                if earlier { in_year(changed.checked_sub(1)?) } else { Some(at) }
            }
        }
    }
}

/// The time in front of a line, if there is one that is known.
fn stamp(line: &str) -> Option<Stamp> {
    let line = line.trim_start_matches('[');
    let first = line.bytes().next()?;
    if first.is_ascii_digit() { of_iso(line) } else { of_glog(line).or_else(|| of_tornado(line)) }
}

/// `2026-11-29 22:30:49 +0000`, with `T`, fractions and zones as others write them.
fn of_iso(line: &str) -> Option<Stamp> {
    let (date, rest) = (line.get(..10)?, line.get(11..)?);
    if !matches!(line.as_bytes().get(10), Some(b' ' | b'T')) {
        return None;
    }
    let mut parts = date.split('-');
    let (year, month, day) =
        (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    let at = of_utc([year, month, day], time_of_day(rest.get(..8)?)?)?;
    let zone = rest.get(8..)?.trim_start_matches(['.', ',']);
    let zone = zone.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    Some(zone_of(zone).map_or(Stamp::Local(at), |shift| Stamp::Known(at - shift)))
}

fn zone_of(text: &str) -> Option<Millis> {
    let mut chars = text.chars();
    let sign = match chars.next()? {
        'Z' => return Some(0),
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits: String = chars.filter(|c| *c != ':').take(4).collect();
    let (hours, minutes) = (number(digits.get(..2)?)?, number(digits.get(2..4)?)?);
    Some(sign * (Millis::from(hours) * 60 + Millis::from(minutes)) * 60_000)
}

/// `I1129 22:30:49.123456 …`, with the year from glog 0.6 on.
fn of_glog(line: &str) -> Option<Stamp> {
    let (date, rest) = line.strip_prefix(['I', 'W', 'E', 'F'])?.split_once(' ')?;
    let time = time_of_day(rest.get(..8)?)?;
    let two = |from: usize| number(date.get(from..from + 2)?);
    match date.len() {
        4 => Some(Stamp::Yearless([two(0)?, two(2)?], time)),
        8 => Some(Stamp::Local(of_utc([number(date.get(..4)?)?, two(4)?, two(6)?], time)?)),
        _ => None,
    }
}

/// `[I 261129 22:30:49 …`.
fn of_tornado(line: &str) -> Option<Stamp> {
    let rest =
        line.strip_prefix(["I ", "W ", "E ", "D "].iter().find(|one| line.starts_with(**one))?)?;
    let (date, rest) = rest.split_once(' ')?;
    let two = |from: usize| number(date.get(from..from + 2)?);
    let date = [2000 + two(0)?, two(2)?, two(4)?];
    Some(Stamp::Local(of_utc(date, time_of_day(rest.get(..8)?)?)?))
}

fn time_of_day(text: &str) -> Option<[u16; 3]> {
    let mut parts = text.split(':');
    Some([number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?])
}

fn number(digits: &str) -> Option<u16> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::rfc3339;

    fn dated(modified: Millis, line: &str) -> Option<String> {
        Dater::new(modified).date(line).map(rfc3339)
    }

    #[test]
    fn every_form_is_read() {
        let modified = of_utc([2026, 12, 1], [0, 0, 0]).unwrap();
        for line in [
            "[2026-11-29 22:30:49 +0000] [INFO]: x",
            "[2026-11-29 23:30:49 +0100] [INFO] stmgr: x",
            "2026-11-29T22:30:49.123Z x",
            "2026-11-29 22:30:49,123 x",
            "I1129 22:30:49.123456  12 stmgr.cpp:3] x",
            "W20261129 22:30:49.123456 12 stmgr.cpp:3] x",
            "[I 261129 22:30:49 main:12] x",
        ] {
            assert_eq!(dated(modified, line).as_deref(), Some("2026-11-29T22:30:49Z"), "{line}");
        }
        for line in [
            "",
            "x",
            "Info: x",
            "I think so",
            "2026-11-29",
            "2026-13-29 22:30:49",
            "[é",
            "2026é11-29 22:30:49",
        ] {
            assert_eq!(dated(modified, line), None, "{line}");
        }
    }

    #[test]
    fn what_has_no_time_is_of_the_line_before() {
        let mut dater = Dater::default();
        assert_eq!(dater.date("\tat Main.java"), None);
        let first = dater.date("2026-11-29T22:30:49Z x");
        assert!(first.is_some());
        assert_eq!(dater.date("\tat Main.java"), first);
    }

    #[test]
    fn the_zone_of_a_host_shows_in_the_last_line() {
        let modified = of_utc([2027, 1, 1], [0, 0, 3]).unwrap();
        let mut dater = Dater::new(modified);
        let end = "I1231 18:59:40.1 1 a.cpp:3] x\nI1231 19:00:02.1 1 a.cpp:3] y\n\tz\n";
        dater.learn_zone(end);
        assert_eq!(
            dater.date("I1231 19:00:02.1 1 a] y").map(rfc3339).as_deref(),
            Some("2027-01-01T00:00:02Z")
        );
        let mut none = Dater::new(modified);
        none.learn_zone("[2026-11-29 22:30:49 +0000] x");
        assert_eq!(none.shift, 0);
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_dated_or_not(line in "[\\[IWD]{0,2}[0-9: .é-]{0,30}.{0,5}") {
            let _ = Dater::default().date(&line);
        }
    }
}
