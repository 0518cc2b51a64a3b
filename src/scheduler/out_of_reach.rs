//! Tasks that are out of reach: those that are given up, and those whose hosts may come back.

use super::container::ContainerRecord;
use super::model::Model;

impl Model {
    /// What was known of the tasks that are out of reach, and whose places others are to take.
    pub fn given_up(&self) -> impl Iterator<Item = &ContainerRecord> {
        self.slots.values().filter(|slot| slot.abandoned).filter_map(|slot| slot.record.as_ref())
    }

    /// What was known of the tasks that are out of reach, and whose hosts have time yet to come back.
    pub fn awaited_hosts(&self) -> impl Iterator<Item = &ContainerRecord> {
        let slots = self.slots.values().filter(|slot| !slot.abandoned);
        slots
            .filter_map(|slot| slot.record.as_ref())
            .filter(|record| record.state.is_out_of_reach())
    }
}
