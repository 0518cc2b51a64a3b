//! Expectations made by hand from Heron's rules (`docs/heron.md#dry-run`).

use serde_json::{Value, json};

use super::super::paint::painted;
use super::{figures, text};
use crate::cli::DryRunFormat;
use crate::outcome::plan::{Planned, PlannedStep, PlannedTopology, PlannedUpdate};
use crate::packing::{ContainerPlan, InstancePlan, PackingPlan, Size};

const GIB: i64 = 1 << 30;

fn resource(cpu: f64, gib: i64) -> Size {
    Size { cpu, ram: gib * GIB, disk: gib * GIB }
}

fn plan(containers: Vec<ContainerPlan>) -> PackingPlan {
    PackingPlan::new("t-1", containers)
}

/// `(component, task)` in Heron's order.
fn container(id: i32, required: Size, instances: &[(&str, i32)]) -> ContainerPlan {
    let instance = |(component, task): &(&str, i32)| {
        InstancePlan::new(component, *task, task - 1, resource(1.5, 2))
    };
    ContainerPlan::new(id, instances.iter().map(instance).collect(), required)
}

fn planned(packing: PackingPlan, old: Option<PackingPlan>, format: DryRunFormat) -> Planned {
    let update =
        old.map(|old| PlannedUpdate { old, repacking_class: "com.example.Repacking".to_owned() });
    let topology = PlannedTopology {
        name: "words".to_owned(),
        packing_class: "org.example.Packing".to_owned(),
        packing,
        compared: None,
        update,
        steps: Vec::new(),
        document: json!({ "schema": 1 }),
    };
    let topologies = vec![topology];
    Planned { document: Value::Null, format: Some(format), topologies, error: None }
}

fn small() -> PackingPlan {
    plan(vec![container(1, resource(6.0, 7), &[("word", 2), ("bolt", 1)])])
}

#[test]
fn a_table_is_herons() {
    let expected = "\
Total number of containers: 2
Using packing class: org.example.Packing
Container 1
CPU: 6.0, RAM: 7168 MB, Disk: 7168 MB
====================================================
| component | task ID | CPU | RAM (MB) | disk (MB) |
----------------------------------------------------
|      bolt |       1 | 1.5 |     2048 |      2048 |
|      word |       2 | 1.5 |     2048 |      2048 |
====================================================

Container 2
CPU: 1.3333333333333333, RAM: 1024 MB, Disk: 1024 MB
=============================================================
|          component | task ID | CPU | RAM (MB) | disk (MB) |
-------------------------------------------------------------
| a-rather-long-name |       3 | 1.5 |     2048 |      2048 |
=============================================================
";
    let mut both = small();
    let second = container(2, resource(4.0 / 3.0, 1), &[("a-rather-long-name", 3)]);
    both.containers.push(second);
    assert_eq!(text(&planned(both, None, DryRunFormat::Table), false), expected);
}

/// Container 1 loses an instance, gains one and shrinks; 2 stays; 3 goes; 4 comes.
fn update(format: DryRunFormat) -> Planned {
    let stays = container(2, resource(1.0, 1), &[("word", 9)]);
    let old = plan(vec![
        container(1, resource(6.0, 8), &[("word", 2), ("bolt", 1)]),
        stays.clone(),
        container(3, resource(1.0, 1), &[("word", 5)]),
    ]);
    let new = plan(vec![
        container(1, resource(4.5, 9), &[("word", 2), ("bolt", 7)]),
        stays,
        container(4, resource(1.0, 1), &[("bolt", 6)]),
    ]);
    planned(new, Some(old), format)
}

#[test]
fn an_update_tells_what_becomes_of_containers_and_instances() {
    let expected = "\
Total number of containers: 3
Using repacking class: com.example.Repacking
Container 1 MODIFIED
CPU: 4.5 (-25.00%), RAM: 9216 MB (+12.50%), Disk: 9216 MB (+12.50%)
====================================================
| component | task ID | CPU | RAM (MB) | disk (MB) |
----------------------------------------------------
|      word |       2 | 1.5 |     2048 |      2048 |
|      bolt |       7 | 1.5 |     2048 |      2048 | new
|      bolt |       1 | 1.5 |     2048 |      2048 | removed
====================================================

Container 2 UNAFFECTED
CPU: 1.0, RAM: 1024 MB, Disk: 1024 MB
====================================================
| component | task ID | CPU | RAM (MB) | disk (MB) |
----------------------------------------------------
|      word |       9 | 1.5 |     2048 |      2048 |
====================================================

Container 3 REMOVED
CPU: 1.0, RAM: 1024 MB, Disk: 1024 MB
====================================================
| component | task ID | CPU | RAM (MB) | disk (MB) |
----------------------------------------------------
|      word |       5 | 1.5 |     2048 |      2048 |
====================================================

Container 4 NEW
CPU: 1.0, RAM: 1024 MB, Disk: 1024 MB
====================================================
| component | task ID | CPU | RAM (MB) | disk (MB) |
----------------------------------------------------
|      bolt |       6 | 1.5 |     2048 |      2048 |
====================================================
";
    assert_eq!(text(&update(DryRunFormat::Table), false), expected);
}

#[test]
fn colours_are_laid_over_the_same_table() {
    let plain = text(&update(DryRunFormat::Table), false);
    let rich = painted(&text(&update(DryRunFormat::ColoredTable), false));
    assert!(rich.contains("\u{1b}[1mContainer 1\u{1b}[0m MODIFIED\n"), "{rich}");
    assert!(rich.contains("\u{1b}[1mContainer 3\u{1b}[0m \u{1b}[31mREMOVED\u{1b}[0m\n"));
    assert!(rich.contains("\u{1b}[1mContainer 4\u{1b}[0m \u{1b}[32mNEW\u{1b}[0m\n"));
    assert!(
        rich.contains("CPU: 4.5 (\u{1b}[31m-25.00%\u{1b}[0m), RAM: 9216 MB (\u{1b}[32m+12.50%")
    );
    assert!(rich.contains("| \u{1b}[1mcomponent\u{1b}[0m | \u{1b}[1mtask ID\u{1b}[0m |"));
    assert!(rich.contains("| \u{1b}[32m     bolt\u{1b}[0m | \u{1b}[32m      7\u{1b}[0m |"));
    assert!(rich.contains("\u{1b}[31m \u{336} \u{336} \u{336} \u{336} \u{336}b\u{336}o\u{336}l\u{336}t\u{336}\u{1b}[0m"));
    let mut stripped = rich.replace('\u{336}', "");
    for code in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[31m", "\u{1b}[32m"] {
        stripped = stripped.replace(code, "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn without_a_wish_a_terminal_gets_colours() {
    let mut without = update(DryRunFormat::Table);
    without.format = None;
    assert_eq!(text(&without, false), text(&update(DryRunFormat::Table), false));
    assert_eq!(text(&without, true), text(&update(DryRunFormat::ColoredTable), true));
}

#[test]
fn raw_is_what_java_prints() {
    let one = "{plan-id: t-1, containers-list: [{container-id: 1, instances-list: [\
        {component-name: word, task-id: 2, component-index: 1, instance-resource: {cpu: 1.500000, \
        ram: ByteAmount{2.0 GB (2147483648 bytes)}, disk: ByteAmount{2.0 GB (2147483648 bytes)}}}, \
        {component-name: bolt, task-id: 1, component-index: 0, instance-resource: {cpu: 1.500000, \
        ram: ByteAmount{2.0 GB (2147483648 bytes)}, disk: ByteAmount{2.0 GB (2147483648 bytes)}}}], \
        required-resource: {cpu: 6.000000, ram: ByteAmount{7.0 GB (7516192768 bytes)}, \
        disk: ByteAmount{7.0 GB (7516192768 bytes)}}}]}";
    let head = "Packing class: org.example.Packing\nTopology: words\n";
    let submit = text(&planned(small(), None, DryRunFormat::Raw), false);
    assert_eq!(submit, format!("{head}Packing plan:\n{one}\n"));
    let update = text(&planned(small(), Some(plan(Vec::new())), DryRunFormat::Raw), false);
    let old = "{plan-id: t-1, containers-list: []}";
    assert_eq!(update, format!("{head}New packing plan:\n{one}\nOld packing plan:\n{old}\n"));
}

#[test]
fn json_has_herons_fields_and_ours() {
    let submit = text(&planned(small(), None, DryRunFormat::Json), false);
    let submit: Value = serde_json::from_str(&submit).unwrap();
    let size = json!({ "cpu": 1.5, "ram": 2 * GIB, "disk": 2 * GIB });
    let expected = json!({
        "packingClass": "org.example.Packing",
        "topology": "words",
        "containers": [{
            "id": 1,
            "resources": { "cpu": 6.0, "ram": 7 * GIB, "disk": 7 * GIB },
            "components": [
                { "component": "bolt", "id": 1, "index": 0, "resources": size },
                { "component": "word", "id": 2, "index": 1, "resources": size },
            ],
        }],
        "plan": { "schema": 1 },
    });
    assert_eq!(submit, expected);
    let update: Value = serde_json::from_str(&text(&update(DryRunFormat::Json), false)).unwrap();
    let ids = |plan: &Value| -> Vec<i64> {
        plan["containers"].as_array().unwrap().iter().filter_map(|c| c["id"].as_i64()).collect()
    };
    assert_eq!((ids(&update), ids(&update["oldPackingPlan"])), (vec![1, 2, 4], vec![1, 2, 3]));
    let mut two = planned(small(), None, DryRunFormat::Json);
    two.topologies.push(two.topologies[0].clone());
    let two: Value = serde_json::from_str(&text(&two, false)).unwrap();
    assert_eq!(two, json!([expected, expected]));
}

#[test]
fn what_would_be_done_follows_in_every_form_for_people() {
    for format in [DryRunFormat::Raw, DryRunFormat::Table, DryRunFormat::ColoredTable] {
        let mut planned = planned(small(), None, format);
        planned.topologies[0].steps =
            vec![PlannedStep::new("Would be written", vec!["/a".to_owned(), "/b".to_owned()])];
        let text = text(&planned, false);
        assert!(text.ends_with("\n\nWould be written:\n  /a\n  /b\n"), "{text}");
    }
}

#[test]
fn figures_are_rounded_as_java_does() {
    assert_eq!(figures::megabytes((1 << 20) * 3 / 2), 2);
    assert_eq!(figures::megabytes(1_431_655_765), 1365);
    assert_eq!(figures::amount(1_431_655_765), "ByteAmount{1.3 GB (1431655765 bytes)}");
    assert_eq!(figures::amount(300 << 20), "ByteAmount{300.0 MB (314572800 bytes)}");
    assert_eq!(figures::amount(2048), "ByteAmount{2.0 KB (2048 bytes)}");
    assert_eq!(figures::amount(7), "ByteAmount{7 bytes}");
    assert_eq!(figures::percent(8.0, 9.0).as_deref(), Some("+12.50%"));
    for (old, new) in [(0.0, 1.0), (0.0, 0.0), (1.0, 1.0), (f64::NAN, 1.0)] {
        assert_eq!(figures::percent(old, new), None, "{old} {new}");
    }
}
