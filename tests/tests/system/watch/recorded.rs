//! A service endpoint that answers as it is told, for what no local service has: arrays, EKS, faults of the network. What
//! it answers is held against botocore's model of the services.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use jobwire_tests::{binaries, checkers};
use serde_json::{Value, json};

/// A call that came.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The operation, as the API's reference writes it.
    pub(crate) operation: &'static str,
    /// What came with it.
    pub(crate) body: Value,
    /// How many calls of this operation came before.
    pub(crate) before: usize,
}

/// What comes back.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A good answer.
    Good(Value),
    /// A refusal: status, type and message.
    Refused(u16, &'static str, &'static str),
    /// The connection ends without one.
    Lost,
}

type Script = dyn Fn(&Call) -> Answer + Send + Sync;

/// Serves until it is dropped.
pub(crate) struct Recorded {
    url: String,
    shared: Arc<Shared>,
    server: Option<JoinHandle<()>>,
}

struct Shared {
    script: Box<Script>,
    calls: Mutex<Vec<Call>>,
    /// Service, operation and answer, as the checker reads them.
    answers: Mutex<Vec<Value>>,
    is_over: AtomicBool,
}

/// The operations that are known, with their services.
const OPERATIONS: [(&str, &str); 6] = [
    ("batch", "DescribeJobs"),
    ("batch", "ListJobs"),
    ("batch", "DescribeJobQueues"),
    ("batch", "DescribeComputeEnvironments"),
    ("logs", "GetLogEvents"),
    ("sts", "GetCallerIdentity"),
];

impl Recorded {
    /// Starts on a free port.
    pub(crate) fn start(script: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            script: Box::new(script),
            calls: Mutex::default(),
            answers: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let of_server = shared.clone();
        let server = std::thread::spawn(move || {
            let mut connections = Vec::new();
            for stream in listener.incoming().flatten() {
                if of_server.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let shared = of_server.clone();
                // A client that goes away ends its connection, which is all that an error says here.
                connections.push(std::thread::spawn(move || drop(serve(stream, &shared))));
            }
            for connection in connections {
                connection.join().unwrap();
            }
        });
        Self { url, shared, server: Some(server) }
    }

    /// `jobwire watch`, with this endpoint as all of AWS.
    pub(crate) fn watch(&self, arguments: &[&str]) -> Command {
        let mut command = jobwire_of_nobody();
        command.envs([
            ("AWS_ENDPOINT_URL", self.url.as_str()),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]);
        command.arg("watch").args(arguments);
        command
    }

    /// Runs that: the exit code, standard output and standard error.
    pub(crate) fn watched(&self, arguments: &[&str]) -> (i32, String, String) {
        ended(self.watch(arguments))
    }

    /// The calls of an operation.
    pub(crate) fn calls(&self, operation: &str) -> Vec<Call> {
        self.shared.calls.lock().unwrap().iter().filter(|call| call.operation == operation).cloned().collect()
    }
}

/// `jobwire` without anything of whoever runs the tests: no configuration, no credentials, no trigger file.
pub(crate) fn jobwire_of_nobody() -> Command {
    jobwire_of_nobody_with(Path::new("/nonexistent/jobwire.yaml"))
}

/// The same with a trigger file.
pub(crate) fn jobwire_of_nobody_with(file: &Path) -> Command {
    let mut command = binaries::command("jobwire").unwrap();
    command.env_clear().envs([
        ("HOME", "/nonexistent"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    command.arg("--file").arg(file).stdin(Stdio::null());
    command
}

/// Runs a command to its end: the exit code, standard output and standard error.
pub(crate) fn ended(mut command: Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

impl Drop for Recorded {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // The listener looks whether it is over when a connection comes.
        drop(TcpStream::connect(self.url.trim_start_matches("http://")));
        if let Some(server) = self.server.take() {
            server.join().unwrap();
        }
        if std::thread::panicking() {
            return;
        }
        let answers = self.shared.answers.lock().unwrap();
        let lines = answers.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
        let mut checker = checkers::python("answers.py").unwrap();
        let mut checker = checker.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        checker.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = checker.wait_with_output().unwrap();
        assert!(output.status.success(), "AWS does not answer so: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut answers = stream.try_clone()?;
    let mut requests = BufReader::new(stream);
    while let Some((operation, body)) = request(&mut requests)? {
        let call = {
            let mut calls = shared.calls.lock().unwrap();
            let before = calls.iter().filter(|call| call.operation == operation.1).count();
            let call = Call { operation: operation.1, body, before };
            calls.push(call.clone());
            call
        };
        let (status, kind, body) = match (shared.script)(&call) {
            Answer::Lost => return Ok(()),
            Answer::Refused(status, kind, message) => (status, kind, json!({ "message": message }).to_string()),
            Answer::Good(answer) => {
                shared.answers.lock().unwrap().push(json!([operation.0, operation.1, answer]));
                (200, "", if operation.0 == "sts" { identity(&answer) } else { answer.to_string() })
            }
        };
        let kind = if kind.is_empty() { String::new() } else { format!("x-amzn-errortype: {kind}\r\n") };
        let head = format!(
            "HTTP/1.1 {status} Answer\r\n{kind}content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        answers.write_all(format!("{head}{body}").as_bytes())?;
    }
    Ok(())
}

/// The answer of the one service here that speaks XML.
fn identity(answer: &Value) -> String {
    let field = |name: &str| format!("<{name}>{}</{name}>", answer[name].as_str().unwrap());
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>{}{}{}</GetCallerIdentityResult></GetCallerIdentityResponse>",
        field("Arn"),
        field("UserId"),
        field("Account")
    )
}

/// Service and operation of the next request, and its body.
fn request(requests: &mut BufReader<TcpStream>) -> std::io::Result<Option<((&'static str, &'static str), Value)>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if requests.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_ascii_lowercase());
    }
    let headers: BTreeMap<&str, &str> = lines.iter().filter_map(|line| line.split_once(": ")).collect();
    let mut body = vec![0; headers.get("content-length").map_or(0, |length| length.parse().unwrap())];
    requests.read_exact(&mut body)?;
    // REST has the operation in its path, JSON 1.1 in a header, and a query in its body.
    let target = headers.get("x-amz-target").copied().unwrap_or_default();
    let text = String::from_utf8_lossy(&body).to_ascii_lowercase();
    let known = OPERATIONS.iter().find(|(_, operation)| {
        let name = operation.to_ascii_lowercase();
        lines[0].contains(&format!(" /v1/{name} "))
            || target.ends_with(&format!(".{name}"))
            || text.contains(&format!("action={name}&"))
    });
    let known = known.unwrap_or_else(|| panic!("nobody answers this: {lines:?}"));
    Ok(Some((*known, serde_json::from_slice(&body).unwrap_or_default())))
}
