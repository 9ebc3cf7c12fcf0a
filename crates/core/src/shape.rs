//! The fields of `SubmitJob` that a trigger may fill, and where templates may stand in them.
//!
//! One table says it once: unknown fields, wrong types and forbidden templates are all found by walking it.
//! Field names are those of the API: <https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html>.

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A string.
    Text(Templates),
    /// Names, which are no templates, to strings, which may be.
    Map,
    /// A list.
    List(&'static Shape),
    /// An object with these fields.
    Struct(&'static [Field]),
}

/// Whether a string may be a template.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Templates {
    /// It may.
    Allowed,
    /// Only within the trigger's `allow`: what the event says must be among what the file names.
    Within(Allowed),
    /// It may not: an event must not choose this.
    Never,
}

/// The list of `allow` that a field's value must be in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Allowed {
    /// `allow.queues`
    Queues,
    /// `allow.definitions`
    Definitions,
}

/// A field and what it holds.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the API.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Whether a request must have it.
    pub required: bool,
}

const TEXT: Shape = Shape::Text(Templates::Allowed);
const FIXED: Shape = Shape::Text(Templates::Never);

const fn required(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true }
}

const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false }
}

/// The fields of a job request.
pub const REQUEST: &[Field] = &[
    required("jobName", TEXT),
    required("jobQueue", Shape::Text(Templates::Within(Allowed::Queues))),
    required("jobDefinition", Shape::Text(Templates::Within(Allowed::Definitions))),
    optional("parameters", Shape::Map),
    optional("containerOverrides", Shape::Struct(CONTAINER_OVERRIDES)),
    optional("tags", Shape::Map),
];

const CONTAINER_OVERRIDES: &[Field] = &[
    optional("command", Shape::List(&TEXT)),
    optional("environment", Shape::List(&Shape::Struct(&[required("name", FIXED), required("value", TEXT)]))),
    optional("resourceRequirements", Shape::List(&Shape::Struct(&[required("type", FIXED), required("value", TEXT)]))),
];

/// Fields of `SubmitJob` that exist and that this version does not send, so that the message can say so.
pub const NOT_SENT: [&str; 11] = [
    "arrayProperties",
    "consumableResourcePropertiesOverride",
    "dependsOn",
    "ecsPropertiesOverride",
    "eksPropertiesOverride",
    "nodeOverrides",
    "propagateTags",
    "retryStrategy",
    "schedulingPriorityOverride",
    "shareIdentifier",
    "timeout",
];
