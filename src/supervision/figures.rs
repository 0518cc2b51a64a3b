//! What a supervisor counts. Pure.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// Bounds of the classes of times to heal, in seconds.
pub const CLASSES: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0];

/// What is counted of one topology.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Containers that are to run.
    pub wanted: usize,
    /// Those that do, as the engine has confirmed.
    pub running: usize,
    /// Those that fail again and again.
    pub looping: usize,
    /// Whether this supervisor holds its lease.
    pub is_held: bool,
    /// Whether a connection to the engine stands.
    pub is_connected: bool,
    /// Connections so far.
    pub connections: u64,
    /// Containers that run again without anybody's asking.
    pub heals: u64,
    /// How many of these took no longer than each of [`CLASSES`].
    pub classes: [u64; CLASSES.len()],
    /// How long all of them took, in seconds.
    pub heal_seconds: f64,
}

impl Figures {
    /// Counts a container that runs again after so long.
    pub fn healed(&mut self, seconds: f64) {
        self.heals += 1;
        self.heal_seconds += seconds;
        for (count, bound) in self.classes.iter_mut().zip(CLASSES) {
            *count += u64::from(seconds <= bound);
        }
    }

    /// Notes whether a connection stands.
    pub fn connected(&mut self, is_connected: bool) {
        self.connections += u64::from(is_connected && !self.is_connected);
        self.is_connected = is_connected;
    }
}

/// What is counted of all topologies, and of the supervisor itself.
#[derive(Debug, Default)]
pub struct Board {
    topologies: RefCell<BTreeMap<String, Figures>>,
    sessions: RefCell<(u64, bool)>,
}

impl Board {
    /// Changes what is counted of a topology.
    pub fn note(&self, topology: &str, change: impl FnOnce(&mut Figures)) {
        change(self.topologies.borrow_mut().entry(topology.to_owned()).or_default());
    }

    /// A topology is gone.
    pub fn forget(&self, topology: &str) {
        self.topologies.borrow_mut().remove(topology);
    }

    /// Notes a session with ZooKeeper that was opened, or lost.
    pub fn session(&self, is_open: bool) {
        let mut sessions = self.sessions.borrow_mut();
        sessions.0 += u64::from(is_open);
        sessions.1 = is_open;
        if !is_open {
            for figures in self.topologies.borrow_mut().values_mut() {
                figures.is_held = false;
                figures.connected(false);
            }
        }
    }

    /// Sessions so far, and whether one is open.
    #[must_use]
    pub fn sessions(&self) -> (u64, bool) {
        *self.sessions.borrow()
    }

    /// What is counted of each topology.
    #[must_use]
    pub fn topologies(&self) -> BTreeMap<String, Figures> {
        self.topologies.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heal_counts_in_every_class_that_it_fits_into() {
        let mut figures = Figures::default();
        figures.healed(1.5);
        figures.healed(40.0);
        assert_eq!((figures.heals, figures.classes), (2, [0, 1, 1, 1, 1, 2, 2, 2]));
    }

    #[test]
    fn only_a_new_connection_counts() {
        let mut figures = Figures::default();
        for is_connected in [false, true, true, false, true] {
            figures.connected(is_connected);
        }
        assert_eq!((figures.connections, figures.is_connected), (2, true));
    }

    #[test]
    fn a_lost_session_takes_leases_and_connections_along() {
        let board = Board::default();
        board.session(true);
        board.note("t", |figures| {
            figures.is_held = true;
            figures.connected(true);
        });
        board.session(false);
        let figures = board.topologies().remove("t").unwrap();
        assert!(!figures.is_held && !figures.is_connected);
        board.session(true);
        assert_eq!(board.sessions(), (2, true));
        board.forget("t");
        assert!(board.topologies().is_empty());
    }
}
