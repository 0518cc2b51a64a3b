//! Events between the task that reads the stream and the driver: as many as come, but no more bytes than there is room for.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// A queue that holds events of so many bytes together, or a single larger one.
pub fn event_queue<T>(bytes: u32) -> (EventSender<T>, EventReceiver<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(bytes as usize));
    (EventSender { sender, room, bytes }, EventReceiver(receiver))
}

/// The reader's end.
#[derive(Debug)]
pub struct EventSender<T> {
    sender: mpsc::UnboundedSender<(T, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
    bytes: u32,
}

impl<T> EventSender<T> {
    /// Waits for room, and puts an event there that came in so many bytes. False when nobody takes events any more.
    pub async fn send(&self, event: T, size: usize) -> bool {
        let size = u32::try_from(size).unwrap_or(u32::MAX).clamp(1, self.bytes);
        let room = tokio::select! {
            room = Arc::clone(&self.room).acquire_many_owned(size) => room,
            () = self.sender.closed() => return false,
        };
        // The room is never closed.
        room.is_ok_and(|room| self.sender.send((event, room)).is_ok())
    }
}

/// The driver's end.
#[derive(Debug)]
pub struct EventReceiver<T>(mpsc::UnboundedReceiver<(T, OwnedSemaphorePermit)>);

impl<T> EventReceiver<T> {
    /// Waits for events, and takes up to `most`. None: no more will come.
    pub async fn take(&mut self, most: usize) -> Vec<T> {
        let mut taken = Vec::new();
        self.0.recv_many(&mut taken, most).await;
        taken.into_iter().map(|(event, _)| event).collect()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_flood_waits_until_there_is_room() {
        let (sender, mut receiver) = event_queue(100);
        assert!(sender.send(1, 60).await);
        let mut second = Box::pin(sender.send(2, 60));
        assert!((&mut second).now_or_never().is_none());
        assert_eq!(receiver.take(10).await, [1]);
        assert!(second.await);
        assert_eq!(receiver.take(10).await, [2]);
        assert!(sender.send(3, usize::MAX).await);
        assert_eq!(receiver.take(10).await, [3]);
    }

    #[tokio::test]
    async fn either_end_learns_that_the_other_is_gone() {
        let (sender, mut receiver) = event_queue::<u8>(10);
        assert!(sender.send(1, 10).await);
        drop(sender);
        assert_eq!(receiver.take(10).await, [1]);
        assert!(receiver.take(10).await.is_empty());
        let (sender, receiver) = event_queue::<u8>(10);
        assert!(sender.send(1, 10).await);
        drop(receiver);
        assert!(!sender.send(2, 10).await);
    }
}
