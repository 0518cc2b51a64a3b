//! Another look at offers that were used one container after the other, where something was left over: whether all fit in some other
//! way. Pure.

/// How much is tried: with more containers and offers than this covers, what was found first has to do.
const MOST_TRIES: usize = 10_000;

/// An offer, as far as room counts.
#[derive(Clone, Debug)]
pub(super) struct Room {
    /// In thousandths: cores, memory, disk.
    pub left: [i64; 3],
    pub ports: usize,
}

/// What a container needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub wanted: [i64; 3],
    pub ports: usize,
}

/// Rules that tell whether a container may use an offer, where those before it have some of them already.
pub(super) trait Rules {
    /// Whether it may; `taken` are the offers that the containers before it have, in their order.
    fn may(&self, container: usize, offer: usize, taken: &[usize]) -> bool;
}

/// An offer for each container, so that all have one, if that can be found.
pub(super) fn assign(rooms: &[Room], needs: &[Need], rules: &impl Rules) -> Option<Vec<usize>> {
    if !may_be_enough(rooms, needs) {
        return None;
    }
    let mut search = Search { rooms: rooms.to_vec(), needs, rules, taken: Vec::new(), tries: 0 };
    search.go_on().then_some(search.taken)
}

/// Whether all offers together hold what all containers need: if not, there is nothing to look for.
fn may_be_enough(rooms: &[Room], needs: &[Need]) -> bool {
    let sum = |values: &mut dyn Iterator<Item = i64>| values.fold(0_i64, i64::saturating_add);
    let enough = (0..3).all(|index| {
        let at = |amounts: &[i64; 3]| amounts.get(index).copied().unwrap_or_default();
        let has = sum(&mut rooms.iter().map(|room| at(&room.left)));
        has >= sum(&mut needs.iter().map(|need| at(&need.wanted)))
    });
    let ports: usize = rooms.iter().map(|room| room.ports).sum();
    enough && ports >= needs.iter().map(|need| need.ports).sum()
}

struct Search<'a, R> {
    rooms: Vec<Room>,
    needs: &'a [Need],
    rules: &'a R,
    taken: Vec<usize>,
    tries: usize,
}

impl<R: Rules> Search<'_, R> {
    fn go_on(&mut self) -> bool {
        let container = self.taken.len();
        let Some(need) = self.needs.get(container).copied() else { return true };
        for offer in 0..self.rooms.len() {
            self.tries += 1;
            if self.tries > MOST_TRIES {
                return false;
            }
            if !self.take(offer, need) {
                continue;
            }
            // Looking at the rules costs more than looking for room.
            if self.rules.may(container, offer, &self.taken) {
                self.taken.push(offer);
                if self.go_on() {
                    return true;
                }
                self.taken.pop();
            }
            self.give_back(offer, need);
        }
        false
    }

    fn take(&mut self, offer: usize, need: Need) -> bool {
        let Some(room) = self.rooms.get_mut(offer) else { return false };
        let fits = room.left.iter().zip(need.wanted).all(|(left, wanted)| *left >= wanted);
        if !fits || room.ports < need.ports {
            return false;
        }
        room.left.iter_mut().zip(need.wanted).for_each(|(left, wanted)| *left -= wanted);
        room.ports -= need.ports;
        true
    }

    fn give_back(&mut self, offer: usize, need: Need) {
        if let Some(room) = self.rooms.get_mut(offer) {
            room.left.iter_mut().zip(need.wanted).for_each(|(left, wanted)| *left += wanted);
            room.ports += need.ports;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever is listed may use which offers, and no two of those that are apart the same.
    struct Some {
        may: Vec<Vec<usize>>,
        apart: bool,
    }

    impl Rules for Some {
        fn may(&self, container: usize, offer: usize, taken: &[usize]) -> bool {
            self.may[container].contains(&offer) && !(self.apart && taken.contains(&offer))
        }
    }

    fn room(cpus: i64) -> Room {
        Room { left: [cpus, 100, 100], ports: 4 }
    }

    fn need(cpus: i64) -> Need {
        Need { wanted: [cpus, 1, 1], ports: 1 }
    }

    #[test]
    fn what_taking_in_turn_misses_is_found() {
        let any = Some { may: vec![vec![0, 1]; 3], apart: false };
        let found = assign(&[room(4), room(3)], &[need(2), need(2), need(3)], &any).unwrap();
        assert_eq!(found, [0, 0, 1]);
        let apart = Some { may: vec![vec![0, 1], vec![0]], apart: true };
        assert_eq!(assign(&[room(9), room(9)], &[need(1), need(1)], &apart).unwrap(), [1, 0]);
        assert_eq!(assign(&[room(9)], &[need(1), need(1)], &apart), None);
    }

    #[test]
    fn too_much_is_given_up_soon() {
        let any = Some { may: vec![(0..40).collect(); 80], apart: true };
        let rooms: Vec<Room> = (0..40).map(|_| room(2)).collect();
        assert_eq!(assign(&rooms, &[need(1); 80], &any), None);
    }
}
