//! From a trigger file to a template that CloudFormation deploys.
//!
//! `infra/template.yaml` holds the functions and queues; everything that follows from the triggers is added here, and the
//! functions that no trigger needs are left out.

mod bucket;
mod dashboard;
mod explain;
mod function;
mod job;
mod logical;
mod monitoring;
mod packed;
mod role;
mod schedule;
mod size;
mod topic;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use jobwire_core::names_table::NamesTable;
use jobwire_core::on::Kind;
use jobwire_core::trigger::Triggers;
use serde_json::{Map, Value, json};

pub(crate) use explain::{Permission, told as permissions_told};
pub(crate) use function::{FUNCTIONS, id as function_output};

/// The output with the rejects queue's URL.
pub(crate) const REJECTS_QUEUE_OUTPUT: &str = "RejectsQueueUrl";

/// The output with the URL of a function's on-failure queue.
pub(crate) fn on_failure_queue_output(kind: Kind) -> String {
    format!("{}Url", on_failure_queue(function_output(kind)))
}

/// The template that everything is added to.
const TEMPLATE: &str = include_str!("../../../infra/template.yaml");

/// Where the template will be deployed.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// An AWS account; the zips lie beside the template, and `aws cloudformation package` uploads them.
    Aws,
    /// The local cloud, whose Batch is another endpoint and which takes code from S3 alone.
    Local {
        /// The Batch endpoint of the functions.
        batch_endpoint: String,
        /// The bucket of the zips.
        code_bucket: String,
    },
}

/// What was written.
#[derive(Debug)]
pub(crate) struct Written {
    /// The template.
    pub(crate) template: PathBuf,
    /// The zip of each function, by the function's name.
    pub(crate) zips: BTreeMap<&'static str, PathBuf>,
    /// What was decided that a user might not expect.
    pub(crate) remarks: Vec<String>,
}

impl Written {
    /// Every file, in a fixed order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.template.as_path()).chain(self.zips.values().map(PathBuf::as_path))
    }
}

/// Writes the template and the zips into `out`. Equal triggers and functions give equal bytes.
pub(crate) fn write(triggers: &Triggers, place: &Place, ledger: bool, functions: &Path, out: &Path) -> Result<Written> {
    std::fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    let mut zips = BTreeMap::new();
    for (name, kind) in FUNCTIONS {
        let zip = out.join(format!("{name}.zip"));
        if triggers.triggers.iter().any(|trigger| trigger.on.kind() == kind) {
            let binary = packed::binary(functions, name)?;
            packed::write(&zip, &binary, &triggers.of(kind).to_json())?;
            zips.insert(name, zip);
        }
    }
    let template = out.join("template.json");
    let stack = built(triggers, place, ledger)?;
    let remarks = stack.remarks.clone();
    let mut text = serde_json::to_string_pretty(&stack.into_template())?;
    text.push('\n');
    std::fs::write(&template, text).with_context(|| format!("{} cannot be written", template.display()))?;
    Ok(Written { template, zips, remarks })
}

/// Every permission of the template, with what it is for.
pub(crate) fn explain(triggers: &Triggers, place: &Place, ledger: bool) -> Result<Vec<Permission>> {
    let stack = built(triggers, place, ledger)?;
    let reasons = stack.reasons.clone();
    explain::permissions(&stack.into_template(), &reasons)
}

/// The whole template; without the ledger, deliveries may start jobs twice.
pub(crate) fn template(triggers: &Triggers, place: &Place, ledger: bool) -> Result<Value> {
    built(triggers, place, ledger).map(Stack::into_template)
}

fn built(triggers: &Triggers, place: &Place, ledger: bool) -> Result<Stack> {
    let mut stack = Stack::new()?;
    schedule::add(&mut stack, triggers)?;
    topic::add(&mut stack, triggers)?;
    bucket::add(&mut stack, triggers)?;
    job::add(&mut stack, triggers)?;
    function::finish(&mut stack, triggers, place, ledger)?;
    monitoring::add(&mut stack, triggers)?;
    Ok(stack)
}

/// The template as it grows.
struct Stack {
    template: Map<String, Value>,
    names: BTreeMap<Kind, NamesTable>,
    logical: logical::Ids,
    /// The queues before functions, with the function that reads each.
    buffers: Vec<(&'static str, String)>,
    /// The functions and the topics that they are subscribed to.
    subscribed: Vec<(&'static str, String)>,
    /// What each permission is for, by the resource that it stands in and the statement's `Sid`.
    reasons: BTreeMap<(String, String), String>,
    /// What was decided that a user might not expect.
    remarks: Vec<String>,
}

impl Stack {
    fn new() -> Result<Self> {
        let template: Map<String, Value> =
            serde_saphyr::from_str(TEMPLATE).context("infra/template.yaml cannot be read")?;
        let taken = template.get("Resources").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned();
        let logical = logical::Ids::new(taken);
        let mut stack = Self {
            template,
            names: BTreeMap::new(),
            logical,
            buffers: Vec::new(),
            subscribed: Vec::new(),
            reasons: BTreeMap::new(),
            remarks: Vec::new(),
        };
        let policy = "OnFailureQueuePolicy";
        stack.because(policy, "EventsOfRules", "rules put there what they could not deliver in a day");
        stack.because(policy, "MessagesOfTopics", "topics put there what they could not deliver in 23 days");
        Ok(stack)
    }

    /// Keeps what a permission is for.
    fn because(&mut self, resource: &str, sid: &str, why: impl Into<String>) {
        self.reasons.insert((resource.to_owned(), sid.to_owned()), why.into());
    }

    /// Lets a service invoke a function for one source ARN.
    fn permit(
        &mut self,
        name: &str,
        function: &str,
        service: &str,
        source_arn: &Value,
        why: impl Into<String>,
    ) -> Result<String> {
        let mut properties = json!({"Action": "lambda:InvokeFunction", "FunctionName": reference(function), "Principal": service, "SourceArn": source_arn});
        if service == "s3.amazonaws.com" {
            // A bucket's ARN names no account, and a deleted bucket's name is free for anybody; the others name it.
            properties["SourceAccount"] = reference("AWS::AccountId");
        }
        let id = self.add(name, "Permission", json!({"Type": "AWS::Lambda::Permission", "Properties": properties}))?;
        self.because(&id, "", why);
        Ok(id)
    }

    fn section(&mut self, name: &str) -> &mut Map<String, Value> {
        let section = self.template.entry(name).or_insert_with(|| json!({}));
        if !section.is_object() {
            *section = json!({});
        }
        section.as_object_mut().expect("it was just made an object")
    }

    /// Adds a resource, and gives back its logical id.
    fn add(&mut self, name: &str, kind: &str, resource: Value) -> Result<String> {
        let id = self.logical.take(name, kind)?;
        self.section("Resources").insert(id.clone(), resource);
        Ok(id)
    }

    fn resource(&mut self, id: &str) -> Option<&mut Map<String, Value>> {
        self.section("Resources").get_mut(id)?.as_object_mut()
    }

    /// Adds an output that other stacks import as `STACK:NAME`.
    fn export(&mut self, id: &str, name: &str, description: &str, value: &Value) {
        let export = json!({"Description": description, "Value": value, "Export": {"Name": {"Fn::Sub": format!("${{AWS::StackName}}:{name}")}}});
        self.section("Outputs").insert(id.to_owned(), export);
    }

    fn names(&mut self, kind: Kind) -> &mut NamesTable {
        self.names.entry(kind).or_default()
    }

    fn into_template(self) -> Value {
        Value::Object(self.template)
    }
}

/// The queue of the events that a function failed on, or that did not reach it.
fn on_failure_queue(function: &str) -> String {
    function.replace("Function", "OnFailureQueue")
}

/// `!GetAtt ID.Arn`
fn arn_of(id: &str) -> Value {
    json!({"Fn::GetAtt": [id, "Arn"]})
}

/// `!Sub TEXT`
fn sub(text: impl Into<String>) -> Value {
    json!({"Fn::Sub": text.into()})
}

/// `!Ref ID`
fn reference(id: &str) -> Value {
    json!({"Ref": id})
}

/// One of two, as a condition of the template is.
fn either(condition: &str, then: Value, otherwise: Value) -> Value {
    let choice = Value::Array(vec![condition.into(), then, otherwise]);
    Value::Object(Map::from_iter([("Fn::If".to_owned(), choice)]))
}

/// A value that is only there where the condition holds.
fn only_if(condition: &str, value: Value) -> Value {
    either(condition, value, reference("AWS::NoValue"))
}

/// Names as they stand in a sentence.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// A rule's target: the function, with EventBridge's full day of tries and then the on-failure queue.
fn rule_target(function: &str) -> Value {
    json!({
        "Id": "function",
        "Arn": arn_of(function),
        "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
        "DeadLetterConfig": {"Arn": arn_of(&on_failure_queue(function))},
    })
}

/// A queue between a source and its function: read in batches, of which only the failed messages come again, and after
/// a hundred tries, which is about as long as Lambda keeps an event of its own, the on-failure queue. `sender` may send to it from `source_arn`.
fn buffer(stack: &mut Stack, name: &str, function: &'static str, sender: &str, source_arn: &Value) -> Result<String> {
    let queue = stack.add(
        name,
        "Queue",
        json!({"Type": "AWS::SQS::Queue", "Properties": {
            // Six times the function's timeout, as Lambda's guide asks.
            "VisibilityTimeout": 180,
            // What lies longer than that is dropped, so it is as long as SQS has it.
            "MessageRetentionPeriod": 1_209_600,
            "SqsManagedSseEnabled": either("HasKey", reference("AWS::NoValue"), json!(true)),
            "KmsMasterKeyId": only_if("HasKey", reference("KmsKeyArn")),
            "RedrivePolicy": {"deadLetterTargetArn": arn_of(&on_failure_queue(function)), "maxReceiveCount": 100},
        }}),
    )?;
    let mut condition = json!({"ArnEquals": {"aws:SourceArn": source_arn}});
    if sender == "s3.amazonaws.com" {
        // A bucket's ARN names no account, and a deleted bucket's name is free for anybody.
        condition["StringEquals"] = json!({"aws:SourceAccount": reference("AWS::AccountId")});
    }
    let statement = json!({
        "Sid": "Buffered", "Effect": "Allow", "Principal": {"Service": sender}, "Action": "sqs:SendMessage", "Resource": arn_of(&queue), "Condition": condition,
    });
    let policy = stack.add(
        name,
        "QueuePolicy",
        json!({"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [reference(&queue)], "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}}),
    )?;
    stack.because(&policy, "Buffered", format!("events wait in this queue for {function}"));
    stack.add(
        name,
        "Mapping",
        json!({"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
            "EventSourceArn": arn_of(&queue), "FunctionName": reference(function), "BatchSize": 10, "FunctionResponseTypes": ["ReportBatchItemFailures"],
            // A burst waits in the queue, and not in functions that Batch turns away.
            "ScalingConfig": {"MaximumConcurrency": reference("BufferConcurrency")},
        }}),
    )?;
    stack.buffers.push((function, queue.clone()));
    Ok(queue)
}
