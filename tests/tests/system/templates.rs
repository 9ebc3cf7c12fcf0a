//! The templates of Batch: deployed into an account that moto plays, read by local-batch, and taken apart to see that each role
//! is missed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::LazyLock;

use jobwire_tests::{binaries, checkers, cloud};
use serde_json::{Value, json};

/// What the queues of `infra/batch.yaml` can run on.
const KINDS: [&str; 5] = ["FARGATE", "FARGATE_SPOT", "EC2", "SPOT", "UNMANAGED"];

/// The stack of `infra/batch.yaml` to which nothing was given.
const DEFAULT: &str = "plain";

/// An account with `infra/batch.yaml` as it is, and once of each kind.
static OF_EVERY_KIND: LazyLock<Value> = LazyLock::new(|| {
    let of = |kind: &&str| stack(&name_of(kind), &compute(), &[("Kind", kind), ("FairShare", "true")]);
    let stacks: Vec<Value> = KINDS.iter().map(of).chain([stack(DEFAULT, &compute(), &[])]).collect();
    deployed(&json!([stacks])).remove(0)
});

/// The account that moto plays.
const ACCOUNT: &str = "123456789012";

/// Roles and the instance profile of `infra/batch.yaml`.
const REQUIRED: [&str; 5] = ["ServiceRole", "InstanceRole", "InstanceProfile", "JobRole", "ExecutionRole"];

fn compute() -> PathBuf {
    binaries::root().join("infra/batch.yaml")
}

fn pipeline(name: &str) -> PathBuf {
    binaries::root().join("infra/pipelines").join(name).join("batch.yaml")
}

/// A stack to deploy.
fn stack(name: &str, template: &Path, parameters: &[(&str, &str)]) -> Value {
    let parameters: BTreeMap<_, _> = parameters.iter().copied().collect();
    json!({"stack": name, "template": template, "parameters": parameters})
}

/// A stack that gets the outputs of another one as its parameters.
fn stack_after(other: &str, mut stack: Value) -> Value {
    stack["after"] = other.into();
    stack
}

/// The stack's name of a kind of compute.
fn name_of(kind: &str) -> String {
    kind.to_lowercase().replace('_', "")
}

/// Deploys each list of stacks into an account of its own, and gives what the services describe then.
fn deployed(accounts: &Value) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let wanted = folder.path().join("accounts.json");
    std::fs::write(&wanted, accounts.to_string()).unwrap();
    let mut command = checkers::python("moto_stacks.py").unwrap();
    command.env_clear().stdin(File::open(wanted).unwrap());
    let answers: Vec<Value> = serde_json::from_str(&checkers::printed(command).unwrap()).unwrap();
    assert_eq!(answers.len(), accounts.as_array().unwrap().len());
    answers
}

fn list<'a>(account: &'a Value, name: &str) -> &'a [Value] {
    account[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn named<'a>(account: &'a Value, resources: &str, name: &str, wanted: &str) -> &'a Value {
    let found = list(account, resources).iter().find(|resource| resource[name] == wanted);
    let there = || list(account, resources).iter().map(|resource| resource[name].to_string()).collect::<Vec<_>>();
    found.unwrap_or_else(|| panic!("{wanted} is not among the {resources}: {:?}", there()))
}

/// The only compute environment of a queue.
fn environment_of<'a>(account: &'a Value, queue: &str) -> &'a Value {
    let order = &named(account, "queues", "jobQueueName", queue)["computeEnvironmentOrder"];
    assert_eq!(order.as_array().map(Vec::len), Some(1), "{queue}");
    named(account, "environments", "computeEnvironmentArn", order[0]["computeEnvironment"].as_str().unwrap())
}

fn definition<'a>(account: &'a Value, name: &str) -> &'a Value {
    named(account, "definitions", "jobDefinitionName", name)
}

/// The containers of a definition of either type.
fn containers(definition: &Value) -> Vec<&Value> {
    let nodes = definition["nodeProperties"]["nodeRangeProperties"].as_array().into_iter().flatten();
    let own = definition.get("containerProperties");
    own.into_iter().chain(nodes.map(|range| &range["container"])).collect()
}

/// What a stack of `infra/batch.yaml` lacks for its jobs to come to RUNNING, and to be no more than themselves.
fn faults(account: &Value, stack: &str) -> Vec<String> {
    if let Some(error) = account["stacks"][stack]["error"].as_str() {
        return vec![format!("it is not created: {error}")];
    }
    let mut faults = Vec::new();
    let mut role = |place: &str, arn: &Value, service: &str, policy: Option<&str>| {
        let Some(role) = arn.as_str().and_then(|arn| account["roles"].get(arn)) else {
            faults.push(format!("{place} has no role for {service}"));
            return;
        };
        let trust = &role["trust"]["Statement"][0];
        if trust["Principal"]["Service"] != service {
            faults.push(format!("{place}: the role is not {service}'s"));
        }
        // EC2 hands a role to instances of its own account alone, and names no account.
        if service != "ec2.amazonaws.com" && trust["Condition"]["StringEquals"]["aws:SourceAccount"] != ACCOUNT {
            faults.push(format!("{place}: {service} could use the role in another account's name"));
        }
        if policy.is_some_and(|policy| role["managed"] != json!([policy])) {
            faults.push(format!("{place}: the role's policies are {}", role["managed"]));
        }
    };
    let of_stack = |name: &Value| name.as_str().is_some_and(|name| name.starts_with(&format!("{stack}-")));
    let mut seen = 0;
    for environment in list(account, "environments").iter().filter(|one| of_stack(&one["computeEnvironmentName"])) {
        let place = environment["computeEnvironmentName"].as_str().unwrap();
        role(place, &environment["serviceRole"], "batch.amazonaws.com", Some("AWSBatchServiceRole"));
        let kind = environment["computeResources"]["type"].as_str().unwrap_or_default();
        if ["EC2", "SPOT"].contains(&kind) {
            let profile = environment["computeResources"]["instanceRole"].as_str().unwrap_or_default();
            let held = &account["profiles"][profile][0];
            role(place, held, "ec2.amazonaws.com", Some("AmazonEC2ContainerServiceforEC2Role"));
        }
        seen += 1;
    }
    for definition in list(account, "definitions").iter().filter(|one| of_stack(&one["jobDefinitionName"])) {
        let place = definition["jobDefinitionName"].as_str().unwrap();
        for container in containers(definition) {
            role(place, &container["jobRoleArn"], "ecs-tasks.amazonaws.com", None);
            if definition["platformCapabilities"] == json!(["FARGATE"]) {
                role(place, &container["executionRoleArn"], "ecs-tasks.amazonaws.com", None);
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 6, "{stack} has not three environments and three definitions");
    faults
}

#[test]
fn every_kind_of_compute_has_its_queues_environments_and_definitions() {
    let account = &*OF_EVERY_KIND;
    let places = [("high", 100), ("low", 1), ("fair", 50), ("multi-node", 1), ("gpu", 1)];
    let default_queues = 4;
    assert_eq!(list(account, "queues").len(), KINDS.len() * places.len() + default_queues);
    for kind in KINDS {
        let compute = name_of(kind);
        assert_eq!(faults(account, &compute), Vec::<String>::new(), "{kind}");
        for (name, priority) in places {
            let queue = named(account, "queues", "jobQueueName", &format!("{compute}-{name}"));
            assert_eq!((&queue["status"], &queue["state"]), (&json!("VALID"), &json!("ENABLED")), "{kind} {name}");
            assert_eq!(queue["priority"], priority, "{kind} {name}");
            let exported = account["stacks"][&compute]["exports"].as_array().unwrap();
            assert!(exported.contains(&json!(format!("{compute}:queue:{name}"))), "{kind} {name}");
            assert_eq!(queue["schedulingPolicyArn"].is_string(), name == "fair", "{kind} {name}");
        }
        for name in ["high", "low", "fair"] {
            let environment = environment_of(account, &format!("{compute}-{name}"));
            let resources = &environment["computeResources"];
            if kind == "UNMANAGED" {
                assert_eq!((&environment["type"], resources), (&json!("UNMANAGED"), &Value::Null));
                continue;
            }
            assert_eq!((&environment["type"], &resources["type"]), (&json!("MANAGED"), &json!(kind)));
            let strategy = match kind {
                "EC2" => json!("BEST_FIT_PROGRESSIVE"),
                "SPOT" => json!("SPOT_PRICE_CAPACITY_OPTIMIZED"),
                _ => Value::Null,
            };
            assert_eq!(resources["allocationStrategy"], strategy, "{kind}");
            assert_eq!(resources["bidPercentage"], if kind == "SPOT" { json!(100) } else { Value::Null }, "{kind}");
            assert_eq!(resources["spotIamFleetRole"], Value::Null, "{kind}");
        }
        let platform = if kind.starts_with("FARGATE") { "FARGATE" } else { "EC2" };
        assert_eq!(
            definition(account, &format!("{compute}-single"))["platformCapabilities"],
            json!([platform]),
            "{kind}"
        );
    }
}

#[test]
fn multi_node_and_gpu_jobs_go_to_an_on_demand_queue_of_ec2_whatever_the_kind() {
    let account = &*OF_EVERY_KIND;
    for kind in KINDS {
        let of_stack = |name: &str| format!("{}-{name}", name_of(kind));
        let (nodes, gpu) = (definition(account, &of_stack("multi-node")), definition(account, &of_stack("gpu")));
        assert_eq!((&nodes["type"], &nodes["nodeProperties"]["numNodes"]), (&json!("multinode"), &json!(2)));
        let required = gpu["containerProperties"]["resourceRequirements"].as_array().unwrap();
        assert!(required.contains(&json!({"type": "GPU", "value": "1"})), "{kind}");
        for (definition, image) in [(nodes, "ECS_AL2023"), (gpu, "ECS_AL2023_NVIDIA")] {
            assert_eq!(definition["platformCapabilities"], json!(["EC2"]), "{kind}");
            let environment = environment_of(account, definition["tags"]["queue"].as_str().unwrap());
            let resources = &environment["computeResources"];
            assert_eq!((&environment["type"], &resources["type"]), (&json!("MANAGED"), &json!("EC2")), "{kind}");
            assert_eq!(resources["minvCpus"], 0, "{kind}: nothing runs while no job does");
            assert_eq!(resources["ec2Configuration"][0]["imageType"], image, "{kind}");
        }
    }
}

#[test]
fn the_default_costs_nothing_at_rest_and_lets_nobody_in() {
    let account = &*OF_EVERY_KIND;
    assert_eq!(faults(account, DEFAULT), Vec::<String>::new());
    assert_eq!((list(account, "gateways").len(), list(account, "instances").len()), (0, 0));
    for queue in ["high", "low", "multi-node", "gpu"] {
        let environment = environment_of(account, &format!("{DEFAULT}-{queue}"));
        let least = &environment["computeResources"]["minvCpus"];
        assert!(least.is_null() || *least == 0, "{environment}");
        for group in environment["computeResources"]["securityGroupIds"].as_array().unwrap() {
            for rule in account["inbound"][group.as_str().unwrap()].as_array().unwrap() {
                assert_eq!((&rule["IpRanges"], &rule["Ipv6Ranges"]), (&json!([]), &json!([])), "{rule}");
                assert_eq!(rule["UserIdGroupPairs"][0]["GroupId"], *group, "{rule}");
            }
        }
    }
    let high = environment_of(account, &format!("{DEFAULT}-high"));
    assert_eq!(high["computeResources"]["type"], "FARGATE");
    let inbound = &account["inbound"][high["computeResources"]["securityGroupIds"][0].as_str().unwrap()];
    assert_eq!(*inbound, json!([]), "only the nodes of one job reach each other");
}

#[test]
fn given_subnets_are_taken_and_no_network_is_made_beside_them() {
    let second = stack_after("network", stack("compute", &compute(), &[("Kind", "EC2")]));
    let given = json!([[stack("network", &compute(), &[]), second]]);
    let account = &deployed(&given)[0];
    assert_eq!(faults(account, "compute"), Vec::<String>::new());
    assert_eq!(list(account, "networks").len(), 1);
    let (network, compute) = (&account["stacks"]["network"]["outputs"], &account["stacks"]["compute"]["outputs"]);
    for output in ["Subnets", "SecurityGroups", "AssignPublicIp"] {
        assert_eq!(network[output], compute[output], "{output}");
    }
    let subnets: Vec<&str> = network["Subnets"].as_str().unwrap().split(',').collect();
    // The nodes of a job stay in one zone.
    for (queue, wanted) in [("high", &subnets[..]), ("multi-node", &subnets[..1]), ("gpu", &subnets[..])] {
        let resources = &environment_of(account, &format!("compute-{queue}"))["computeResources"];
        assert_eq!(resources["subnets"], json!(wanted), "{queue}");
    }
}

/// A template without a resource, without its output, and without the lines that name it.
fn without(template: &str, resource: &str) -> String {
    let mut kept = String::new();
    let mut gone = false;
    for line in template.lines() {
        // Resources and outputs are the keys that stand two columns in; a comment before the next one is harmless.
        if !line.starts_with("   ") && !line.is_empty() {
            gone = line == format!("  {resource}:");
        }
        let names = |function: &str, end: &str| line.contains(&format!("{function} {resource}{end}"));
        if !gone && !names("!Ref", "") && !names("!GetAtt", ".") {
            writeln!(kept, "{line}").unwrap();
        }
    }
    kept
}

/// Without its profile an instance does not register, without the others Batch starts nothing, and nothing of that is said before a
/// job waits for ever. So here is said what is missing.
#[test]
fn taking_away_a_role_or_the_instance_profile_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read_to_string(compute()).unwrap();
    let written = |name: &str, text: String| {
        let path = folder.path().join(format!("{name}.yaml"));
        std::fs::write(&path, text).unwrap();
        path
    };
    // Taken away alone, other resources name what is not there, which cfn-lint says before anything is deployed.
    let alone = REQUIRED.map(|resource| {
        let renamed =
            whole.replacen(&format!("\n  {resource}:\n    Type: AWS::IAM"), "\n  Other:\n    Type: AWS::IAM", 1);
        assert_ne!(renamed, whole, "{resource}");
        written(&format!("{resource}-alone"), renamed)
    });
    let linted = checkers::program("cfn-lint").unwrap().args(["--format", "parseable"]).args(&alone).output().unwrap();
    let findings = String::from_utf8(linted.stdout).unwrap();
    for (resource, path) in REQUIRED.iter().zip(&alone) {
        let named = |line: &&str| line.starts_with(path.to_str().unwrap()) && line.contains(resource);
        assert!(findings.lines().any(|line| named(&line)), "{resource}: {findings}");
    }
    // Taken away with all that names it, it is missed where it is needed.
    let mut changes: Vec<(&str, PathBuf)> =
        REQUIRED.iter().map(|resource| (*resource, written(resource, without(&whole, resource)))).collect();
    // A role that is there and may not do its work is no better.
    for policy in ["AWSBatchServiceRole", "AmazonEC2ContainerServiceforEC2Role"] {
        let text = whole.replace(&format!("policy/service-role/{policy}"), "policy/ReadOnlyAccess");
        assert_ne!(text, whole);
        changes.push((policy, written(policy, text)));
    }
    let stacks: Vec<Value> = changes.iter().map(|(what, path)| stack(what, path, &[])).collect();
    let account = &deployed(&json!([stacks]))[0];
    for (what, _) in &changes {
        assert!(!faults(account, what).is_empty(), "{what} is not missed");
    }
}

#[test]
fn each_pipeline_brings_its_queue_its_definitions_and_the_repository_of_its_image() {
    let parameters =
        [("Image", ""), ("FeedUrl", "https://feeds.example/feed.xml"), ("ServiceUrl", "https://jobs.example")];
    let of = |name: &str, more: &[(&'static str, &'static str)]| {
        let declared = std::fs::read_to_string(pipeline(name)).unwrap();
        let has = |parameter: &str| declared.contains(&format!("\n  {parameter}:\n    Type:"));
        let known = parameters.iter().filter(|(parameter, _)| has(parameter));
        let parameters: Vec<_> = known.chain(more).copied().collect();
        stack_after("compute", stack(name, &pipeline(name), &parameters))
    };
    let compute = stack("compute", &compute(), &[]);
    let accounts = deployed(&json!([
        [compute, of("feed", &[]), of("image-labels", &[]), of("fetch-and-run", &[])],
        [compute, of("fetch-and-run", &[("Platform", "EC2")])],
    ]));
    let cases: [(&str, &str, &str, &[&str], &Value); 4] = [
        ("feed", "FARGATE", "feeds", &["feedstream", "FeedConsumer", "FeedReport"], &accounts[0]),
        ("image-labels", "FARGATE", "image-processor-queue", &["image-processor-job"], &accounts[0]),
        ("fetch-and-run", "FARGATE", "scripts", &["fetch_and_run"], &accounts[0]),
        ("fetch-and-run", "EC2", "scripts", &["fetch_and_run"], &accounts[1]),
    ];
    for (name, kind, queue, definitions, account) in cases {
        assert_eq!(account["stacks"][name]["error"], Value::Null, "{name}");
        assert_eq!(named(account, "queues", "jobQueueName", queue)["status"], "VALID", "{name}");
        let resources = &environment_of(account, queue)["computeResources"];
        assert_eq!(resources["type"], kind, "{name}");
        let network = &account["stacks"]["compute"]["outputs"];
        assert_eq!(resources["securityGroupIds"], json!([network["SecurityGroups"]]), "{name}");
        let profile = if kind == "EC2" { network["InstanceProfile"].clone() } else { Value::Null };
        assert_eq!(resources["instanceRole"], profile, "{name}");
        let image = format!("{}:latest", account["stacks"][name]["outputs"]["RepositoryUri"].as_str().unwrap());
        for wanted in definitions {
            let definition = definition(account, wanted);
            assert_eq!(definition["platformCapabilities"], json!([kind]), "{wanted}");
            let container = &definition["containerProperties"];
            assert_eq!(container["image"], image, "{wanted}");
            if kind == "FARGATE" {
                assert_eq!(container["networkConfiguration"]["assignPublicIp"], "ENABLED", "{wanted}");
                assert!(account["roles"].get(container["executionRoleArn"].as_str().unwrap()).is_some(), "{wanted}");
            }
        }
        let roles =
            account["roles"].as_object().unwrap().iter().filter(|(arn, _)| arn.contains(&format!("role/{name}-")));
        for (arn, role) in roles {
            let trust = &role["trust"]["Statement"][0];
            assert_eq!(trust["Principal"]["Service"], "ecs-tasks.amazonaws.com", "{arn}");
            assert_eq!(trust["Condition"]["StringEquals"]["aws:SourceAccount"], ACCOUNT, "{arn}");
            assert_eq!(role["managed"], json!([]), "{arn}: a managed policy gives more than a job needs");
        }
    }
}

/// `jobwire local-batch` with `infra/batch.yaml`, ready or ended: its process, and what it prints first.
fn local_batch(folder: &Path, parameters: &[&str]) -> (Child, String) {
    let mut command = binaries::command("jobwire").unwrap();
    command.args([
        "local-batch",
        "--listen",
        "127.0.0.1:0",
        "--executor",
        "process",
        "--stack",
        "compute",
        "--work-dir",
    ]);
    command.arg(folder).arg("--resources").arg(compute()).args(parameters);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_reads_the_compute_template_without_its_examples_and_says_why_not_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, line) = local_batch(folder.path(), &["--parameter", "Examples=false"]);
    let url = line.trim().trim_start_matches("AWS_ENDPOINT_URL_BATCH=");
    let described = cloud::batch_at(url).describe_job_queues().send().await.map(|answer| answer.job_queues.unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    let mut names: Vec<String> = described.unwrap().into_iter().filter_map(|queue| queue.job_queue_name).collect();
    names.sort();
    assert_eq!(names, ["compute-gpu", "compute-high", "compute-low", "compute-multi-node"]);

    let output = local_batch(folder.path(), &[]).0.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("MultiNodeJobDefinition") && words.contains("multi-node definitions"), "{words}");
}
