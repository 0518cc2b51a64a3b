//! Package `heron.proto.api` (`topology.proto`): what a user's main describes.

/// How tuples of a stream are shared out among the instances that read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Grouping {
    /// At random.
    Shuffle = 1,
    /// By the values of some fields.
    Fields = 2,
    /// To every instance.
    All = 3,
    /// To the instance with the lowest task id.
    Lowest = 4,
    /// As Heron likes.
    None = 5,
    /// To an instance that the sender names.
    Direct = 6,
    /// By code of the user's.
    Custom = 7,
}

/// Type of a field of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Type {
    /// The only one there is.
    Object = 1,
}

/// The state that a topology is wanted to be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum TopologyState {
    /// Spouts emit.
    Running = 1,
    /// Spouts are silent; everything else works.
    Paused = 2,
    /// Never written by Heron, but part of the format.
    Killed = 3,
}

impl TopologyState {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Killed => "KILLED",
        }
    }
}

/// What `Component::serialized_object` or `class_name` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ComponentObjectSpec {
    /// The name of a Java class.
    JavaClassName = 1,
    /// A serialized Java object.
    JavaSerializedObject = 2,
    /// The name of a Python class.
    PythonClassName = 3,
    /// A C++ class, see [`CppClassInfo`].
    CppClassInfo = 4,
}

/// What `InputStream::custom_grouping_object` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum CustomGroupingObjectType {
    /// A serialized Java object.
    JavaObject = 1,
    /// A pickled Python object.
    PythonObject = 2,
}

/// Which member of [`config::KeyValue`] holds the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ConfigValueType {
    /// `value`.
    StringValue = 1,
    /// `serialized_value`, a Java object.
    JavaSerializedValue = 2,
    /// `serialized_value`, a pickled Python object.
    PythonSerializedValue = 3,
}

/// How a C++ component is made.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CppClassInfo {
    /// Name of the function that makes it.
    #[prost(string, required, tag = "1")]
    pub class_constructor: String,
}

/// The fields of a stream.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamSchema {
    /// One per field, in order.
    #[prost(message, repeated, tag = "1")]
    pub keys: Vec<stream_schema::KeyType>,
}

/// Messages inside [`StreamSchema`].
pub mod stream_schema {
    /// One field of a stream.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct KeyType {
        /// Name of the field.
        #[prost(string, required, tag = "1")]
        pub key: String,
        /// Its type.
        #[prost(enumeration = "super::Type", required, tag = "2")]
        pub r#type: i32,
    }
}

/// Names a stream.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct StreamId {
    /// The stream's own id, `default` mostly.
    #[prost(string, required, tag = "1")]
    pub id: String,
    /// The component that emits it.
    #[prost(string, required, tag = "2")]
    pub component_name: String,
}

/// A stream that a component emits.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OutputStream {
    /// Its name.
    #[prost(message, required, tag = "1")]
    pub stream: StreamId,
    /// Its fields.
    #[prost(message, required, tag = "2")]
    pub schema: StreamSchema,
}

/// A stream that a bolt reads.
#[derive(Clone, PartialEq, prost::Message)]
pub struct InputStream {
    /// Its name.
    #[prost(message, required, tag = "1")]
    pub stream: StreamId,
    /// How it is shared out.
    #[prost(enumeration = "Grouping", required, tag = "2")]
    pub gtype: i32,
    /// The fields to group by, for [`Grouping::Fields`].
    #[prost(message, optional, tag = "3")]
    pub grouping_fields: Option<StreamSchema>,
    /// The user's code, for [`Grouping::Custom`].
    #[prost(bytes = "vec", optional, tag = "4")]
    pub custom_grouping_object: Option<Vec<u8>>,
    /// What that code is.
    #[prost(enumeration = "CustomGroupingObjectType", optional, tag = "5")]
    pub r#type: Option<i32>,
}

/// Settings of a topology or of one component.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Config {
    /// In the order in which they were written; of a key given twice the first counts.
    #[prost(message, repeated, tag = "1")]
    pub kvs: Vec<config::KeyValue>,
}

/// Messages inside [`Config`].
pub mod config {
    /// One setting.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct KeyValue {
        /// Its key, such as `topology.stmgrs`.
        #[prost(string, required, tag = "1")]
        pub key: String,
        /// Its value, if it is text.
        #[prost(string, optional, tag = "2")]
        pub value: Option<String>,
        /// Its value, if it is an object.
        #[prost(bytes = "vec", optional, tag = "3")]
        pub serialized_value: Option<Vec<u8>>,
        /// Which of the two it is.
        #[prost(enumeration = "super::ConfigValueType", optional, tag = "4")]
        pub r#type: Option<i32>,
    }
}

/// What spouts and bolts have in common.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Component {
    /// Unique within the topology.
    #[prost(string, required, tag = "1")]
    pub name: String,
    /// Class, if it is made from one.
    #[prost(string, optional, tag = "2")]
    pub class_name: Option<String>,
    /// Settings of this component; holds its parallelism.
    #[prost(message, required, tag = "3")]
    pub config: Config,
    /// The component itself; cleared in the copy that goes into the state tree.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub serialized_object: Option<Vec<u8>>,
    /// What the object or the class name is.
    #[prost(enumeration = "ComponentObjectSpec", optional, tag = "5")]
    pub spec: Option<i32>,
    /// For C++ components.
    #[prost(message, optional, tag = "6")]
    pub cpp_class_info: Option<CppClassInfo>,
}

/// A source of tuples.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Spout {
    /// Name, settings and code.
    #[prost(message, required, tag = "1")]
    pub comp: Component,
    /// The streams it emits.
    #[prost(message, repeated, tag = "2")]
    pub outputs: Vec<OutputStream>,
}

/// A step of processing.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Bolt {
    /// Name, settings and code.
    #[prost(message, required, tag = "1")]
    pub comp: Component,
    /// The streams it reads.
    #[prost(message, repeated, tag = "2")]
    pub inputs: Vec<InputStream>,
    /// The streams it emits.
    #[prost(message, repeated, tag = "3")]
    pub outputs: Vec<OutputStream>,
}

/// A topology, the content of `<name>.defn` and of `topologies/<name>`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Topology {
    /// Name followed by a random UUID (Java, Python) or number (C++).
    #[prost(string, required, tag = "1")]
    pub id: String,
    /// Name, the key in the state tree.
    #[prost(string, required, tag = "2")]
    pub name: String,
    /// Its spouts.
    #[prost(message, repeated, tag = "3")]
    pub spouts: Vec<Spout>,
    /// Its bolts.
    #[prost(message, repeated, tag = "4")]
    pub bolts: Vec<Bolt>,
    /// The state at submission; later the physical plan's copy counts.
    #[prost(enumeration = "TopologyState", required, tag = "5")]
    pub state: i32,
    /// Settings of the whole topology.
    #[prost(message, optional, tag = "6")]
    pub topology_config: Option<Config>,
}
