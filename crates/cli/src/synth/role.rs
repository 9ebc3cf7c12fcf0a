//! A function's role: what it may do, and nothing else.

use anyhow::{Result, bail};
use jobwire_core::arn::{is_arn, job_definition};
use jobwire_core::on::Kind;
use jobwire_core::trigger::{Submit, Trigger, Triggers};
use serde_json::{Value, json};

use super::size::{LONGEST_POLICY, deployed};
use super::{Stack, arn_of, listed, on_failure_queue, only_if, reference, sub};

/// A statement of the role's policy, and what it is for.
struct Statement {
    sid: &'static str,
    actions: &'static [&'static str],
    resources: Vec<Value>,
    why: String,
}

/// Adds the role of a function, and gives back its logical id.
pub(super) fn add(
    stack: &mut Stack,
    triggers: &Triggers,
    kind: Kind,
    buffers: &[Value],
    ledger: bool,
) -> Result<String> {
    let function = super::function::id(kind);
    let mut statements = submitting(triggers, kind);
    statements.push(Statement {
        sid: "Reject",
        actions: &["sqs:SendMessage"],
        resources: vec![arn_of("RejectsQueue")],
        why: "what no retry can help is put there".to_owned(),
    });
    statements.push(Statement {
        sid: "KeepFailed",
        actions: &["sqs:SendMessage"],
        resources: vec![arn_of(&on_failure_queue(function))],
        why: "Lambda puts there, in the function's name, the events that failed three times".to_owned(),
    });
    statements.push(Statement {
        sid: "WriteLogs",
        actions: &["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: vec![arn_of("Logs")],
        why: "the function writes its log and its metrics".to_owned(),
    });
    if ledger {
        statements.extend(settling());
    }
    if !buffers.is_empty() {
        statements.push(Statement {
            sid: "ReadBuffers",
            actions: &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            resources: buffers.to_vec(),
            why: "Lambda reads these queues in the function's name".to_owned(),
        });
    }
    let name = function.trim_end_matches("Function");
    let trust = json!({"Sid": "Lambda", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let mut written: Vec<Value> = statements.iter().map(Statement::to_json).collect();
    written.push(only_if("HasKey", json!({
        "Sid": "UseKey", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": reference("KmsKeyArn"),
    })));
    let length = deployed(&json!(written));
    if length > LONGEST_POLICY {
        bail!(
            "what the {name} function may do takes {length} characters with all queues and definitions of its triggers, and a role has {LONGEST_POLICY}: split the trigger file in two stacks"
        );
    }
    let properties = json!({
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [{"PolicyName": "start-jobs", "PolicyDocument": {"Version": "2012-10-17", "Statement": written}}],
    });
    let role = stack.add(name, "Role", json!({"Type": "AWS::IAM::Role", "Properties": properties}))?;
    stack.because(&role, "Lambda", format!("{function} runs with this role"));
    stack.because(&role, "UseKey", "queues, ledger and variables are encrypted with your key");
    for statement in statements {
        stack.because(&role, statement.sid, statement.why);
    }
    Ok(role)
}

impl Statement {
    fn to_json(&self) -> Value {
        let mut statement =
            json!({"Sid": self.sid, "Effect": "Allow", "Action": self.actions, "Resource": self.resources});
        if self.sid == "EndSecondJobs" {
            // Only a job that a trigger started.
            statement["Condition"] = json!({"Null": {"aws:ResourceTag/jobwire.trigger": "false"}});
        }
        statement
    }
}

/// Exactly the queues and definitions that the function's triggers name.
fn submitting(triggers: &Triggers, kind: Kind) -> Vec<Statement> {
    let of_kind: Vec<&Trigger> = triggers.triggers.iter().filter(|trigger| trigger.on.kind() == kind).collect();
    let mut resources: Vec<Value> = Vec::new();
    for trigger in &of_kind {
        let (queues, definitions) = named(trigger);
        let arns = queues.iter().map(|queue| queue_arn(queue));
        for arn in arns.chain(definitions.iter().flat_map(|definition| definition_arns(definition))) {
            if !resources.contains(&arn) {
                resources.push(arn);
            }
        }
    }
    let names = listed(of_kind.iter().map(|trigger| trigger.name.as_str()));
    vec![
        // Batch asks for TagResource on whatever SubmitJob is asked for on, and on the job itself.
        Statement {
            sid: "SubmitJobs",
            actions: &["batch:SubmitJob", "batch:TagResource"],
            resources,
            why: format!("the queues and definitions named by {names}, and no others"),
        },
        Statement {
            sid: "TagJobs",
            actions: &["batch:TagResource"],
            resources: vec![batch("job/*")],
            why: "each job gets its trigger and its chain as tags".to_owned(),
        },
    ]
}

/// What only the ledger needs.
fn settling() -> [Statement; 3] {
    [
        Statement {
            sid: "KeepLedger",
            actions: &["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:DeleteItem"],
            resources: vec![arn_of("Ledger")],
            why: "an occurrence is claimed before its job is submitted, and settled after".to_owned(),
        },
        // Batch knows no narrower resource for it.
        Statement {
            sid: "FindJobs",
            actions: &["batch:ListJobs"],
            resources: vec![json!("*")],
            why: "a job whose answer was lost is looked for by its name; Batch knows no narrower resource".to_owned(),
        },
        Statement {
            sid: "EndSecondJobs",
            actions: &["batch:TerminateJob"],
            resources: vec![batch("job/*")],
            why: "of two jobs of one occurrence the younger is ended; only jobs that a trigger started".to_owned(),
        },
    ]
}

/// The queues and definitions that a trigger names or allows.
pub(super) fn named(trigger: &Trigger) -> (Vec<String>, Vec<String>) {
    let allow = trigger.allow.clone().unwrap_or_default();
    let (mut queues, mut definitions) = (allow.queues, allow.definitions);
    if let Submit::Fields(fields) = &trigger.submit {
        let plain = |name: &str| {
            fields.get(name).and_then(Value::as_str).filter(|text| !text.contains("{{")).map(str::to_owned)
        };
        queues.extend(plain("jobQueue"));
        definitions.extend(plain("jobDefinition"));
    }
    (queues, definitions)
}

fn batch(resource: &str) -> Value {
    sub(format!("arn:${{AWS::Partition}}:batch:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"))
}

/// The ARN of a queue, which may be given by name.
pub(super) fn queue_arn(queue: &str) -> Value {
    if is_arn(queue) { json!(queue) } else { batch(&format!("job-queue/{queue}")) }
}

/// The ARNs that a definition is known under: Batch checks the one with the revision where a revision is named, and else
/// the bare one and the revision that it chose.
fn definition_arns(definition: &str) -> Vec<Value> {
    let arn = |text: String| if is_arn(&text) { json!(text) } else { batch(&format!("job-definition/{text}")) };
    match job_definition(definition) {
        (_, Some(_)) => vec![arn(definition.to_owned())],
        (_, None) => vec![arn(definition.to_owned()), arn(format!("{definition}:*"))],
    }
}
