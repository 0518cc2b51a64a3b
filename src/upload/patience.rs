//! How long and how often a store is tried. Only what may be done twice without harm is tried again.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use super::UploadError;

/// How long and how often a store is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often at most.
    pub attempts: u32,
    /// The pause before the second attempt; each further one is twice as long.
    pub pause: Duration,
    /// How long a store may neither take nor send a byte.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let (pause, silence) = (Duration::from_millis(500), Duration::from_mins(2));
        Self { attempts: 4, pause, silence }
    }
}

impl Patience {
    /// Tries again as long as another attempt may help.
    pub(super) async fn retry<T, F>(&self, attempt: impl FnMut() -> F) -> Result<T, UploadError>
    where
        F: Future<Output = Result<T, UploadError>>,
    {
        self.retry_if(UploadError::is_transient, attempt).await
    }

    /// Tries again after failures that a judge finds harmless.
    pub(super) async fn retry_if<T, F>(
        &self,
        judge: impl Fn(&UploadError) -> bool,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, UploadError>
    where
        F: Future<Output = Result<T, UploadError>>,
    {
        let mut pause = self.pause;
        let mut left = self.attempts;
        loop {
            left = left.saturating_sub(1);
            match attempt().await {
                Err(error) if left > 0 && judge(&error) => {
                    tracing::info!("{error}; trying again in {pause:?}");
                    sleep(pause).await;
                    pause = pause.saturating_mul(2);
                }
                other => return other,
            }
        }
    }

    /// Ends when nothing has moved for too long.
    pub(super) async fn stalled(&self, moved: &AtomicU64) {
        let mut last = moved.load(Ordering::Relaxed);
        loop {
            sleep(self.silence).await;
            let now = moved.load(Ordering::Relaxed);
            if now == last {
                return;
            }
            last = now;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    /// For tests: pauses are short, and silence is noticed soon.
    pub const HASTY: Patience = Patience {
        attempts: 3,
        pause: Duration::from_millis(1),
        silence: Duration::from_millis(400),
    };

    fn refused(status: u16) -> UploadError {
        let url = "http://h/".to_owned();
        UploadError::Refused { method: "PUT", url, status, body: String::new() }
    }

    async fn attempts(errors: &[u16]) -> (u32, bool) {
        let count = AtomicU32::new(0);
        let result = HASTY
            .retry(|| {
                let at = count.fetch_add(1, Ordering::Relaxed) as usize;
                let answer = errors.get(at).map_or(Ok(()), |status| Err(refused(*status)));
                std::future::ready(answer)
            })
            .await;
        (count.load(Ordering::Relaxed), result.is_ok())
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again_and_not_for_ever() {
        assert_eq!(attempts(&[]).await, (1, true));
        assert_eq!(attempts(&[500, 503]).await, (3, true));
        assert_eq!(attempts(&[502; 9]).await, (3, false));
        for final_one in [400, 404, 409, 413, 501, 507] {
            assert_eq!(attempts(&[final_one]).await, (1, false), "{final_one}");
        }
    }
}
