//! What an update changes: two plans side by side, container by container.
//!
//! Instances are the same if everything of them is: component, task id, index and resources. A plan's scheduled
//! resources are left out of the comparison: they are what some scheduler made of it, and no repacking keeps them.

use std::collections::BTreeMap;
use std::fmt;

use super::plan::{ContainerPlan, InstancePlan, PackingPlan};

/// What becomes of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContainerChange {
    /// It is as it was.
    Unaffected,
    /// It is in both plans, with other instances or resources.
    Modified,
    /// Only the new plan has it.
    New,
    /// Only the old plan has it.
    Removed,
}

impl ContainerChange {
    /// Heron's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unaffected => "UNAFFECTED",
            Self::Modified => "MODIFIED",
            Self::New => "NEW",
            Self::Removed => "REMOVED",
        }
    }
}

impl fmt::Display for ContainerChange {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A container of either plan, and what becomes of its instances, each list by task id.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerDifference<'a> {
    /// Its id.
    pub id: i32,
    /// What becomes of it.
    pub change: ContainerChange,
    /// As it was, unless it is new.
    pub old: Option<&'a ContainerPlan>,
    /// As it is to be, unless it is removed.
    pub new: Option<&'a ContainerPlan>,
    /// Instances that are in both plans.
    pub kept: Vec<&'a InstancePlan>,
    /// Instances of the new plan only.
    pub added: Vec<&'a InstancePlan>,
    /// Instances of the old plan only.
    pub removed: Vec<&'a InstancePlan>,
}

/// Every container of either plan, by id.
#[must_use]
pub fn difference<'a>(old: &'a PackingPlan, new: &'a PackingPlan) -> Vec<ContainerDifference<'a>> {
    let mut pairs: BTreeMap<i32, (Option<&ContainerPlan>, Option<&ContainerPlan>)> =
        BTreeMap::new();
    for container in &old.containers {
        pairs.entry(container.id).or_default().0 = Some(container);
    }
    for container in &new.containers {
        pairs.entry(container.id).or_default().1 = Some(container);
    }
    pairs.into_iter().map(|(id, (old, new))| compare(id, old, new)).collect()
}

fn compare<'a>(
    id: i32,
    old: Option<&'a ContainerPlan>,
    new: Option<&'a ContainerPlan>,
) -> ContainerDifference<'a> {
    let (before, after) = (by_task(old), by_task(new));
    let same = |task: &i32, one: &InstancePlan, others: &BTreeMap<i32, &InstancePlan>| {
        others.get(task).is_some_and(|other| *other == one)
    };
    let (kept, added): (Vec<_>, Vec<_>) =
        after.iter().partition(|(task, instance)| same(task, instance, &before));
    let removed = before.iter().filter(|(task, instance)| !same(task, instance, &after));
    let removed: Vec<&InstancePlan> = removed.map(|(_, instance)| *instance).collect();
    let plain = |pairs: Vec<(&i32, &&'a InstancePlan)>| -> Vec<&'a InstancePlan> {
        pairs.into_iter().map(|(_, instance)| *instance).collect()
    };
    let (kept, added) = (plain(kept), plain(added));
    let change = match (old, new) {
        (None, _) => ContainerChange::New,
        (_, None) => ContainerChange::Removed,
        (Some(old), Some(new)) => {
            let same = added.is_empty() && removed.is_empty() && old.required == new.required;
            if same { ContainerChange::Unaffected } else { ContainerChange::Modified }
        }
    };
    ContainerDifference { id, change, old, new, kept, added, removed }
}

fn by_task(container: Option<&ContainerPlan>) -> BTreeMap<i32, &InstancePlan> {
    let instances = container.into_iter().flat_map(|container| &container.instances);
    instances.map(|instance| (instance.task_id, instance)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::plan::Size;
    use super::*;

    fn instance(component: &str, task: i32, ram: i64) -> InstancePlan {
        InstancePlan::new(component, task, 0, Size { cpu: 1.0, ram, disk: 0 })
    }

    fn container(id: i32, ram: i64, instances: Vec<InstancePlan>) -> ContainerPlan {
        ContainerPlan::new(id, instances, Size { cpu: 1.0, ram, disk: 0 })
    }

    fn tasks(instances: &[&InstancePlan]) -> Vec<i32> {
        instances.iter().map(|instance| instance.task_id).collect()
    }

    #[test]
    fn containers_are_compared_by_id_and_instances_by_everything() {
        let old = PackingPlan::new(
            "t",
            vec![
                container(3, 9, vec![instance("a", 4, 1)]),
                container(1, 9, vec![instance("a", 1, 1), instance("b", 2, 1)]),
                container(2, 9, vec![instance("a", 3, 1)]),
            ],
        );
        let new = PackingPlan::new(
            "t",
            vec![
                container(4, 9, vec![instance("c", 6, 1)]),
                container(1, 9, vec![instance("b", 2, 1), instance("a", 1, 1)]),
                container(2, 8, vec![instance("a", 3, 2), instance("b", 5, 1)]),
            ],
        );
        let all = difference(&old, &new);
        let changes: Vec<_> = all.iter().map(|one| (one.id, one.change)).collect();
        assert_eq!(
            changes,
            [
                (1, ContainerChange::Unaffected),
                (2, ContainerChange::Modified),
                (3, ContainerChange::Removed),
                (4, ContainerChange::New)
            ]
        );
        let lists = |index: usize| {
            let one: &ContainerDifference = &all[index];
            (tasks(&one.kept), tasks(&one.added), tasks(&one.removed))
        };
        assert_eq!(lists(0), (vec![1, 2], vec![], vec![]));
        assert_eq!(lists(1), (vec![], vec![3, 5], vec![3]), "task 3 gets more RAM");
        assert_eq!(lists(2), (vec![], vec![], vec![4]));
        assert_eq!(lists(3), (vec![], vec![6], vec![]));
    }

    #[test]
    fn other_resources_modify_a_container_and_scheduled_ones_do_not() {
        let old = PackingPlan::new("t", vec![container(1, 9, vec![instance("a", 1, 1)])]);
        let mut new = old.clone();
        new.containers[0].scheduled = Some(Size::default());
        assert_eq!(difference(&old, &new)[0].change, ContainerChange::Unaffected);
        new.containers[0].required.disk = 1;
        let changed = difference(&old, &new);
        assert_eq!(
            (changed[0].change, tasks(&changed[0].kept)),
            (ContainerChange::Modified, vec![1])
        );
    }
}
