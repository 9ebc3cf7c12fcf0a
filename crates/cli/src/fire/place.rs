//! Where an event is sent: the function, the names that it knows, and the clients that reach what events tell of.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow};
use jobwire_core::names_table::NamesTable;
use jobwire_core::source::Source;
use jobwire_core::trigger::Triggers;

use super::At;
use crate::local::{self, State};
use crate::{aws, synth};

/// The variable by which a function knows deployed names.
const NAMES: &str = "JOBWIRE_NAMES";

/// A function, and what is around it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The function's name.
    pub(crate) function: String,
    /// Where it is.
    pub(crate) home: Home,
    /// The deployed names, by which the function matches events.
    pub(crate) names: NamesTable,
    /// The stack, where one is known.
    pub(crate) stack: Option<String>,
    /// What is asked there.
    pub(crate) clients: Clients,
}

/// What is asked there.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) cloudformation: aws_sdk_cloudformation::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) batch: aws_sdk_batch::Client,
}

/// A partition, a Region and an account.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    pub(crate) partition: String,
    pub(crate) region: String,
    pub(crate) account: String,
}

impl Home {
    /// That of an ARN.
    pub(crate) fn of(arn: &str) -> Option<Self> {
        let mut parts = arn.strip_prefix("arn:")?.splitn(5, ':').map(str::to_owned);
        let (partition, _service, region, account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some(Self { partition, region, account })
    }

    /// The ARN of something here.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

impl Place {
    /// Finds the function of a source, and what it knows.
    pub(crate) async fn find(at: &At, triggers: &Triggers, source: &Source) -> Result<Self> {
        if let At::Local(folder) = at {
            let state = State::of_running(folder)?;
            local::warn_of_other_triggers(folder, triggers)?;
            let cloud = state.cloud();
            let clients = Clients {
                lambda: cloud.lambda(),
                cloudformation: cloud.cloudformation(),
                s3: cloud.s3(),
                batch: state.batch(),
            };
            let function = in_outputs(&state.outputs, source, &state.stack)?;
            return Self::of(clients, Some(state.stack), function).await;
        }
        let config = aws::account(None).await?;
        let clients = Clients {
            lambda: aws_sdk_lambda::Client::new(&config),
            cloudformation: aws_sdk_cloudformation::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            batch: aws_sdk_batch::Client::new(&config),
        };
        match at {
            At::Function(function) => Self::of(clients, None, function.clone()).await,
            At::Stack(stack) => {
                let outputs = outputs(&clients.cloudformation, stack).await?;
                Self::of(clients, Some(stack.clone()), in_outputs(&outputs, source, stack)?).await
            }
            At::Local(_) => Err(anyhow!("the local cloud is none of an account's stacks")),
        }
    }

    /// Asks a function where it is and which names it knows.
    async fn of(clients: Clients, stack: Option<String>, function: String) -> Result<Self> {
        let asked = clients.lambda.get_function_configuration().function_name(&function).send().await;
        let asked = asked.map_err(aws::explain).with_context(|| format!("the function {function} is not found"))?;
        let home = asked.function_arn().and_then(Home::of);
        let home = home.ok_or_else(|| anyhow!("Lambda does not say the ARN of the function {function}"))?;
        let variables = asked.environment().and_then(|environment| environment.variables());
        let names = match variables.and_then(|variables| variables.get(NAMES)) {
            Some(names) => serde_json::from_str(names).map_err(|_| {
                anyhow!("the function {function} has a variable {NAMES} that `jobwire synth` did not write")
            })?,
            None => NamesTable::default(),
        };
        Ok(Self { function, home, names, stack, clients })
    }

    /// The deployed name of what the trigger file calls `name`; what is no ARN there must be in the function's table.
    pub(crate) fn deployed<'a>(&self, table: &'a BTreeMap<String, String>, name: &'a str) -> Result<&'a str> {
        if jobwire_core::arn::is_arn(name) {
            return Ok(name);
        }
        table.get(name).map(String::as_str).ok_or_else(|| {
            anyhow!("the function {} does not know `{name}`: deploy the trigger file as it is now", self.function)
        })
    }
}

/// The outputs of a stack.
async fn outputs(client: &aws_sdk_cloudformation::Client, stack: &str) -> Result<BTreeMap<String, String>> {
    let described = client.describe_stacks().stack_name(stack).send().await;
    let described =
        described.map_err(aws::explain).with_context(|| format!("the stack {stack} cannot be described"))?;
    let outputs = described.stacks().iter().flat_map(aws_sdk_cloudformation::types::Stack::outputs);
    Ok(outputs
        .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
        .collect())
}

/// The name of a source's function among the outputs of its stack.
fn in_outputs(outputs: &BTreeMap<String, String>, source: &Source, stack: &str) -> Result<String> {
    outputs.get(synth::function_output(source.kind)).cloned().ok_or_else(|| {
        anyhow!("the stack {stack} has no {} function: deploy the trigger file as it is now", source.name)
    })
}
