use std::future::pending;
use std::sync::Mutex;

use tokio::sync::watch;

use super::*;

const LONG: Duration = Duration::from_mins(10);
const SHORT: Duration = Duration::from_millis(10);

type Sender = watch::Sender<Option<Signal>>;

fn interruptible() -> (Sender, Deadline) {
    let (sender, receiver) = watch::channel(None);
    (sender, Deadline::new(None, Signals::new(receiver)))
}

async fn interrupt(sender: &Sender) {
    tokio::task::yield_now().await;
    sender.send_replace(Some(Signal::Terminated));
}

#[tokio::test]
async fn the_earlier_of_limit_and_deadline_counts() {
    let never = Deadline::never();
    assert_eq!(never.run(SHORT, pending::<()>()).await, Err(Stopped::TimedOut));
    assert!(!never.is_over());
    let began = Instant::now();
    let deadline = Deadline::after(SHORT);
    assert_eq!(deadline.run(LONG, pending::<()>()).await, Err(Stopped::TimedOut));
    assert!(deadline.is_over());
    assert_eq!(deadline.run(LONG, async { 7 }).await, Ok(7));
    let late = Instant::now() + LONG;
    assert_eq!(deadline.run_until(late, pending::<()>()).await, Err(Stopped::TimedOut));
    assert!(began.elapsed() < 5 * (SHORT + LATE), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_is_asked_just_before_the_end_can_be_answered() {
    let deadline = Deadline::after(SHORT);
    let answered = deadline.run(LONG, sleep(SHORT * 2)).await;
    assert_eq!(answered, Ok(()));
    assert!(deadline.is_over());
}

#[tokio::test]
async fn whatever_begins_late_ends_soon() {
    let began = Instant::now();
    let deadline = Deadline::after(SHORT);
    for _ in 0..100 {
        assert_eq!(deadline.run(LONG, pending::<()>()).await, Err(Stopped::TimedOut));
    }
    assert!(began.elapsed() < 5 * (SHORT + LATE), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_undoes_has_a_time_of_its_own() {
    let deadline = Deadline::after(Duration::ZERO);
    let undoing = deadline.undoing();
    assert!(deadline.is_over() && !undoing.is_over());
    let left = undoing.remaining(LONG);
    assert!(left > UNDO / 2 && left <= UNDO, "{left:?}");
    assert!(deadline.remaining(LONG) <= LATE);
}

#[tokio::test]
async fn a_signal_ends_every_wait_but_undoing() {
    let (sender, deadline) = interruptible();
    let (stopped, ()) = tokio::join!(deadline.run(LONG, pending::<()>()), interrupt(&sender));
    assert_eq!(stopped, Err(Stopped::Signal(Signal::Terminated)));
    assert!(deadline.is_over());
    let stopped = deadline.run(LONG, pending::<()>()).await;
    assert_eq!(stopped, Err(Stopped::Signal(Signal::Terminated)), "and every later one");
    assert_eq!(deadline.undoing().run(SHORT, pending::<()>()).await, Err(Stopped::TimedOut));
}

#[tokio::test]
async fn undoing_can_be_left_too() {
    let (sender, deadline) = interruptible();
    let undoing = deadline.undoing();
    let (stopped, ()) = tokio::join!(undoing.run(LONG, pending::<()>()), interrupt(&sender));
    assert_eq!(stopped, Err(Stopped::Signal(Signal::Terminated)));
}

#[tokio::test]
async fn tidying_up_holds_nobody_up() {
    let (sender, deadline) = interruptible();
    assert_eq!(deadline.tidy(SHORT, pending::<()>()).await, None);
    assert_eq!(deadline.tidy(SHORT, async { 7 }).await, Some(7));
    let began = Instant::now();
    let (left, ()) = tokio::join!(deadline.tidy(LONG, pending::<()>()), interrupt(&sender));
    assert_eq!(left, None);
    assert_eq!(deadline.tidy(LONG, pending::<()>()).await, None);
    assert_eq!(Deadline::after(SHORT).tidy(LONG, pending::<()>()).await, None);
    assert!(began.elapsed() < 15 * LEAVE, "{:?}", began.elapsed());
}

#[tokio::test]
async fn long_waits_are_told_of_until_they_are_over() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&heard);
    let hear = move |what: Option<&str>| list.lock().unwrap().push(what.map(str::to_owned));
    let deadline = Deadline::never().heard_by(Arc::new(hear));
    let what = || "waiting for nothing".to_owned();
    deadline.run_saying(LONG, what, async {}).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 0);
    deadline.run_saying(LONG, what, sleep(MOMENT + LEAVE)).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), [Some(what()), None]);
    deadline.run_saying(MOMENT + LEAVE, what, pending::<()>()).await.unwrap_err();
    assert_eq!(*heard.lock().unwrap(), [Some(what()), None, Some(what()), None]);
}
