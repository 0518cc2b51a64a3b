//! Makes the definition of a topology, for tests and benchmarks that run no main.

use heron_cli::proto::api;

/// A topology of one spout and one bolt, with one instance of each per container.
pub fn definition(name: &str, id: &str, containers: usize) -> api::Topology {
    let text = |key: &str, value: &str| api::config::KeyValue {
        key: key.to_owned(),
        value: Some(value.to_owned()),
        serialized_value: None,
        r#type: Some(api::ConfigValueType::StringValue as i32),
    };
    let component = |name: &str| api::Component {
        name: name.to_owned(),
        class_name: Some(format!("tests.{name}")),
        config: api::Config {
            kvs: vec![text("topology.component.parallelism", &containers.to_string())],
        },
        serialized_object: None,
        spec: Some(api::ComponentObjectSpec::PythonClassName as i32),
        cpp_class_info: None,
    };
    let stream =
        api::StreamId { id: "default".to_owned(), component_name: "word_spout".to_owned() };
    let schema = api::StreamSchema {
        keys: vec![api::stream_schema::KeyType {
            key: "word".to_owned(),
            r#type: api::Type::Object as i32,
        }],
    };
    api::Topology {
        id: id.to_owned(),
        name: name.to_owned(),
        spouts: vec![api::Spout {
            comp: component("word_spout"),
            outputs: vec![api::OutputStream { stream: stream.clone(), schema: schema.clone() }],
        }],
        bolts: vec![api::Bolt {
            comp: component("count_bolt"),
            inputs: vec![api::InputStream {
                stream,
                gtype: api::Grouping::Fields as i32,
                grouping_fields: Some(schema),
                custom_grouping_object: None,
                r#type: None,
            }],
            outputs: vec![],
        }],
        state: api::TopologyState::Running as i32,
        topology_config: Some(api::Config {
            kvs: vec![
                text("topology.name", name),
                text("topology.stmgrs", &containers.to_string()),
                text("topology.message.timeout.secs", "30"),
                text("topology.reliability.mode", "ATMOST_ONCE"),
                text("topology.container.ram", "268435456"),
                text("topology.container.ram.padding", "67108864"),
                text("topology.container.cpu", "2"),
                text("topology.container.disk", "268435456"),
            ],
        }),
    }
}
