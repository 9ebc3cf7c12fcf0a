//! Real jobs in a local cloud.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Instant;

use aws_sdk_batch::types::{ContainerOverrides, KeyValuePair};
use jobwire_tests::cloud::Cloud;
use jobwire_tests::{binaries, jobs};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::objects;
use crate::{batch_yaml, jobwire, project};

/// A job of `first` is followed by one of `second`, and that by none.
const TRIGGERS: &str = "
version: 1
triggers:
  first: { on: { topic: t }, submit: { jobName: first, jobQueue: q, jobDefinition: d } }
  second:
    on: { job: { queue: q, definition: d, status: [SUCCEEDED] } }
    when: chain.depth < 3 and job.tags is defined and job.tags[\"jobwire.trigger\"] == \"first\"
    submit: { jobName: second, jobQueue: q, jobDefinition: d }
";

/// Prints, waits for a file where it is told one, and ends as it is told.
const SCRIPT: &str = r#"'printf "first line\n\033[31mred\033[0m \007line\n"; while [ -n "$GATE" ] && [ ! -e "$GATE" ]; do sleep 0.1; done; echo last line; exit ${CODE:-0}'"#;

struct Scene {
    cloud: Cloud,
    folder: tempfile::TempDir,
    file: std::path::PathBuf,
}

impl Scene {
    fn up() -> Self {
        let (folder, file) = project(TRIGGERS);
        let beside = |name: &str, text: &str| std::fs::write(file.with_file_name(name), text).unwrap();
        beside("batch.yaml", &batch_yaml(SCRIPT));
        beside("jobwire.local.yaml", "images: { shell: { entrypoint: [/bin/sh] } }\n");
        let cloud = Cloud::up(&file, &folder.path().join("state"), &[], false).unwrap();
        Self { cloud, folder, file }
    }

    async fn submit(&self, name: &str, variables: &[(&str, &str)]) -> String {
        let mut overrides = ContainerOverrides::builder();
        for (name, value) in variables {
            overrides = overrides.environment(KeyValuePair::builder().name(*name).value(*value).build());
        }
        let call = self.cloud.batch().submit_job().job_name(name).job_queue("q").job_definition("d");
        let answer = call.container_overrides(overrides.build()).send().await.unwrap();
        answer.job_id.unwrap()
    }

    fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let state = self.cloud.state().to_string_lossy().into_owned();
        let own = ["watch", "--local", "--state", &state].map(str::to_owned);
        own.into_iter().chain(arguments.iter().map(|one| (*one).to_owned())).collect()
    }

    fn watch(&self, arguments: &[&str]) -> (i32, String, String) {
        let arguments = self.arguments(arguments);
        jobwire(&self.file, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn begin(&self, arguments: &[&str]) -> Watching {
        let mut command = binaries::command("jobwire").unwrap();
        command.arg("--file").arg(&self.file).args(self.arguments(arguments)).stdin(Stdio::null());
        Watching(Some(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()))
    }
}

/// A watching that goes on, and ends with this value at the latest.
struct Watching(Option<Child>);

impl Watching {
    /// Reads what it prints until a line is the one that is looked for.
    fn until(&mut self, found: impl Fn(&str) -> bool) -> Vec<String> {
        let began = Instant::now();
        let output = BufReader::new(self.0.as_mut().unwrap().stdout.take().unwrap());
        let mut lines = Vec::new();
        for line in output.lines() {
            lines.push(line.unwrap());
            if found(lines.last().unwrap()) {
                return lines;
            }
            assert!(began.elapsed() < jobs::PATIENCE, "{lines:?}");
        }
        panic!("it ended without it: {lines:?}")
    }

    /// Presses Ctrl-C.
    fn interrupt(&self) {
        let id = self.0.as_ref().unwrap().id();
        kill(Pid::from_raw(i32::try_from(id).unwrap()), Signal::SIGINT).unwrap();
    }

    /// Waits for its end: the exit code and standard error.
    fn end(mut self) -> (Option<i32>, String) {
        let output = self.0.take().unwrap().wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

fn open(gate: &Path) {
    std::fs::write(gate, "").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn real_jobs_are_followed_to_their_end_with_their_logs_and_their_exit_codes() {
    let scene = Scene::up();

    let id = scene.submit("good", &[]).await;
    let (code, printed, words) = scene.watch(&[&id]);
    assert_eq!(code, 0, "{printed}\n{words}");
    for wanted in ["first line", "red ␇line", "last line"] {
        assert!(printed.lines().any(|line| line == wanted), "{wanted}\n---\n{printed}");
    }
    assert!(printed.lines().any(|line| line.starts_with("good  SUCCEEDED  exit code 0, ran ")), "{printed}");
    let log = scene.cloud.state().join("jobs").join(&id).join("log");
    assert!(words.contains(&format!("good: its log: {}\n", log.display())) && log.is_file(), "{words}");
    assert!(!printed.contains('\u{1b}') && !words.contains('\u{1b}'), "nothing of a job is obeyed by a terminal");

    scene.submit("bad", &[("CODE", "7")]).await;
    let (code, printed, words) = scene.watch(&["bad", "--no-logs"]);
    assert_eq!(code, 7, "{printed}\n{words}");
    assert!(printed.contains("bad  FAILED     exit code 7") && !printed.contains("last line"), "{printed}");

    let (code, _, words) = scene.watch(&["ba*", "--no-logs"]);
    assert_eq!(code, 7, "a beginning is a name too: {words}");

    // One that has ended already is told all the same, with the last lines of its log.
    let (code, printed, _) = scene.watch(&["bad", "--json", "--lines", "1"]);
    let told = objects(&printed);
    let logs: Vec<&Value> =
        told.iter().filter(|object| object["kind"] == "log").map(|object| &object["message"]).collect();
    assert_eq!((code, logs), (7, vec![&json!("last line")]), "{printed}");
    assert_eq!(told.last().unwrap()["exitCode"], 7);

    let gate = scene.folder.path().join("gate");
    let gated = gate.to_string_lossy().into_owned();
    let waits = scene.submit("waits", &[("GATE", &gated)]).await;
    scene.submit("fails", &[("GATE", &gated), ("CODE", "9")]).await;
    let mut child = scene.begin(&["--queue", "q"]);
    let lines = child.until(|line| line.contains("| first line"));
    assert!(lines.iter().any(|line| line.starts_with("waits | ") || line.starts_with("fails | ")), "{lines:?}");
    child.interrupt();
    let (code, words) = child.end();
    assert_eq!(code, Some(130));
    assert!(words.contains("watching has ended; 2 jobs go on"), "{words}");
    let left = jobs::all(&scene.cloud.batch(), "q").await.unwrap();
    let job = left.iter().find(|job| job.job_id() == Some(&waits)).unwrap();
    assert!(!jobs::has_ended(job), "Ctrl-C leaves jobs alone");

    let mut child = scene.begin(&["--queue", "q", "--json"]);
    child.until(|line| line.contains("\"kind\":\"log\""));
    open(&gate);
    assert_eq!(child.end().0, Some(9), "the one that failed says how it ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_is_followed_over_its_links_until_no_further_one_comes() {
    let scene = Scene::up();
    let message = json!({ "Records": [{ "EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {
        "Type": "Notification", "MessageId": "m", "TopicArn": scene.cloud.output("TTopic").unwrap(), "Message": "x",
        "Timestamp": "2026-11-21T06:00:00.000Z" } }] });
    let answer = scene.cloud.send(&message).unwrap();
    let first = answer["submitted"][0]["jobId"].as_str().unwrap().to_owned();
    let known = jobs::all(&scene.cloud.batch(), "q").await.unwrap();
    let chain = jobs::tag(known.iter().find(|job| job.job_id() == Some(&first)).unwrap(), "jobwire.chain").unwrap();

    // However long the way to the second job takes, it is waited for.
    let mut child = scene.begin(&["--chain", chain, "--settle", "3600"]);
    child.until(|line| line.starts_with("second-") && line.contains("SUCCEEDED"));
    child.interrupt();
    assert_eq!(child.end().0, Some(130));

    let (code, printed, words) = scene.watch(&["--chain", chain, "--settle", "1", "--json"]);
    assert_eq!(code, 0, "{printed}\n{words}");
    let result = objects(&printed).pop().unwrap();
    let jobs = result["jobs"].as_array().unwrap();
    assert_eq!(jobs.iter().map(|job| &job["depth"]).collect::<Vec<_>>(), [&json!(1), &json!(2)], "{printed}\n{words}");
    assert!(jobs.iter().all(|job| job["status"] == "SUCCEEDED" && job["chain"] == chain), "{printed}");
    assert!(words.contains("every job of the chain has ended; a next one is waited for"), "{words}");

    let (code, _, words) = scene.watch(&["--chain", "0123456789abcdef"]);
    assert_eq!(code, 1);
    assert!(
        words.contains("no job of the chain 0123456789abcdef is in the queue q, in the local cloud in "),
        "{words}"
    );
    let (code, _, words) = scene.watch(&["4cd9ba3b-0b0c-41a1-9cde-2ad2ab5a8a0f"]);
    assert!(code == 1 && words.contains("in the local cloud in "), "{words}");
}
