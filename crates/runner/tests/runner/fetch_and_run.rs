//! What a script from S3 gets, and what stays of it.

use std::path::Path;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::loopback::Aws;
use crate::{output, output_with_input, runner, stderr, stdout};

/// The runner set to run `bucket/job.sh`, with its temporary folder in `scratch`.
fn fetch(aws: &Aws, scratch: &TempDir, args: &[&str]) -> Command {
    let mut command = aws.connect(runner(&[&["fetch-and-run"], args].concat()));
    command.env("BATCH_FILE_TYPE", "script").env("BATCH_FILE_S3_URL", "s3://bucket/job.sh");
    command.env("TMPDIR", scratch.path());
    command
}

fn scratch() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

fn is_empty(folder: &TempDir) -> bool {
    folder.path().read_dir().expect("the folder can be read").next().is_none()
}

/// Waits for the script's first line, `ready`, and then sends SIGTERM to the runner.
async fn terminate_when_ready(child: &mut Child) {
    let stdout = child.stdout.as_mut().expect("standard output is a pipe");
    let line = BufReader::new(stdout).lines().next_line().await.expect("standard output can be read");
    assert_eq!(line.as_deref(), Some("ready"));
    terminate(child);
}

fn terminate(child: &Child) {
    let id = child.id().and_then(|id| i32::try_from(id).ok()).expect("the runner still runs");
    kill(Pid::from_raw(id), Signal::SIGTERM).expect("the runner can be sent a signal");
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
async fn a_program_that_this_machine_cannot_run_is_not_given_to_the_shell() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put("/bucket/job.sh", b"\x7fELF\x00\x00garbage\necho run by the shell\n");
    let output = output(fetch(&aws, &scratch, &[])).await;

    assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()));
    assert!(stderr(&output).starts_with("jobwire-runner - cannot run the script: "), "{}", stderr(&output));
    assert!(is_empty(&scratch));
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
async fn a_missing_object_is_told_on_one_line_in_s3_s_own_words() {
    let (aws, scratch) = (Aws::start().await, scratch());
    let output = output(fetch(&aws, &scratch, &[])).await;

    assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()));
    let words = "cannot download s3://bucket/job.sh: NoSuchKey: The specified key does not exist.";
    assert_eq!(stderr(&output), format!("jobwire-runner - {words}\n"));
    assert!(is_empty(&scratch));
}

#[tokio::test]
async fn a_script_that_arrives_damaged_is_not_run() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put_damaged("/bucket/job.sh", "#!/bin/sh\necho run all the same\n");
    let output = output(fetch(&aws, &scratch, &[])).await;

    assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()));
    assert!(stderr(&output).contains("checksum") && stderr(&output).lines().count() == 1, "{}", stderr(&output));
    assert!(is_empty(&scratch));
}

#[tokio::test]
async fn an_environment_that_names_no_script_gets_the_usage_on_standard_output() {
    let aws = Aws::start().await;
    for (file_type, url, words) in [
        ("", "s3://bucket/job.sh", "BATCH_FILE_TYPE is not set"),
        ("tar", "s3://bucket/job.sh", "BATCH_FILE_TYPE is `tar`"),
        ("zip", "s3://bucket/job.zip", "zip is not run by this version; use BATCH_FILE_TYPE=script"),
        ("script", "", "BATCH_FILE_S3_URL is not set"),
        ("script", "https://bucket/job.sh", "not s3://BUCKET/KEY"),
    ] {
        let scratch = scratch();
        let mut command = fetch(&aws, &scratch, &["job.sh"]);
        command.env("BATCH_FILE_TYPE", file_type).env("BATCH_FILE_S3_URL", url);
        let output = output(command).await;
        let said = stdout(&output);
        assert_eq!((output.status.code(), stderr(&output)), (Some(2), String::new()));
        assert!(said.contains(words) && said.contains("Usage:"), "{said}");
    }
}
