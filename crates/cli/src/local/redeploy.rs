//! `jobwire local deploy`

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::deploy::{self, CODE_BUCKET, Change};
use super::state::State;
use super::steps::Step;
use crate::output;
use crate::project::Project;
use crate::synth::{self, Place};

/// Deploys the trigger file as it is now into the cloud that is up. Queues, the ledger, buckets and jobs stay.
pub(crate) async fn run(project: &Project, folder: &Path) -> Result<ExitCode> {
    let mut state = State::of_running(folder)?;
    let place = Place::Local { batch_endpoint: state.batch_endpoint.clone(), code_bucket: CODE_BUCKET.to_owned() };
    let step = Step::begin("deploying the functions");
    let written = synth::write(&project.triggers, &place, true, &state.functions, &folder.join("out"))?;
    let deployed = deploy::deploy(&state.cloud(), &state.stack, &written, Change::Update).await?;
    step.done();
    state.outputs = deployed.outputs;
    state.triggers = State::hash_of(&project.triggers);
    state.write(folder)?;
    output::say("the functions have the trigger file as it is now; queues, ledger, buckets and jobs are as they were");
    Ok(ExitCode::SUCCESS)
}
