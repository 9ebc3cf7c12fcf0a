//! What is said, and which exit code is given, where a script cannot be fetched or started.

use tempfile::TempDir;
use tokio::process::Command;

use crate::fetch_and_run::{fetch, is_empty, scratch};
use crate::loopback::Aws;
use crate::{output, stderr, stdout};

/// Runs to the end: exit code 1, nothing on standard output, nothing left, and one line, which is given.
pub(crate) async fn failed(command: Command, scratch: &TempDir) -> String {
    let output = output(command).await;
    let said = stderr(&output);
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(is_empty(scratch), "something stays in the temporary folder");
    said
}

#[tokio::test]
async fn a_missing_object_is_told_on_one_line_in_s3_s_own_words() {
    let (aws, scratch) = (Aws::start().await, scratch());
    let said = failed(fetch(&aws, &scratch, &[]), &scratch).await;
    let words = "cannot download s3://bucket/job.sh: NoSuchKey: The specified key does not exist.";
    assert_eq!(said, format!("jobwire-runner - {words}\n"));
}

#[tokio::test]
async fn a_denied_object_is_told_with_the_permission_that_the_role_needs() {
    let (aws, scratch) = (Aws::start().await, scratch());
    let mut command = fetch(&aws, &scratch, &[]);
    command.env("BATCH_FILE_S3_URL", "s3://bucket/denied");
    let said = failed(command, &scratch).await;
    assert!(said.contains("AccessDenied: Access Denied") && said.contains("s3:GetObject"), "{said}");
}

#[tokio::test]
async fn an_object_beyond_the_limit_is_not_run() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put("/bucket/job.sh", format!("#!/bin/sh\necho run\n{}", "#".repeat(1024 * 1024)));
    let mut command = fetch(&aws, &scratch, &[]);
    command.env("BATCH_FILE_MAX_MIB", "1");
    let said = failed(command, &scratch).await;
    assert!(said.contains("more than 1 MiB; BATCH_FILE_MAX_MIB sets the limit"), "{said}");
}

#[tokio::test]
async fn a_program_that_this_machine_cannot_run_is_not_given_to_the_shell() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put("/bucket/job.sh", b"\x7fELF\x00\x00garbage\necho run by the shell\n");
    let said = failed(fetch(&aws, &scratch, &[]), &scratch).await;
    assert!(said.contains("cannot run the script: it is a program for another kind of machine"), "{said}");
}

#[tokio::test]
async fn a_script_whose_interpreter_is_not_there_names_it() {
    let (aws, scratch) = (Aws::start().await, scratch());
    for (line, name) in [("#!/no/such/python3 -u", "/no/such/python3"), ("#! /bin/sh\r", "/bin/sh\\r")] {
        aws.put("/bucket/job.sh", format!("{line}\necho run\n"));
        let said = failed(fetch(&aws, &scratch, &[]), &scratch).await;
        assert!(said.contains(&format!("its interpreter `{name}` is not there")), "{said}");
    }
}

#[tokio::test]
async fn a_script_that_arrives_damaged_is_not_run() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put_damaged("/bucket/job.sh", "#!/bin/sh\necho run all the same\n");
    let said = failed(fetch(&aws, &scratch, &[]), &scratch).await;
    assert!(said.contains("checksum"), "{said}");
}

#[tokio::test]
async fn a_temporary_folder_without_room_is_told() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put("/bucket/job.sh", format!("#!/bin/sh\necho run\n{}", "#".repeat(256 * 1024)));
    // A file system of 64 KiB, in a mount namespace that ends with the runner.
    let inner = fetch(&aws, &scratch, &["job.sh"]);
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    command.arg("mount -t tmpfs -o size=64k tmpfs \"$TMPDIR\" && exec \"$0\" \"$@\"");
    command.arg(inner.as_std().get_program()).args(inner.as_std().get_args()).env_clear();
    command.envs(inner.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))));
    let said = failed(command, &scratch).await;
    assert!(said.contains("No space left on device"), "{said}");
}

#[tokio::test]
async fn a_temporary_folder_that_is_not_there_is_named() {
    let (aws, scratch) = (Aws::start().await, scratch());
    aws.put("/bucket/job.sh", "#!/bin/sh\n");
    let mut command = fetch(&aws, &scratch, &[]);
    command.env("TMPDIR", "/no/such/folder");
    let said = failed(command, &scratch).await;
    assert!(said.contains("cannot make a temporary folder in /no/such/folder"), "{said}");
}

#[tokio::test]
async fn an_environment_that_says_not_what_to_run_gets_the_usage_on_standard_output() {
    let aws = Aws::start().await;
    let good = [("BATCH_FILE_TYPE", "script"), ("BATCH_FILE_S3_URL", "s3://bucket/job.sh")];
    for (name, value, words) in [
        ("BATCH_FILE_TYPE", "", "BATCH_FILE_TYPE is not set"),
        ("BATCH_FILE_TYPE", "rar", "BATCH_FILE_TYPE is `rar`"),
        ("BATCH_FILE_S3_URL", "", "BATCH_FILE_S3_URL is not set"),
        ("BATCH_FILE_S3_URL", "https://bucket/job.sh", "does not begin with s3://"),
        ("BATCH_FILE_S3_URL", "s3:///job.sh", "names no bucket"),
        ("BATCH_FILE_S3_URL", "s3://bucket", "names no key"),
        ("BATCH_FILE_S3_URL", "s3://bucket/jobs/", "ends with `/`"),
        ("BATCH_FILE_SHA256", "abc", "BATCH_FILE_SHA256 is not 64 hexadecimal digits"),
        ("BATCH_FILE_MAX_MIB", "many", "BATCH_FILE_MAX_MIB is `many`, and must be a whole number"),
        ("BATCH_FILE_MAX_ENTRIES", "0", "BATCH_FILE_MAX_ENTRIES is `0`"),
        ("BATCH_FILE_MAX_RATIO", "-1", "BATCH_FILE_MAX_RATIO is `-1`"),
    ] {
        let scratch = scratch();
        let mut command = fetch(&aws, &scratch, &["job.sh"]);
        command.envs(good).env(name, value);
        let output = output(command).await;
        let said = stdout(&output);
        assert_eq!((output.status.code(), stderr(&output)), (Some(2), String::new()), "{said}");
        assert!(said.contains(words) && said.contains("Usage:"), "{said}");
    }
}

#[tokio::test]
async fn an_archive_without_the_name_of_a_file_in_it_gets_the_usage() {
    let (aws, scratch) = (Aws::start().await, scratch());
    for file_type in ["zip", "tar.gz"] {
        let mut command = fetch(&aws, &scratch, &[]);
        command.env("BATCH_FILE_TYPE", file_type);
        let output = output(command).await;
        let said = stdout(&output);
        assert_eq!(output.status.code(), Some(2));
        assert!(said.contains("no argument names the file of the archive") && said.contains("Usage:"), "{said}");
    }
}
