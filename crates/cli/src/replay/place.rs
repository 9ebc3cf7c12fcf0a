//! Where a replay takes place: the queues, the functions that their events are for, and the clients that reach them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use jobwire_core::source::Source;

use crate::aws;
use crate::local::State;
use crate::sources::{self, SOURCES};
use crate::synth::{self, REJECTS_QUEUE_OUTPUT};

/// A queue, as it is named on the command line.
#[derive(Clone, Debug)]
pub(crate) enum QueueName {
    /// The stack's rejects queue.
    Rejects,
    /// The on-failure queue of a function.
    OnFailure(Source),
    /// Any queue, by its URL.
    Url(String),
}

impl FromStr for QueueName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "rejects" {
            return Ok(Self::Rejects);
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(Self::Url(text.to_owned()));
        }
        sources::named(text)
            .map(Self::OnFailure)
            .ok_or_else(|| "must be rejects, scheduled, sns, s3, job-state or a URL".to_owned())
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejects => f.write_str("rejects"),
            Self::OnFailure(source) => f.write_str(source.name),
            Self::Url(url) => f.write_str(url.rsplit('/').next().unwrap_or(url)),
        }
    }
}

/// A queue to replay.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    /// What it is called in what people see.
    pub(crate) name: String,
    /// Its URL.
    pub(crate) url: String,
    /// The source that its events are of, unless the messages say so themselves.
    pub(crate) source: Option<Source>,
}

/// The functions that events are sent to.
#[derive(Clone, Debug)]
enum Functions {
    /// Those of a stack, by its outputs.
    Stack(BTreeMap<String, String>),
    /// One for all.
    One(String),
}

/// Where a replay takes place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The client of the functions.
    pub(crate) lambda: aws_sdk_lambda::Client,
    /// The client of the queues.
    pub(crate) sqs: aws_sdk_sqs::Client,
    /// The queues, in the order in which they are replayed.
    pub(crate) queues: Vec<Queue>,
    functions: Functions,
}

impl Place {
    /// A stack in the user's account; without names all its queues.
    pub(crate) async fn stack(stack: &str, queues: &[QueueName]) -> Result<Self> {
        let config = aws::account(None).await?;
        let client = aws_sdk_cloudformation::Client::new(&config);
        let described = client.describe_stacks().stack_name(stack).send().await;
        let described =
            described.map_err(aws::explain).with_context(|| format!("the stack {stack} cannot be described"))?;
        let outputs: BTreeMap<String, String> = described
            .stacks()
            .iter()
            .flat_map(aws_sdk_cloudformation::types::Stack::outputs)
            .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
            .collect();
        Ok(Self {
            lambda: aws_sdk_lambda::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            queues: in_stack(queues, &outputs).with_context(|| format!("the stack {stack}"))?,
            functions: Functions::Stack(outputs),
        })
    }

    /// The local cloud whose state lies in `folder`; without names all its queues.
    pub(crate) fn local(folder: &Path, queues: &[QueueName], function: Option<&str>) -> Result<Self> {
        let state = State::of_running(folder)?;
        let cloud = state.cloud();
        let (queues, functions) = if let Some(function) = function {
            (by_url(queues), Functions::One(function.to_owned()))
        } else {
            let queues = in_stack(queues, &state.outputs).with_context(|| format!("the stack {}", state.stack))?;
            (queues, Functions::Stack(state.outputs))
        };
        Ok(Self { lambda: cloud.lambda(), sqs: cloud.sqs(), queues, functions })
    }

    /// Queues by their URLs, and the function that their events are for.
    pub(crate) async fn function(function: &str, queues: &[QueueName]) -> Result<Self> {
        let config = aws::account(None).await?;
        Ok(Self {
            lambda: aws_sdk_lambda::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            queues: by_url(queues),
            functions: Functions::One(function.to_owned()),
        })
    }

    /// The function that an event of the source is for, or why there is none.
    pub(crate) fn function_of(&self, source: &Source) -> Result<&str, String> {
        match &self.functions {
            Functions::One(function) => Ok(function),
            Functions::Stack(outputs) => {
                let output = synth::function_output(source.kind);
                outputs.get(output).map(String::as_str).ok_or_else(|| {
                    format!(
                        "the stack has no {} function, because no trigger needs it: deploy a trigger that takes the event, and replay then",
                        source.name
                    )
                })
            }
        }
    }

    /// The function that takes every event, of whichever source, if there is one.
    pub(crate) fn only_function(&self) -> Option<&str> {
        match &self.functions {
            Functions::One(function) => Some(function),
            Functions::Stack(_) => None,
        }
    }
}

/// The named queues of a stack with these outputs; without names all that it has.
fn in_stack(names: &[QueueName], outputs: &BTreeMap<String, String>) -> Result<Vec<Queue>> {
    let every: Vec<QueueName> = std::iter::once(QueueName::Rejects).chain(SOURCES.map(QueueName::OnFailure)).collect();
    if !outputs.contains_key(REJECTS_QUEUE_OUTPUT) {
        bail!(
            "has no output {REJECTS_QUEUE_OUTPUT}: name a stack that `jobwire synth` wrote, or a queue by its URL with --function"
        );
    }
    let mut queues: Vec<Queue> = Vec::new();
    for name in if names.is_empty() { &every } else { names } {
        let (output, source) = match name {
            QueueName::Rejects => (REJECTS_QUEUE_OUTPUT.to_owned(), None),
            QueueName::OnFailure(source) => (synth::on_failure_queue_output(source.kind), Some(*source)),
            // The command line lets none in beside a stack.
            QueueName::Url(_) => continue,
        };
        match outputs.get(&output) {
            Some(url) if queues.iter().any(|queue| queue.url == *url) => {}
            Some(url) => queues.push(Queue { name: name.to_string(), url: url.clone(), source }),
            None if names.is_empty() => {}
            None => bail!("has no output {output}: without a trigger for the {name} function there is no such queue"),
        }
    }
    Ok(queues)
}

fn by_url(names: &[QueueName]) -> Vec<Queue> {
    let mut queues: Vec<Queue> = Vec::new();
    for name in names {
        if let QueueName::Url(url) = name
            && !queues.iter().any(|queue| queue.url == *url)
        {
            queues.push(Queue { name: name.to_string(), url: url.clone(), source: None });
        }
    }
    queues
}
