//! `jobwire local down`

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use tokio::time::timeout;

use super::process::end_jobs;
use super::state::State;
use super::status;
use super::up::stop_all;
use crate::output;

/// How long a cloud that is to end may take to say what is in its queues.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ends everything that `up` started; nothing to end is good too.
pub(crate) async fn run(folder: &Path) -> Result<ExitCode> {
    let Some(state) = State::read(folder)? else {
        output::say(&State::none(folder));
        return Ok(ExitCode::SUCCESS);
    };
    let kept = match timeout(PATIENCE, status::queues(&state)).await {
        Ok(Ok(queues)) => queues.iter().map(|(_, _, count)| count).sum(),
        // Whoever ends a cloud that does not answer any more wants just that.
        Ok(Err(_)) | Err(_) => 0,
    };
    stop_all(&state.processes);
    end_jobs(&state.batch_endpoint);
    let left: Vec<&str> =
        state.processes.iter().filter(|part| part.is_alive()).map(|part| part.name.as_str()).collect();
    if !left.is_empty() {
        output::say(&format!("still running: {}", left.join(", ")));
        return Ok(ExitCode::FAILURE);
    }
    State::remove(folder)?;
    if kept > 0 {
        output::say(&format!(
            "{kept} in the rejects and on-failure queues went with it; `jobwire local deploy` puts a mended trigger file into a cloud that stays up"
        ));
    }
    output::say("the local cloud is down");
    Ok(ExitCode::SUCCESS)
}
