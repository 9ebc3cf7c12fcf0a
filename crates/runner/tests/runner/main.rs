//! Drives the real binary against SNS and S3 on loopback.
mod archives;
mod bad_input;
mod fetch_and_run;
mod loopback;
mod publish;

use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The binary with nothing in its environment but a search path.
fn runner(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobwire-runner"));
    command.args(args).env_clear().env("PATH", "/usr/bin:/bin").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn output(mut command: Command) -> Output {
    command.output().await.expect("the runner starts")
}

/// Runs to the end with `input` on standard input. The runner may stop reading early, so a closed pipe is no failure.
async fn output_with_input(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the runner starts");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let _closed_early = stdin.write_all(input).await;
    drop(stdin);
    child.wait_with_output().await.expect("the runner ends")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
