//! The required fields of Heron's messages, as tables (`facts/heron.md` §2).

use super::wire::{Field, Shape};

const fn required(tag: u32, name: &'static str) -> Field {
    Field { tag, name, required: true, message: None }
}

const fn required_message(tag: u32, name: &'static str, shape: &'static Shape) -> Field {
    Field { tag, name, required: true, message: Some(shape) }
}

const fn message(tag: u32, name: &'static str, shape: &'static Shape) -> Field {
    Field { tag, name, required: false, message: Some(shape) }
}

static KEY_TYPE: Shape = Shape {
    name: "heron.proto.api.StreamSchema.KeyType",
    fields: &[required(1, "key"), required(2, "type")],
};
static STREAM_SCHEMA: Shape =
    Shape { name: "heron.proto.api.StreamSchema", fields: &[message(1, "keys", &KEY_TYPE)] };
static STREAM_ID: Shape = Shape {
    name: "heron.proto.api.StreamId",
    fields: &[required(1, "id"), required(2, "component_name")],
};
static OUTPUT_STREAM: Shape = Shape {
    name: "heron.proto.api.OutputStream",
    fields: &[
        required_message(1, "stream", &STREAM_ID),
        required_message(2, "schema", &STREAM_SCHEMA),
    ],
};
static INPUT_STREAM: Shape = Shape {
    name: "heron.proto.api.InputStream",
    fields: &[
        required_message(1, "stream", &STREAM_ID),
        required(2, "gtype"),
        message(3, "grouping_fields", &STREAM_SCHEMA),
    ],
};
static KEY_VALUE: Shape =
    Shape { name: "heron.proto.api.Config.KeyValue", fields: &[required(1, "key")] };
static CONFIG: Shape =
    Shape { name: "heron.proto.api.Config", fields: &[message(1, "kvs", &KEY_VALUE)] };
static CPP_CLASS_INFO: Shape =
    Shape { name: "heron.proto.api.CPPClassInfo", fields: &[required(1, "class_constructor")] };
static COMPONENT: Shape = Shape {
    name: "heron.proto.api.Component",
    fields: &[
        required(1, "name"),
        required_message(3, "config", &CONFIG),
        message(6, "cpp_class_info", &CPP_CLASS_INFO),
    ],
};
static SPOUT: Shape = Shape {
    name: "heron.proto.api.Spout",
    fields: &[required_message(1, "comp", &COMPONENT), message(2, "outputs", &OUTPUT_STREAM)],
};
static BOLT: Shape = Shape {
    name: "heron.proto.api.Bolt",
    fields: &[
        required_message(1, "comp", &COMPONENT),
        message(2, "inputs", &INPUT_STREAM),
        message(3, "outputs", &OUTPUT_STREAM),
    ],
};

/// A definition.
pub static TOPOLOGY: Shape = Shape {
    name: "heron.proto.api.Topology",
    fields: &[
        required(1, "id"),
        required(2, "name"),
        message(3, "spouts", &SPOUT),
        message(4, "bolts", &BOLT),
        required(5, "state"),
        message(6, "topology_config", &CONFIG),
    ],
};

/// An execution state, from 0.13.4 on.
pub static EXECUTION_STATE: Shape = Shape {
    name: "heron.proto.system.ExecutionState",
    fields: &[
        required(1, "topology_name"),
        required(2, "topology_id"),
        required(5, "cluster"),
        required(6, "environ"),
        required(7, "role"),
    ],
};

/// An execution state before 0.13.4.
pub static EXECUTION_STATE_OLD: Shape = Shape {
    name: "heron.proto.system.ExecutionState",
    fields: &[required(1, "topology_name"), required(2, "topology_id")],
};

static RESOURCE: Shape = Shape {
    name: "heron.proto.system.Resource",
    fields: &[required(1, "cpu"), required(2, "ram"), required(3, "disk")],
};
static INSTANCE_PLAN: Shape = Shape {
    name: "heron.proto.system.InstancePlan",
    fields: &[
        required(1, "component_name"),
        required(2, "task_id"),
        required(3, "component_index"),
        required_message(4, "resource", &RESOURCE),
    ],
};
static CONTAINER_PLAN: Shape = Shape {
    name: "heron.proto.system.ContainerPlan",
    fields: &[
        required(1, "id"),
        message(2, "instance_plans", &INSTANCE_PLAN),
        required_message(3, "requiredResource", &RESOURCE),
        message(4, "scheduledResource", &RESOURCE),
    ],
};

/// A packing plan.
pub static PACKING_PLAN: Shape = Shape {
    name: "heron.proto.system.PackingPlan",
    fields: &[required(1, "id"), message(2, "container_plans", &CONTAINER_PLAN)],
};

static STMGR: Shape = Shape {
    name: "heron.proto.system.StMgr",
    fields: &[
        required(1, "id"),
        required(2, "host_name"),
        required(3, "data_port"),
        required(4, "local_endpoint"),
    ],
};
static INSTANCE_INFO: Shape = Shape {
    name: "heron.proto.system.InstanceInfo",
    fields: &[
        required(1, "task_id"),
        required(2, "component_index"),
        required(3, "component_name"),
    ],
};
static INSTANCE: Shape = Shape {
    name: "heron.proto.system.Instance",
    fields: &[
        required(1, "instance_id"),
        required(2, "stmgr_id"),
        required_message(3, "info", &INSTANCE_INFO),
    ],
};

/// A physical plan.
pub static PHYSICAL_PLAN: Shape = Shape {
    name: "heron.proto.system.PhysicalPlan",
    fields: &[
        required_message(1, "topology", &TOPOLOGY),
        message(2, "stmgrs", &STMGR),
        message(3, "instances", &INSTANCE),
    ],
};

/// A scheduler's location, from 0.13.4 on.
pub static SCHEDULER_LOCATION: Shape = Shape {
    name: "heron.proto.scheduler.SchedulerLocation",
    fields: &[required(1, "topology_name"), required(2, "http_endpoint")],
};

/// A scheduler's location before 0.13.4.
pub static SCHEDULER_LOCATION_OLD: Shape = Shape {
    name: "heron.proto.scheduler.SchedulerLocation",
    fields: &[required(1, "topology_name"), required(3, "http_endpoint")],
};

/// The location of a TManager, a TMaster or a metrics cache.
pub static TMANAGER_LOCATION: Shape = Shape {
    name: "heron.proto.tmanager.TManagerLocation",
    fields: &[
        required(1, "topology_name"),
        required(2, "topology_id"),
        required(3, "host"),
        required(4, "controller_port"),
        required(5, "server_port"),
    ],
};

static CONSISTENT_CHECKPOINT: Shape = Shape {
    name: "heron.proto.ckptmgr.StatefulConsistentCheckpoint",
    fields: &[required(1, "checkpoint_id"), required(2, "packing_plan_id")],
};

/// Checkpoints.
pub static CONSISTENT_CHECKPOINTS: Shape = Shape {
    name: "heron.proto.ckptmgr.StatefulConsistentCheckpoints",
    fields: &[message(1, "consistent_checkpoints", &CONSISTENT_CHECKPOINT)],
};
