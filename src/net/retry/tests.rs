use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// For tests: pauses are short, and silence is noticed soon.
pub(crate) const HASTY: RetryPolicy = RetryPolicy {
    attempts: 3,
    pause: Duration::from_millis(1),
    silence: Duration::from_millis(400),
    deadline: None,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failed {
    Passing,
    AskingForMinutes(u64),
    ForGood,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Transient for Failed {
    fn is_transient(&self) -> bool {
        *self != Self::ForGood
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::AskingForMinutes(minutes) => Some(Duration::from_mins(*minutes)),
            _ => None,
        }
    }
}

/// How often it was tried, and whether it succeeded.
async fn attempts(policy: &RetryPolicy, errors: &[Failed]) -> (u32, bool) {
    let count = AtomicU32::new(0);
    let result = policy
        .retry(|| {
            let at = count.fetch_add(1, Ordering::Relaxed) as usize;
            std::future::ready(errors.get(at).map_or(Ok(()), |error| Err(*error)))
        })
        .await;
    (count.load(Ordering::Relaxed), result.is_ok())
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_not_for_ever() {
    use Failed::{AskingForMinutes, ForGood, Passing};
    assert_eq!(attempts(&HASTY, &[]).await, (1, true));
    assert_eq!(attempts(&HASTY, &[Passing, Passing]).await, (3, true));
    assert_eq!(attempts(&HASTY, &[Passing; 9]).await, (3, false));
    assert_eq!(attempts(&HASTY, &[Passing, ForGood]).await, (2, false));
    assert_eq!(attempts(&HASTY, &[AskingForMinutes(60)]).await, (1, false));
    let hurried = RetryPolicy { deadline: Some(Instant::now() + Duration::from_secs(30)), ..HASTY };
    assert_eq!(attempts(&hurried, &[Passing, AskingForMinutes(1)]).await, (2, false));
}

#[tokio::test]
async fn a_server_is_left_alone_as_long_as_it_asks_and_the_deadline_allows() {
    let seconds = Duration::from_secs;
    let own = seconds(2);
    assert_eq!(HASTY.pause_after(None, own), Some(own));
    assert_eq!(HASTY.pause_after(Some(seconds(1)), own), Some(own));
    assert_eq!(HASTY.pause_after(Some(seconds(20)), own), Some(seconds(20)));
    assert_eq!(HASTY.pause_after(Some(seconds(86_400)), own), None);
    let policy = RetryPolicy { deadline: Some(Instant::now() + seconds(30)), ..HASTY };
    assert_eq!(policy.pause_after(Some(seconds(20)), own), Some(seconds(20)));
    assert_eq!(policy.pause_after(Some(seconds(40)), own), None);
    assert_eq!(policy.pause_after(None, seconds(40)), None);
}

#[test]
fn a_server_says_how_long_in_seconds_or_by_a_date() {
    let now = date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
    for (text, expected) in [
        ("120", Some(120)),
        (" 7 ", Some(7)),
        ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
        ("Sun, 06 Nov 1994 07:00:00 GMT", Some(0)),
        ("soon", None),
        ("-1", None),
        ("", None),
    ] {
        assert_eq!(pause(text, now), expected.map(Duration::from_secs), "{text:?}");
    }
}

#[test]
fn what_is_full_or_not_there_stays_so() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        assert!(is_passing(status), "{status}");
    }
    for status in [200, 400, 401, 403, 404, 405, 413, 501, 505, 507] {
        assert!(!is_passing(status), "{status}");
    }
}
