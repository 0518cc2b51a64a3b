//! Makes Heron's messages from the schema in `src/proto/heron`: prost's structs, and tables for `src/proto/check.rs`.
//!
//! protox compiles the schema, so that no `protoc` is needed. The tables say what prost's structs can't: which fields
//! proto2 requires, and which numbers an enumeration knows.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorSet,
};

const ROOT: &str = "src/proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ROOT}/heron");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(Path::new(ROOT).join("heron"))? {
        files.push(entry?.path());
    }
    files.sort();
    let schema = protox::compile(&files, [ROOT])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("shapes.rs"), shapes(&schema)?)?;
    // `prost::Name` leads from a struct to its table.
    prost_build::Config::new().enable_type_names().compile_fds(schema)?;
    Ok(())
}

/// A static `Shape` for each message, and a list of all.
fn shapes(schema: &FileDescriptorSet) -> Result<String, Box<dyn Error>> {
    let mut enums = Vec::new();
    let mut messages = Vec::new();
    for file in &schema.file {
        let package = format!(".{}", file.package());
        enums.extend(
            file.enum_type.iter().map(|found| (format!("{package}.{}", found.name()), found)),
        );
        for message in &file.message_type {
            collect(message, &package, &mut messages, &mut enums);
        }
    }
    let mut source = String::new();
    for (path, message) in &messages {
        writeln!(
            source,
            "static {}: Shape = Shape {{ name: {:?}, fields: &[",
            ident(path),
            &path[1..]
        )?;
        for field in &message.field {
            let rule = match field.label() {
                Label::Required => "Required",
                Label::Optional => "Optional",
                Label::Repeated => "Repeated",
            };
            let (number, name, kind) = (field.number(), field.name(), kind(field, &enums)?);
            writeln!(
                source,
                "    Field {{ number: {number}, name: {name:?}, rule: Rule::{rule}, kind: {kind} }},"
            )?;
        }
        source.push_str("] };\n");
    }
    let list: Vec<String> = messages.iter().map(|(path, _)| format!("&{}", ident(path))).collect();
    writeln!(source, "const SHAPES: &[&Shape] = &[{}];", list.join(", "))?;
    Ok(source)
}

/// A message with all that is declared inside it.
fn collect<'a>(
    message: &'a DescriptorProto,
    scope: &str,
    messages: &mut Vec<(String, &'a DescriptorProto)>,
    enums: &mut Vec<(String, &'a EnumDescriptorProto)>,
) {
    let path = format!("{scope}.{}", message.name());
    enums.extend(message.enum_type.iter().map(|found| (format!("{path}.{}", found.name()), found)));
    for inner in &message.nested_type {
        collect(inner, &path, messages, enums);
    }
    messages.push((path, message));
}

fn kind(
    field: &FieldDescriptorProto,
    enums: &[(String, &EnumDescriptorProto)],
) -> Result<String, Box<dyn Error>> {
    let plain = |wire_type: &str| format!("FieldKind::Plain(WireType::{wire_type})");
    Ok(match field.r#type() {
        Type::Message => format!("FieldKind::Message(&{})", ident(field.type_name())),
        Type::Enum => {
            let (_, found) = enums
                .iter()
                .find(|(path, _)| path == field.type_name())
                .ok_or_else(|| format!("{} is not in the schema", field.type_name()))?;
            let numbers: Vec<i32> =
                found.value.iter().map(EnumValueDescriptorProto::number).collect();
            format!("FieldKind::Enum(&{numbers:?})")
        }
        Type::String | Type::Bytes => plain("Length"),
        Type::Double | Type::Fixed64 | Type::Sfixed64 => plain("Fixed64"),
        Type::Float | Type::Fixed32 | Type::Sfixed32 => plain("Fixed32"),
        Type::Group => plain("Group"),
        _ => plain("Varint"),
    })
}

/// `.heron.proto.api.StreamId` as the name of a static.
fn ident(path: &str) -> String {
    path[1..].replace('.', "_").to_uppercase()
}
