//! What a script from S3 gets, and what stays of it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::loopback::Aws;
use crate::{output, output_with_input, runner, stderr, stdout};

/// The runner set to run `bucket/job.sh`, with its temporary folder in `scratch`.
pub(crate) fn fetch(aws: &Aws, scratch: &TempDir, args: &[&str]) -> Command {
    let mut command = aws.connect(runner(&[&["fetch-and-run"], args].concat()));
    command.env("BATCH_FILE_TYPE", "script").env("BATCH_FILE_S3_URL", "s3://bucket/job.sh");
    command.env("TMPDIR", scratch.path());
    command
}

pub(crate) fn scratch() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

pub(crate) fn is_empty(folder: &TempDir) -> bool {
    folder.path().read_dir().expect("the folder can be read").next().is_none()
}

/// Waits for the script's first line, `ready`, and then sends SIGTERM to the runner.
async fn terminate_when_ready(child: &mut Child) {
    let stdout = child.stdout.as_mut().expect("standard output is a pipe");
    let line = BufReader::new(stdout).lines().next_line().await.expect("standard output can be read");
    assert_eq!(line.as_deref(), Some("ready"));
    terminate(child);
}

pub(crate) fn terminate(child: &Child) {
    send(child, Signal::SIGTERM);
}

fn send(child: &Child, signal: Signal) {
    let id = child.id().and_then(|id| i32::try_from(id).ok()).expect("the runner still runs");
    kill(Pid::from_raw(id), signal).expect("the runner can be sent a signal");
}

#[tokio::test]
async fn a_script_gets_the_arguments_after_its_name_as_they_are() {
    let aws = Aws::start().await;
    aws.put("/bucket/job.sh", "#!/bin/sh\nfor arg do echo \"[$arg]\"; done\n");
    let args = ["myjob.sh", "60", "--help", "two words", "$(id); *", ""];
    let output = output(fetch(&aws, &scratch(), &args)).await;

    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "[60]\n[--help]\n[two words]\n[$(id); *]\n[]\n");
}

#[tokio::test]
async fn a_script_gets_the_environment_the_working_directory_and_standard_input() {
    let (aws, scratch, cwd) = (Aws::start().await, scratch(), scratch());
    aws.put("/bucket/job.sh", "#!/bin/sh\necho \"$AWS_BATCH_JOB_ID\"; pwd -P; cat; echo oops >&2\n");
    let mut command = fetch(&aws, &scratch, &[]);
    command.env("AWS_BATCH_JOB_ID", "job-1").current_dir(cwd.path());
    let output = output_with_input(command, b"from outside").await;

    let cwd = cwd.path().canonicalize().expect("the folder exists");
    assert_eq!(stdout(&output), format!("job-1\n{}\nfrom outside", cwd.display()));
    assert_eq!(stderr(&output), "oops\n");
}

#[tokio::test]
async fn the_script_s_exit_code_is_the_runner_s_and_nothing_stays_behind() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put("/bucket/job.sh", "#!/bin/sh\nexit 37\n");
    let output = output(fetch(&aws, &scratch, &["myjob.sh"])).await;

    assert_eq!((output.status.code(), stderr(&output)), (Some(37), String::new()));
    assert!(is_empty(&scratch));
}

#[tokio::test]
async fn the_script_lies_in_a_folder_that_no_other_user_may_enter() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put("/bucket/job.sh", "#!/bin/sh\nstat -c %a \"$0\" \"${0%/*}\"; echo \"$0\"\n");
    let output = output(fetch(&aws, &scratch, &[])).await;

    let said = stdout(&output);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[..2], ["700", "700"], "{}", stderr(&output));
    assert!(Path::new(lines[2]).starts_with(scratch.path()), "{said}");
}

#[tokio::test]
async fn the_folder_stays_for_a_user_who_asks_for_it() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put("/bucket/job.sh", "#!/bin/sh\n");
    let mut command = fetch(&aws, &scratch, &[]);
    command.env("KEEP_BATCH_FILE_CONTENTS", "1");
    let output = output(command).await;

    assert!(output.status.success() && stderr(&output).contains("kept "), "{}", stderr(&output));
    assert!(!is_empty(&scratch));
}

#[tokio::test]
async fn a_script_without_an_interpreter_line_is_run_by_the_shell() {
    let aws = Aws::start().await;
    aws.put("/bucket/job.sh", "echo \"plain $1\"\n");
    let output = output(fetch(&aws, &scratch(), &["job.sh", "shell"])).await;
    assert_eq!(stdout(&output), "plain shell\n", "{}", stderr(&output));
}

#[tokio::test]
async fn a_large_script_and_an_odd_key_arrive_whole() {
    let aws = Aws::start().await;
    let padding = "# é\n".repeat(512 * 1024);
    aws.put("/bucket/jobs/a b+c%20?d#é.sh", format!("#!/bin/sh\n{padding}wc -c < \"$0\"\n"));
    let scratch = scratch();
    let mut command = fetch(&aws, &scratch, &[]);
    command.env("BATCH_FILE_S3_URL", "s3://bucket/jobs/a b+c%20?d#é.sh");
    let output = output(command).await;

    let size = "#!/bin/sh\n".len() + padding.len() + "wc -c < \"$0\"\n".len();
    assert_eq!(stdout(&output).trim(), size.to_string(), "{}", stderr(&output));
}

#[tokio::test]
async fn sigterm_reaches_the_script_which_may_end_in_its_own_way() {
    let (aws, scratch) = (Aws::start().await, scratch());
    // The shell waits for a `cat` that waits for us, so the trap runs at once and nothing outlives it.
    aws.put("/bucket/job.sh", "#!/bin/sh\nexec 3<&0\ncat <&3 &\ntrap \"kill $!; exit 7\" TERM\necho ready\nwait\n");
    let mut child = fetch(&aws, &scratch, &[]).stdin(Stdio::piped()).spawn().expect("the runner starts");
    let stdin = child.stdin.take();
    terminate_when_ready(&mut child).await;

    assert_eq!(child.wait().await.expect("the runner ends").code(), Some(7));
    assert!(is_empty(&scratch));
    drop(stdin);
}

#[tokio::test]
async fn a_script_that_a_signal_ends_gives_128_and_its_number() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put("/bucket/job.sh", "#!/bin/sh\necho ready\nexec cat\n");
    let mut child = fetch(&aws, &scratch, &[]).stdin(Stdio::piped()).spawn().expect("the runner starts");
    let stdin = child.stdin.take();
    terminate_when_ready(&mut child).await;

    assert_eq!(child.wait().await.expect("the runner ends").code(), Some(128 + 15));
    assert!(is_empty(&scratch));
    drop(stdin);
}

#[tokio::test]
async fn sigterm_while_downloading_ends_at_once_and_leaves_nothing() {
    let (aws, scratch) = (Aws::start().await, scratch());
    let mut child =
        fetch(&aws, &scratch, &[]).env("BATCH_FILE_S3_URL", "s3://bucket/held").spawn().expect("the runner starts");
    aws.request_held().await;
    terminate(&child);

    assert_eq!(child.wait().await.expect("the runner ends").code(), Some(128 + 15));
    assert!(is_empty(&scratch));
}

#[tokio::test]
async fn usr1_reaches_the_script_and_ends_nothing_else() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put("/bucket/job.sh", "#!/bin/sh\nexec 3<&0\ncat <&3 &\ntrap \"kill $!; exit 9\" USR1\necho ready\nwait\n");
    let mut child = fetch(&aws, &scratch, &[]).stdin(Stdio::piped()).spawn().expect("the runner starts");
    let stdin = child.stdin.take();
    let lines = child.stdout.as_mut().expect("standard output is a pipe");
    let _ready = BufReader::new(lines).lines().next_line().await.expect("standard output can be read");
    send(&child, Signal::SIGUSR1);

    assert_eq!(child.wait().await.expect("the runner ends").code(), Some(9));
    drop(stdin);
}

#[tokio::test]
async fn called_as_fetch_and_run_sh_it_takes_the_arguments_alone() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put("/bucket/job.sh", "#!/bin/sh\nfor arg do echo \"[$arg]\"; done\n");
    let link = scratch.path().join("fetch_and_run.sh");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_jobwire-runner"), &link).expect("the link can be made");
    let called = |args: &[&str]| {
        let mut command = fetch(&aws, &scratch, &[]);
        let mut other = Command::new(&link);
        other.args(args).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        other.envs(command.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.kill_on_drop(true);
        other
    };
    let said = output(called(&["myjob.sh", "--help", "60"])).await;
    assert_eq!((said.status.code(), stdout(&said).as_str()), (Some(0), "[--help]\n[60]\n"), "{}", stderr(&said));

    let mut wrong = called(&["myjob.sh"]);
    wrong.env_remove("BATCH_FILE_TYPE");
    let said = output(wrong).await;
    assert!(stdout(&said).starts_with("fetch_and_run.sh - BATCH_FILE_TYPE is not set"), "{}", stdout(&said));
    assert!(stdout(&said).contains("s3://BUCKET/KEY fetch_and_run.sh SCRIPT-NAME"), "{}", stdout(&said));
    assert_eq!(said.status.code(), Some(2));
}

#[tokio::test]
async fn a_version_and_a_checksum_that_are_asked_for_are_what_is_run() {
    let aws = Aws::start().await;
    aws.put("/bucket/job.sh", "#!/bin/sh\necho latest\n");
    aws.put("/bucket/job.sh?v1", "#!/bin/sh\necho first\n");
    let sum = uppercase_hex(&Sha256::digest("#!/bin/sh\necho first\n"));
    let with = |version: &str| {
        let mut command = fetch(&aws, &scratch(), &["job.sh"]);
        command.env("TMPDIR", std::env::temp_dir());
        command.env("BATCH_FILE_S3_VERSION_ID", version).env("BATCH_FILE_SHA256", &sum);
        command
    };
    assert_eq!(stdout(&output(with("v1")).await), "first\n");
    let said = output(with("")).await;
    assert_eq!((said.status.code(), stdout(&said)), (Some(1), String::new()));
    assert!(stderr(&said).contains("SHA-256 is not BATCH_FILE_SHA256"), "{}", stderr(&said));
}

fn uppercase_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02X}").expect("text takes everything");
        text
    })
}
