use super::*;

fn plan() -> PackingPlan {
    let instance = |component: &str, task_id, ram| {
        InstancePlan::new(component, task_id, 0, Size { cpu: 1.0, ram, disk: 4 })
    };
    let container =
        |id, cpu, ram, instances| ContainerPlan::new(id, instances, Size { cpu, ram, disk: 8 });
    let second = container(2, 1.0, 9, vec![instance("b", 3, 5), instance("a", 2, 6)]);
    PackingPlan::new("t1", vec![second, container(1, 2.0, 7, vec![instance("a", 1, 4)])])
}

#[test]
fn counts_and_the_ram_map_look_at_every_container() {
    let plan = plan();
    assert_eq!((plan.container_count(), plan.instance_count()), (2, 3));
    assert_eq!(plan.component_counts(), BTreeMap::from([("a", 2), ("b", 1)]));
    assert_eq!(plan.component_ram_map(), "a:4,b:5");
    assert_eq!(plan.max_container_resources(), Size { cpu: 2.0, ram: 9, disk: 8 });
    assert_eq!(plan.container(1).unwrap().instances.len(), 1);
}

#[test]
fn a_plan_is_sorted_and_stored_in_its_own_order() {
    let plan = plan();
    assert_eq!(plan.containers.iter().map(|c| c.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(plan.containers[1].instances[0].task_id, 2);
    let message = system::PackingPlan::from(&plan);
    assert_eq!(message.container_plans.iter().map(|c| c.id).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(message.container_plans[0].instance_plans[0].task_id, 3);
}

#[test]
fn a_plan_survives_its_message_with_scheduled_resources() {
    let mut plan = plan();
    plan.containers[0].scheduled = Some(plan.max_container_resources());
    let message = system::PackingPlan::from(&plan);
    let again = PackingPlan::try_from(&message).unwrap();
    assert_eq!(again, plan);
    assert_eq!(system::PackingPlan::from(&again), message);
    assert_eq!(again.reread(), plan, "only the order differs");
}

#[test]
fn damaged_plans_are_refused() {
    let damage: [fn(&mut system::PackingPlan); 6] = [
        |plan| plan.container_plans[0].id = 1,
        |plan| plan.container_plans[0].id = 0,
        |plan| plan.container_plans[0].id = -1,
        |plan| plan.container_plans[0].instance_plans[0].task_id = 1,
        |plan| plan.container_plans[0].instance_plans[0].component_name.clear(),
        |plan| plan.container_plans[0].instance_plans[0].component_index = -1,
    ];
    for damage in damage {
        let mut message = system::PackingPlan::from(&plan());
        damage(&mut message);
        let read = PackingPlan::try_from(&message);
        assert!(matches!(read, Err(PackingError::DamagedPlan { .. })), "{read:?}");
    }
}
