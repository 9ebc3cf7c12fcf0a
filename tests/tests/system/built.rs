//! What `make build` packs for AWS: it runs, needs no newer C library than Lambda has, and is no larger than it must be.

use std::path::{Path, PathBuf};
use std::process::Command;

use jobwire_tests::batch_stub::BatchStub;
use jobwire_tests::lambda::Lambda;
use jobwire_tests::{binaries, checkers};
use serde_json::Value;

/// The glibc of Amazon Linux 2023, on which `provided.al2023` stands.
/// A program that needs a newer one does not start there: <https://github.com/aws/aws-lambda-rust-runtime/issues/932>.
const GLIBC: (u32, u32) = (2, 34);

/// Each function's zip, and an event that starts a job of the feed pipeline.
const FUNCTIONS: [(&str, &str, &str); 4] = [
    ("scheduled", "scheduled.envelope.json", "feedstream"),
    ("sns", "sns.json", "FeedConsumer"),
    ("s3", "s3.json", "FeedConsumer"),
    ("job-state", "job-state.failed.json", "FeedReport"),
];

/// What `make build` packed for the feed pipeline; none where that has not been done.
#[expect(clippy::print_stderr, reason = "a skipped test is to be seen")]
fn folder() -> Option<PathBuf> {
    let folder = binaries::root().join("build/jobwire-feed");
    if FUNCTIONS.iter().all(|(name, ..)| folder.join(format!("{name}.zip")).exists()) {
        return Some(folder);
    }
    let required = std::env::var_os("JOBWIRE_BUILT").is_some_and(|value| value == "required");
    assert!(!required, "the functions are not built for AWS: run `make build`");
    eprintln!("skipped: the functions are not built for AWS, which `make build` does");
    None
}

/// Unpacks what Lambda unpacks: the program and the compiled trigger file. Another process writes the program: this one has
/// threads that start processes, and a program that one of them holds open for writing cannot be run.
fn unpack(zip: &Path, into: &Path) -> (PathBuf, PathBuf) {
    let mut command = checkers::python("unpack.py").unwrap();
    command.arg(zip).arg(into);
    checkers::printed(command).unwrap();
    (into.join("bootstrap"), into.join("jobwire.json"))
}

/// What a program's file says of itself, in objdump's words.
fn objdump(what: &str, program: &Path) -> String {
    let output = Command::new("objdump").arg(what).arg(program).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The versions of glibc below "Version References", without those that are too old to need a look.
fn newer_than_lambda(needs: &str) -> Vec<(u32, u32)> {
    let versions = needs.split_whitespace().filter_map(|word| word.strip_prefix("GLIBC_"));
    let versions = versions.map(|version| {
        let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(u32::MAX));
        (numbers.next().unwrap_or(u32::MAX), numbers.next().unwrap_or_default())
    });
    versions.filter(|version| *version > GLIBC).collect()
}

/// Whether this machine can run the program, by the architecture in its file's header.
fn runs_here(program: &Path) -> bool {
    let header = std::fs::read(program).unwrap();
    let machine = u16::from_le_bytes([header[18], header[19]]);
    machine == if cfg!(target_arch = "aarch64") { 183 } else { 62 }
}

/// An event of the feed pipeline, made of the example in `events`.
fn event(name: &str) -> Value {
    let text = std::fs::read_to_string(binaries::root().join("events").join(name)).unwrap();
    let mut event: Value = serde_json::from_str(&text).unwrap();
    if name.starts_with("s3") {
        event["Records"][0]["s3"]["bucket"]["name"] = "inbox".into();
    }
    event
}

#[tokio::test]
async fn each_function_that_is_packed_for_aws_runs_and_starts_a_job() {
    let Some(folder) = folder() else { return };
    for (name, file, definition) in FUNCTIONS {
        let unpacked = tempfile::tempdir().unwrap();
        let (program, triggers) = unpack(&folder.join(format!("{name}.zip")), unpacked.path());
        if !runs_here(&program) {
            assert!(std::env::var_os("JOBWIRE_BUILT").is_none(), "{name} was built for another processor");
            return;
        }
        let stub = BatchStub::start([]).await.unwrap();
        let variables = [("AWS_ENDPOINT_URL_BATCH", stub.url.as_str())];
        let mut lambda = Lambda::run(Command::new(&program), name, &triggers, &variables).await.unwrap();
        let (outcome, answer) = lambda.invoke(event(file)).await.unwrap();
        assert_eq!(outcome, "response", "{name}: {answer}");
        assert_eq!(stub.requests().len(), 1, "{name}: {answer}");
        assert_eq!(stub.requests()[0]["jobDefinition"], definition, "{name}");
    }
}

#[test]
fn no_function_that_is_packed_for_aws_needs_a_newer_c_library_than_lambda_has() {
    let Some(folder) = folder() else { return };
    for (name, ..) in FUNCTIONS {
        let unpacked = tempfile::tempdir().unwrap();
        let (program, _) = unpack(&folder.join(format!("{name}.zip")), unpacked.path());
        let needs = objdump("--private-headers", &program);
        assert!(needs.contains("libc.so.6"), "{name}: {needs}");
        assert_eq!(newer_than_lambda(&needs), [], "{name}: Lambda would answer Runtime.ExitError");
    }
}

#[test]
fn each_function_that_is_packed_for_aws_holds_no_debug_data_and_may_lie_at_any_address() {
    let Some(folder) = folder() else { return };
    for (name, ..) in FUNCTIONS {
        let unpacked = tempfile::tempdir().unwrap();
        let (program, _) = unpack(&folder.join(format!("{name}.zip")), unpacked.path());
        let sections = objdump("--section-headers", &program);
        assert!(sections.contains(".text") && !sections.contains(".debug"), "{name}: {sections}");
        let symbols = objdump("--syms", &program);
        assert!(symbols.contains("no symbols"), "{name}: {symbols}");
        let flags = objdump("--file-headers", &program);
        assert!(flags.contains("DYNAMIC") && !flags.contains("EXEC_P"), "{name}: {flags}");
    }
}

#[test]
fn a_program_that_needs_a_newer_c_library_would_be_caught() {
    let of_debian_13 = "
Version References:
  required from libm.so.6:
    0x06969189 0x00 05 GLIBC_2.29
  required from libc.so.6:
    0x09691974 0x00 14 GLIBC_2.3.4
    0x069691b4 0x00 02 GLIBC_2.34
    0x069691b6 0x00 09 GLIBC_2.36
    0x0d696910 0x00 04 GLIBC_ABI_DT_RELR
";
    assert_eq!(newer_than_lambda(of_debian_13), [(2, 36), (u32::MAX, 0)]);
    assert_eq!(newer_than_lambda("required from libc.so.6:\n 0x09691a75 0x00 03 GLIBC_2.2.5\n GLIBC_2.34"), []);
}
