//! The fields of `SubmitJob`, and where templates may stand in them.
//!
//! One table says it once: unknown fields, wrong types and forbidden templates are all found by walking it, and the
//! trigger file's JSON Schema is written from it. Field names are those of the API:
//! <https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html>.

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A string.
    Text(Templates),
    /// A string that is one of these words, in any case; an event does not choose it.
    Word(&'static [&'static str]),
    /// A whole number of this many bits, or one template that gives one.
    Integer(u32),
    /// `true` or `false`.
    Boolean,
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
    /// What it means, in a line.
    pub about: &'static str,
}

const TEXT: Shape = Shape::Text(Templates::Allowed);
const FIXED: Shape = Shape::Text(Templates::Never);
const INTEGER: Shape = Shape::Integer(32);

const fn required(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, required: true, about }
}

const fn optional(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, required: false, about }
}

const JOB_NAME: Field = required("jobName", TEXT, "The job's name; made valid and unique");
const JOB_QUEUE: Field =
    required("jobQueue", Shape::Text(Templates::Within(Allowed::Queues)), "The queue's name or ARN");
const JOB_DEFINITION: Field = required(
    "jobDefinition",
    Shape::Text(Templates::Within(Allowed::Definitions)),
    "The definition's name, name:revision or ARN",
);
const PARAMETERS: Field = optional("parameters", Shape::Map, "Fills Ref::name in the command");
const CONTAINER: Field =
    optional("containerOverrides", Shape::Struct(CONTAINER_OVERRIDES), "What differs from the definition's container");
const ECS: Field = optional(
    "ecsPropertiesOverride",
    Shape::Struct(&[optional(
        "taskProperties",
        Shape::List(&Shape::Struct(&[optional(
            "containers",
            Shape::List(&TASK_CONTAINER),
            "The containers that differ",
        )])),
        "The task; one at most",
    )]),
    "What differs from the definition's ECS task",
);
const EKS: Field = optional(
    "eksPropertiesOverride",
    Shape::Struct(&[optional("podProperties", Shape::Struct(POD), "The pod")]),
    "What differs from the definition's pod on EKS",
);
const CONSUMABLE: Field = optional(
    "consumableResourcePropertiesOverride",
    Shape::Struct(&[optional(
        "consumableResourceList",
        Shape::List(&Shape::Struct(&[
            optional("consumableResource", TEXT, "The resource's name or ARN"),
            optional("quantity", Shape::Integer(64), "How many of it"),
        ])),
        "What the job needs",
    )]),
    "The consumable resources that the job needs",
);

/// The fields of a job request.
pub const REQUEST: &[Field] = &[
    JOB_NAME,
    JOB_QUEUE,
    JOB_DEFINITION,
    optional("shareIdentifier", TEXT, "The share of a fair-share queue that the job counts for"),
    optional("schedulingPriorityOverride", INTEGER, "The job's place within its share, 0 to 9999"),
    optional(
        "arrayProperties",
        Shape::Struct(&[optional("size", INTEGER, "How many children, 2 to 10000")]),
        "Makes an array job",
    ),
    optional(
        "dependsOn",
        Shape::List(&Shape::Struct(&[
            optional("jobId", TEXT, "The other job's id"),
            optional("type", Shape::Word(&["N_TO_N", "SEQUENTIAL"]), "How an array job depends"),
        ])),
        "The jobs that must succeed first, 20 at most",
    ),
    PARAMETERS,
    CONTAINER,
    optional(
        "nodeOverrides",
        Shape::Struct(&[
            optional("numNodes", INTEGER, "How many nodes"),
            optional(
                "nodePropertyOverrides",
                Shape::List(&Shape::Struct(&[
                    required("targetNodes", TEXT, "The nodes' indexes, such as 0:3"),
                    CONTAINER,
                    ECS,
                    EKS,
                    optional("instanceTypes", Shape::List(&TEXT), "The nodes' instance types"),
                    CONSUMABLE,
                ])),
                "What differs on which nodes",
            ),
        ]),
        "What differs from the definition's nodes, of a multi-node parallel job",
    ),
    ECS,
    EKS,
    CONSUMABLE,
    optional(
        "retryStrategy",
        Shape::Struct(&[
            optional("attempts", INTEGER, "How often the job is tried in all, 1 to 10"),
            optional(
                "evaluateOnExit",
                Shape::List(&Shape::Struct(&[
                    optional("onStatusReason", TEXT, "A pattern for the job's statusReason"),
                    optional("onReason", TEXT, "A pattern for the container's reason"),
                    optional("onExitCode", TEXT, "A pattern for the exit code"),
                    required("action", Shape::Word(&["RETRY", "EXIT"]), "What then happens"),
                ])),
                "Which failures are tried again, 5 at most",
            ),
        ]),
        "What happens when an attempt fails",
    ),
    optional(
        "timeout",
        Shape::Struct(&[optional("attemptDurationSeconds", INTEGER, "How long an attempt may run, at least 60")]),
        "When an attempt is ended",
    ),
    optional("propagateTags", Shape::Boolean, "Whether the tags go to the ECS task too"),
    optional("tags", Shape::Map, "Tags of the job, 50 at most with jobwire's own"),
];

/// The fields of a job request that an event itself may be.
pub const FROM_EVENT: &[Field] = &[JOB_NAME, JOB_QUEUE, JOB_DEFINITION, PARAMETERS, CONTAINER];

const COMMAND: Field = optional("command", Shape::List(&TEXT), "The command's arguments");
const ENVIRONMENT: Field = optional(
    "environment",
    Shape::List(&Shape::Struct(&[
        required("name", FIXED, "The variable's name"),
        required("value", TEXT, "Its value, a string"),
    ])),
    "Variables beside the definition's",
);
const RESOURCES: Field = optional(
    "resourceRequirements",
    Shape::List(&Shape::Struct(&[
        required("type", Shape::Word(&["GPU", "MEMORY", "VCPU"]), "The resource"),
        required("value", TEXT, "How much, as a string; MEMORY counts MiB"),
    ])),
    "vCPUs, memory, GPUs",
);

const CONTAINER_OVERRIDES: &[Field] = &[
    optional("vcpus", INTEGER, "Deprecated by AWS: use resourceRequirements"),
    optional("memory", INTEGER, "Deprecated by AWS: use resourceRequirements"),
    COMMAND,
    optional("instanceType", TEXT, "The instance type of a multi-node parallel job"),
    ENVIRONMENT,
    RESOURCES,
];

const TASK_CONTAINER: Shape = Shape::Struct(&[
    optional("name", FIXED, "The container's name in the definition"),
    COMMAND,
    ENVIRONMENT,
    RESOURCES,
]);

const POD: &[Field] = &[
    optional("containers", Shape::List(&POD_CONTAINER), "The containers that differ"),
    optional("initContainers", Shape::List(&POD_CONTAINER), "The containers that run first and differ"),
    optional(
        "metadata",
        Shape::Struct(&[
            optional("labels", Shape::Map, "Labels of the pod"),
            optional("annotations", Shape::Map, "Annotations of the pod"),
            optional("namespace", FIXED, "The namespace that the pod runs in"),
        ]),
        "Labels, annotations, namespace",
    ),
];

const POD_CONTAINER: Shape = Shape::Struct(&[
    optional("name", FIXED, "The container's name in the definition"),
    optional("image", FIXED, "The image"),
    optional("command", Shape::List(&TEXT), "What takes the place of the image's entrypoint"),
    optional("args", Shape::List(&TEXT), "The entrypoint's arguments"),
    optional(
        "env",
        Shape::List(&Shape::Struct(&[
            required("name", FIXED, "The variable's name"),
            optional("value", TEXT, "Its value, a string"),
        ])),
        "Variables beside the definition's",
    ),
    optional(
        "resources",
        Shape::Struct(&[
            optional("limits", Shape::Map, "cpu, memory and nvidia.com/gpu, at most"),
            optional("requests", Shape::Map, "cpu, memory and nvidia.com/gpu, at least"),
        ]),
        "CPU, memory, GPUs",
    ),
]);
