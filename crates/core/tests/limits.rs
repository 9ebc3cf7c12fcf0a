//! Every limit has two sides: what is just allowed passes, and what is just not is named with its field.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use jobwire_core::limits::{FARGATE, MiB};
use jobwire_core::platform::Platform;
use jobwire_core::request::JobRequest;
use jobwire_core::validate::validate;
use serde_json::{Map, Value, json};

fn request(fields: &Value) -> JobRequest {
    let mut wire = json!({"jobName": "a", "jobQueue": "q", "jobDefinition": "d"});
    let (Some(all), Some(fields)) = (wire.as_object_mut(), fields.as_object()) else { panic!("objects") };
    all.extend(fields.clone());
    serde_json::from_value(wire).expect("a job request")
}

fn paths_on(platform: Platform, fields: &Value) -> Vec<String> {
    validate(&request(fields), platform).into_iter().map(|problem| problem.path).collect()
}

fn paths(fields: &Value) -> Vec<String> {
    paths_on(Platform::Container, fields)
}

fn good(fields: &Value) {
    let problems = validate(&request(fields), Platform::Container);
    assert_eq!(problems, [], "{}", fields.to_string().chars().take(300).collect::<String>());
}

fn bad(fields: &Value, wanted: &[&str]) {
    assert_eq!(paths(fields), wanted, "{}", fields.to_string().chars().take(300).collect::<String>());
}

fn numbered(count: usize) -> Value {
    Value::Object((0..count).map(|n| (format!("k{n}"), json!("v"))).collect::<Map<_, _>>())
}

fn list(count: usize, item: impl Fn(usize) -> Value) -> Value {
    (0..count).map(item).collect()
}

/// A block of overrides: its path, what it is with a value of a variable, and a request with it.
type Block<'a> = (&'a str, &'a dyn Fn(String) -> Value, &'a dyn Fn(Value) -> Value);

/// A request with a variable of this name, and the name's path.
type Place<'a> = (&'a dyn Fn(&str) -> Value, &'a str);

const ID: &str = "1d828f65-7a4d-42e8-996d-3b900ed59dc4";

#[test]
fn job_name() {
    good(&json!({"jobName": "x".repeat(128)}));
    good(&json!({"jobName": "9_-"}));
    for name in ["", "-a", "_a", "a b", "a.b", "é", &"x".repeat(129)] {
        bad(&json!({"jobName": name}), &["jobName"]);
    }
}

#[test]
fn queue_and_definition() {
    for queue in ["feeds", "arn:aws:batch:eu-west-1:123456789012:job-queue/feeds"] {
        good(&json!({"jobQueue": queue}));
    }
    for queue in
        ["", "a b", "feeds:1", "arn:aws:batch:eu-west-1:123456789012:job-definition/feeds", "arn:aws:sns:a:1:b"]
    {
        bad(&json!({"jobQueue": queue}), &["jobQueue"]);
    }
    for definition in [
        "d",
        "d:3",
        "arn:aws:batch:eu-west-1:123456789012:job-definition/d",
        "arn:aws-cn:batch:cn-north-1:123456789012:job-definition/d:44",
    ] {
        good(&json!({"jobDefinition": definition}));
    }
    for definition in ["", "d:", "d:latest", "d:1:2", "arn:aws:batch:eu-west-1:123456789012:job-queue/d"] {
        bad(&json!({"jobDefinition": definition}), &["jobDefinition"]);
    }
}

/// Bytes are counted as they are sent: a quote is two, a letter beyond ASCII is two or more.
#[test]
fn whole_request() {
    let around = serde_json::to_string(&request(&json!({"parameters": {"p": ""}}))).expect("JSON").len();
    let room = 30 * 1024 - around;
    good(&json!({"parameters": {"p": "x".repeat(room)}}));
    bad(&json!({"parameters": {"p": "x".repeat(room + 1)}}), &[""]);
    good(&json!({"parameters": {"p": "\"".repeat(room / 2)}}));
    bad(&json!({"parameters": {"p": "\"".repeat(room / 2 + 1)}}), &[""]);
    bad(&json!({"parameters": {"p": "é".repeat(room / 2 + 1)}}), &[""]);
}

/// Characters of a task's overrides are counted as they are sent too, wherever the task is.
#[test]
fn container_overrides() {
    let container = |value: String| json!({"environment": [{"name": "A", "value": value}]});
    let task = |value: String| json!({"taskProperties": [{"containers": [{"name": "a", "environment": [{"name": "A", "value": value}]}]}]});
    let node = |block: Value| json!({"nodeOverrides": {"nodePropertyOverrides": [block]}});
    let blocks: [Block<'_>; 4] = [
        ("containerOverrides", &container, &|block| json!({"containerOverrides": block})),
        ("ecsPropertiesOverride", &task, &|block| json!({"ecsPropertiesOverride": block})),
        ("nodeOverrides.nodePropertyOverrides[0].containerOverrides", &container, &|block| {
            node(json!({"targetNodes": "0:", "containerOverrides": block}))
        }),
        ("nodeOverrides.nodePropertyOverrides[0].ecsPropertiesOverride", &task, &|block| {
            node(json!({"targetNodes": "0:", "ecsPropertiesOverride": block}))
        }),
    ];
    for (path, block, place) in blocks {
        let room = 8192 - block(String::new()).to_string().len();
        good(&place(block("x".repeat(room))));
        bad(&place(block("x".repeat(room + 1))), &[path]);
        good(&place(block("é".repeat(room))));
        bad(&place(block("\n".repeat(room / 2 + 1))), &[path]);
    }
    // A pod is no ECS task.
    good(
        &json!({"eksPropertiesOverride": {"podProperties": {"containers": [{"env": [{"name": "A", "value": "x".repeat(9000)}]}]}}}),
    );
}

#[test]
fn dependencies() {
    good(&json!({"dependsOn": list(20, |_| json!({"jobId": ID}))}));
    bad(&json!({"dependsOn": list(21, |_| json!({"jobId": ID}))}), &["dependsOn"]);
    for id in [ID, &format!("{ID}:0"), &format!("{ID}#1")] {
        good(&json!({"dependsOn": [{"jobId": id}]}));
    }
    for id in ["", "my-job", "arn:aws:batch:eu-west-1:1:job/x", &format!("{ID}:"), &format!("{ID}:x"), &ID[1..]] {
        bad(&json!({"dependsOn": [{"jobId": id}]}), &["dependsOn[0].jobId"]);
    }
    let array = json!({"size": 2});
    good(&json!({"arrayProperties": array, "dependsOn": [{"type": "SEQUENTIAL"}, {"jobId": ID, "type": "N_TO_N"}]}));
    bad(&json!({"arrayProperties": array, "dependsOn": [{"type": "N_TO_N"}]}), &["dependsOn[0].jobId"]);
    bad(&json!({"dependsOn": [{"jobId": ID, "type": "N_TO_N"}]}), &["dependsOn[0].type"]);
    bad(&json!({"dependsOn": [{}]}), &["dependsOn[0].jobId"]);
}

#[test]
fn array_size() {
    for size in [2, 10_000] {
        good(&json!({"arrayProperties": {"size": size}}));
    }
    for size in [-1, 0, 1, 10_001] {
        bad(&json!({"arrayProperties": {"size": size}}), &["arrayProperties.size"]);
    }
    bad(&json!({"arrayProperties": {}}), &["arrayProperties.size"]);
}

#[test]
fn tags() {
    good(&json!({"tags": numbered(50)}));
    bad(&json!({"tags": numbered(51)}), &["tags"]);
    let key = "k".repeat(128);
    good(&json!({"tags": {key: "v".repeat(256)}}));
    good(&json!({"tags": {"é 1+-=._:/@": ""}}));
    let long = "k".repeat(129);
    bad(&json!({"tags": {long.as_str(): "v"}}), &[&format!("tags.{long}")]);
    bad(&json!({"tags": {"k": "v".repeat(257)}}), &["tags.k"]);
    bad(&json!({"tags": {"Aws:k": "v"}}), &["tags.Aws:k"]);
    bad(&json!({"tags": {"k": "AWS:v"}}), &["tags.k"]);
    bad(&json!({"tags": {"k": "a#b"}}), &["tags.k"]);
    bad(&json!({"tags": {"": "v"}}), &["tags"]);
}

#[test]
fn timeout() {
    good(&json!({"timeout": {"attemptDurationSeconds": 60}}));
    bad(&json!({"timeout": {"attemptDurationSeconds": 59}}), &["timeout.attemptDurationSeconds"]);
}

#[test]
fn retries() {
    for attempts in [1, 10] {
        good(&json!({"retryStrategy": {"attempts": attempts}}));
    }
    for attempts in [0, 11] {
        bad(&json!({"retryStrategy": {"attempts": attempts}}), &["retryStrategy.attempts"]);
    }
    bad(&json!({"retryStrategy": {}}), &["retryStrategy.attempts"]);
    let conditions = |count| list(count, |_| json!({"onExitCode": "1*", "action": "RETRY"}));
    good(&json!({"retryStrategy": {"attempts": 2, "evaluateOnExit": conditions(5)}}));
    bad(&json!({"retryStrategy": {"attempts": 2, "evaluateOnExit": conditions(6)}}), &["retryStrategy.evaluateOnExit"]);
    bad(&json!({"retryStrategy": {"evaluateOnExit": conditions(1)}}), &["retryStrategy.attempts"]);
    let path = |name: &str| format!("retryStrategy.evaluateOnExit[0].{name}");
    let condition = |name: &str, pattern: &str| json!({"retryStrategy": {"attempts": 2, "evaluateOnExit": [{name: pattern, "action": "EXIT"}]}});
    for name in ["onReason", "onStatusReason"] {
        for pattern in ["*", "Host EC2*", "CannotPullContainerError:\t*", &"x".repeat(512)] {
            good(&condition(name, pattern));
        }
        for pattern in ["", "a*b", "**", "a-b", &"x".repeat(513)] {
            bad(&condition(name, pattern), &[&path(name)]);
        }
    }
    for pattern in ["0", "13*", "*", &"1".repeat(512)] {
        good(&condition("onExitCode", pattern));
    }
    for pattern in ["", "-1", "1*3", "x", &"1".repeat(513)] {
        bad(&condition("onExitCode", pattern), &[&path("onExitCode")]);
    }
    bad(
        &json!({"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"onExitCode": "1", "action": "STOP"}]}}),
        &[&path("action")],
    );
}

#[test]
fn share_and_priority() {
    for priority in [0, 9999] {
        good(&json!({"shareIdentifier": "a", "schedulingPriorityOverride": priority}));
    }
    for priority in [-1, 10_000] {
        bad(&json!({"shareIdentifier": "a", "schedulingPriorityOverride": priority}), &["schedulingPriorityOverride"]);
    }
    for share in [&"a".repeat(255), "team1", "team1*"] {
        good(&json!({"shareIdentifier": share}));
    }
    for share in [&"a".repeat(256), "", "*", "a-b", "a*b"] {
        bad(&json!({"shareIdentifier": share}), &["shareIdentifier"]);
    }
    bad(&json!({"schedulingPriorityOverride": 1}), &["schedulingPriorityOverride"]);
}

#[test]
fn environment_names() {
    let container = |name: &str| json!({"containerOverrides": {"environment": [{"name": name, "value": ""}]}});
    let task = |name: &str| json!({"ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "c", "environment": [{"name": name, "value": ""}]}]}]}});
    let pod = |name: &str| json!({"eksPropertiesOverride": {"podProperties": {"initContainers": [{"env": [{"name": name}]}]}}});
    let places: [Place<'_>; 3] = [
        (&container, "containerOverrides.environment[0].name"),
        (&task, "ecsPropertiesOverride.taskProperties[0].containers[0].environment[0].name"),
        (&pod, "eksPropertiesOverride.podProperties.initContainers[0].env[0].name"),
    ];
    for (place, path) in places {
        for name in ["AWS_REGION", "AWS_BATC", "a.b", "é"] {
            good(&place(name));
        }
        for name in ["AWS_BATCH", "AWS_BATCH_JOB_ID", "AWS_BATCHX", "", "a=b", "a\0"] {
            let found = paths(&place(name));
            assert!(!found.is_empty() && found.iter().all(|found| found == path), "{name:?}: {found:?}");
        }
    }
    bad(
        &json!({"containerOverrides": {"environment": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}}),
        &["containerOverrides.environment[1].name"],
    );
}

#[test]
fn commands() {
    good(&json!({"containerOverrides": {"command": ["a", " "]}}));
    good(&json!({"containerOverrides": {"command": []}}));
    bad(&json!({"containerOverrides": {"command": ["a", ""]}}), &["containerOverrides.command[1]"]);
    bad(&json!({"containerOverrides": {"command": ["a\0"]}}), &["containerOverrides.command[0]"]);
    bad(
        &json!({"ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "c", "command": [""]}]}]}}),
        &["ecsPropertiesOverride.taskProperties[0].containers[0].command[0]"],
    );
    // Kubernetes takes an empty argument.
    good(&json!({"eksPropertiesOverride": {"podProperties": {"containers": [{"command": ["sh", ""], "args": [""]}]}}}));
    bad(&json!({"parameters": {"a": "\0"}}), &["parameters.a"]);
}

#[test]
fn resources() {
    let of = |kind: &str, value: &str| json!({"containerOverrides": {"resourceRequirements": [{"type": kind, "value": value}]}});
    for (kind, value) in
        [("VCPU", "1"), ("VCPU", "96"), ("VCPU", "0.25"), ("VCPU", "0.5"), ("MEMORY", "4"), ("GPU", "8")]
    {
        good(&of(kind, value));
    }
    for (kind, value) in [
        ("VCPU", "1.0"),
        ("VCPU", "0"),
        ("VCPU", "0.75"),
        ("VCPU", ""),
        ("VCPU", "+1"),
        ("MEMORY", "3"),
        ("MEMORY", "2048.0"),
        ("MEMORY", "2G"),
        ("GPU", "0"),
        ("GPU", "0.5"),
    ] {
        bad(&of(kind, value), &["containerOverrides.resourceRequirements[0].value"]);
    }
    bad(&of("DISK", "1"), &["containerOverrides.resourceRequirements[0].type"]);
    bad(
        &json!({"containerOverrides": {"resourceRequirements": [{"type": "GPU", "value": "1"}, {"type": "GPU", "value": "1"}]}}),
        &["containerOverrides.resourceRequirements[1].type"],
    );
    good(&json!({"containerOverrides": {"vcpus": 1, "memory": 4}}));
    bad(
        &json!({"containerOverrides": {"vcpus": 0, "memory": 3}}),
        &["containerOverrides.vcpus", "containerOverrides.memory"],
    );
    bad(&json!({"containerOverrides": {"instanceType": "p5.48xlarge"}}), &["containerOverrides.instanceType"]);
}

/// On Fargate every pair of the table is taken, and the next value on either side of its ends is not.
#[test]
fn fargate_pairs() {
    let pair = |vcpu: &str, mib: u32| {
        json!({"containerOverrides": {"resourceRequirements": [
            {"type": "VCPU", "value": vcpu}, {"type": "MEMORY", "value": mib.to_string()},
        ]}})
    };
    let mut count = 0;
    for (vcpu, ranges) in FARGATE {
        for MiB(low, high, step) in ranges {
            for mib in (*low..=*high).step_by(*step as usize) {
                assert_eq!(paths_on(Platform::Fargate, &pair(vcpu, mib)), Vec::<String>::new(), "{vcpu} {mib}");
                count += 1;
            }
        }
        let (first, last) = (ranges[0].0, ranges[ranges.len() - 1].1);
        for mib in [first - 1, first + 1, last + 1] {
            assert_eq!(
                paths_on(Platform::Fargate, &pair(vcpu, mib)),
                ["containerOverrides.resourceRequirements[1].value"],
                "{vcpu} {mib}"
            );
        }
    }
    assert_eq!(count, 77, "the pairs of the API's page");
    assert_eq!(
        paths_on(
            Platform::Ec2,
            &json!({"containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": "0.5"}]}})
        ),
        ["containerOverrides.resourceRequirements[0].value"]
    );
    // A part of a vCPU is Fargate's wherever the definition runs; a whole one may be EC2's, which takes any memory.
    bad(&pair("0.25", 4096), &["containerOverrides.resourceRequirements[1].value"]);
    good(&pair("1", 700));
    let vcpu =
        |value: &str| json!({"containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": value}]}});
    assert_eq!(paths_on(Platform::Fargate, &vcpu("32")), Vec::<String>::new());
    for (fields, path) in [
        (
            json!({"containerOverrides": {"resourceRequirements": [{"type": "MEMORY", "value": "5000"}]}}),
            "containerOverrides.resourceRequirements[0].value",
        ),
        (vcpu("3"), "containerOverrides.resourceRequirements[0].value"),
        (vcpu("64"), "containerOverrides.resourceRequirements[0].value"),
        (
            json!({"containerOverrides": {"resourceRequirements": [{"type": "GPU", "value": "1"}]}}),
            "containerOverrides.resourceRequirements[0].value",
        ),
        (json!({"containerOverrides": {"vcpus": 1}}), "containerOverrides.vcpus"),
        (json!({"nodeOverrides": {}}), "nodeOverrides"),
    ] {
        assert_eq!(paths_on(Platform::Fargate, &fields), [path]);
    }
}

#[test]
fn eks() {
    let pod = |metadata: &Value| json!({"eksPropertiesOverride": {"podProperties": {"metadata": metadata}}});
    let path = |name: &str| format!("eksPropertiesOverride.podProperties.metadata.{name}");
    for namespace in [&"n".repeat(63), "my-jobs", "0", "defaults"] {
        good(&pod(&json!({"namespace": namespace})));
    }
    for namespace in [&"n".repeat(64), "", "default", "kube-system", "kubeflow", "-a", "a-", "A", "a.b"] {
        bad(&pod(&json!({"namespace": namespace})), &[&path("namespace")]);
    }
    good(&pod(&json!({"labels": {"a.b-c/d_e": "v".repeat(63), "x": ""}, "annotations": {"y": "é".repeat(255)}})));
    bad(&pod(&json!({"labels": {"x": "v".repeat(64)}})), &[&path("labels.x")]);
    bad(&pod(&json!({"labels": {"x": "a b"}})), &[&path("labels.x")]);
    bad(&pod(&json!({"labels": {"-x": "v"}})), &[&path("labels.-x")]);
    let name = "x".repeat(64);
    bad(&pod(&json!({"labels": {name.as_str(): "v"}})), &[&path(&format!("labels.{name}"))]);
    let prefix = |length: usize| format!("{}/x", vec!["p".repeat(length / 4 - 1); 4].join(".") + "p");
    good(&pod(&json!({"annotations": {prefix(252): "v"}})));
    bad(&pod(&json!({"annotations": {"x": "v".repeat(256)}})), &[&path("annotations.x")]);
    bad(&pod(&json!({"annotations": {"P/x": "v"}})), &[&path("annotations.P/x")]);

    let container = |resources: &Value| json!({"eksPropertiesOverride": {"podProperties": {"containers": [{"resources": resources}]}}});
    let path = |name: &str| format!("eksPropertiesOverride.podProperties.containers[0].resources.{name}");
    good(&container(&json!({
        "limits": {"cpu": "1", "memory": "4Mi", "nvidia.com/gpu": "1"},
        "requests": {"cpu": "0.25", "memory": "4Mi", "nvidia.com/gpu": "1"},
    })));
    for (name, value) in [
        ("cpu", "0"),
        ("cpu", "0.3"),
        ("cpu", "250m"),
        ("memory", "3Mi"),
        ("memory", "1Gi"),
        ("memory", "512"),
        ("nvidia.com/gpu", "0.5"),
        ("disk", "1"),
    ] {
        bad(&container(&json!({"limits": {name: value}})), &[&path(&format!("limits.{name}"))]);
    }
    bad(&container(&json!({"limits": {"cpu": "0.25"}, "requests": {"cpu": "0.5"}})), &[&path("limits.cpu")]);
    bad(&container(&json!({"limits": {"memory": "8Mi"}, "requests": {"memory": "4Mi"}})), &[&path("limits.memory")]);

    let named = |count: usize| json!({"eksPropertiesOverride": {"podProperties": {"containers": list(count, |n| json!({"name": format!("c{n}")}))}}});
    good(&named(10));
    bad(&named(11), &["eksPropertiesOverride.podProperties.containers"]);
    bad(
        &json!({"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "a"}, {"name": "a"}, {}]}}}),
        &[
            "eksPropertiesOverride.podProperties.containers[1].name",
            "eksPropertiesOverride.podProperties.containers[2].name",
        ],
    );
}

#[test]
fn ecs() {
    let containers = |count: usize| json!({"ecsPropertiesOverride": {"taskProperties": [{"containers": list(count, |n| json!({"name": format!("c{n}")}))}]}});
    good(&containers(10));
    bad(&containers(11), &["ecsPropertiesOverride.taskProperties[0].containers"]);
    good(&json!({"ecsPropertiesOverride": {"taskProperties": [{}]}}));
    bad(&json!({"ecsPropertiesOverride": {"taskProperties": [{}, {}]}}), &["ecsPropertiesOverride.taskProperties"]);
    bad(
        &json!({"ecsPropertiesOverride": {"taskProperties": [{"containers": [{}, {"name": "a"}, {"name": "a"}]}]}}),
        &[
            "ecsPropertiesOverride.taskProperties[0].containers[0].name",
            "ecsPropertiesOverride.taskProperties[0].containers[2].name",
        ],
    );
}

#[test]
fn nodes() {
    let of = |nodes: &Value| json!({"nodeOverrides": nodes});
    for count in [1, 1000] {
        good(&of(&json!({"numNodes": count})));
    }
    for count in [0, 1001] {
        bad(&of(&json!({"numNodes": count})), &["nodeOverrides.numNodes"]);
    }
    let target = |range: &str| of(&json!({"numNodes": 4, "nodePropertyOverrides": [{"targetNodes": range}]}));
    for range in ["0:3", ":3", "3:", ":", "0"] {
        good(&target(range));
    }
    for range in ["", "0:4", "4:", "2:1", "a", "0:1:2", "-1:2", "0,1"] {
        bad(&target(range), &["nodeOverrides.nodePropertyOverrides[0].targetNodes"]);
    }
    let node = |fields: &Value| {
        let mut node = fields.clone();
        node["targetNodes"] = json!("0:");
        of(&json!({"nodePropertyOverrides": [node]}))
    };
    good(&node(&json!({"containerOverrides": {"instanceType": "p5.48xlarge"}, "instanceTypes": ["p5.48xlarge"]})));
    bad(
        &node(&json!({"containerOverrides": {}, "eksPropertiesOverride": {}})),
        &["nodeOverrides.nodePropertyOverrides[0].eksPropertiesOverride"],
    );
    bad(
        &node(&json!({"containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": "0.25"}]}})),
        &["nodeOverrides.nodePropertyOverrides[0].containerOverrides.resourceRequirements[0].value"],
    );
    bad(&node(&json!({"instanceTypes": [""]})), &["nodeOverrides.nodePropertyOverrides[0].instanceTypes[0]"]);
    let in_namespace = |name: &str, range: &str| json!({"targetNodes": range, "eksPropertiesOverride": {"podProperties": {"metadata": {"namespace": name}}}});
    good(&of(&json!({"nodePropertyOverrides": [in_namespace("a", "0"), in_namespace("a", "1:")]})));
    bad(
        &of(&json!({"nodePropertyOverrides": [in_namespace("a", "0"), in_namespace("b", "1:")]})),
        &["nodeOverrides.nodePropertyOverrides[1].eksPropertiesOverride.podProperties.metadata.namespace"],
    );
    bad(&json!({"nodeOverrides": {}, "arrayProperties": {"size": 2}}), &["arrayProperties"]);
}

#[test]
fn consumable_resources() {
    let of = |list: &Value| json!({"consumableResourcePropertiesOverride": {"consumableResourceList": list}});
    let path = |rest: &str| format!("consumableResourcePropertiesOverride.consumableResourceList{rest}");
    let licences = |count| list(count, |_| json!({"consumableResource": "licence", "quantity": 1}));
    good(&of(&licences(5)));
    bad(&of(&licences(6)), &[&path("")]);
    bad(&of(&json!([{"consumableResource": "licence", "quantity": 0}])), &[&path("[0].quantity")]);
    bad(&of(&json!([{"consumableResource": ""}])), &[&path("[0].consumableResource"), &path("[0].quantity")]);
}

#[test]
fn one_block_of_overrides() {
    bad(&json!({"containerOverrides": {}, "nodeOverrides": {}}), &["nodeOverrides"]);
    bad(&json!({"containerOverrides": {}, "eksPropertiesOverride": {}}), &["eksPropertiesOverride"]);
    for (platform, block) in [
        (Platform::Ecs, "ecsPropertiesOverride"),
        (Platform::Eks, "eksPropertiesOverride"),
        (Platform::Multinode, "nodeOverrides"),
        (Platform::Fargate, "containerOverrides"),
    ] {
        assert_eq!(paths_on(platform, &json!({ block: {} })), Vec::<String>::new(), "{block}");
        let other = if block == "containerOverrides" { "nodeOverrides" } else { "containerOverrides" };
        assert_eq!(paths_on(platform, &json!({ other: {} })), [other], "{block}");
    }
}

/// One run shows everything that is wrong.
#[test]
fn all_problems_together() {
    bad(
        &json!({
            "jobName": "a b",
            "arrayProperties": {"size": 1},
            "dependsOn": [{"jobId": "x"}],
            "timeout": {"attemptDurationSeconds": 1},
            "retryStrategy": {"attempts": 11},
            "shareIdentifier": "-",
            "containerOverrides": {
                "command": ["ok", ""],
                "environment": [{"name": "AWS_BATCH_X", "value": ""}, {"name": "", "value": ""}],
                "resourceRequirements": [{"type": "VCPU", "value": "1.0"}],
            },
            "tags": {"aws:x": "é\u{0}"},
        }),
        &[
            "jobName",
            "shareIdentifier",
            "arrayProperties.size",
            "dependsOn[0].jobId",
            "containerOverrides.command[1]",
            "containerOverrides.environment[0].name",
            "containerOverrides.environment[1].name",
            "containerOverrides.resourceRequirements[0].value",
            "retryStrategy.attempts",
            "timeout.attemptDurationSeconds",
            "tags.aws:x",
            "tags.aws:x",
            "tags.aws:x",
        ],
    );
}
