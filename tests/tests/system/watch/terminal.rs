//! What a person at a terminal sees.

use std::process::Command;

use jobwire_tests::checkers;
use serde_json::{Value, json};

use super::recorded::{Recorded, ended};
use super::{ID, job, quiet, step};

/// Runs a command on a terminal of its own, and prints what came there.
const ON_A_TERMINAL: &str = "
import os, pty, sys
status = pty.spawn(sys.argv[1:], lambda end: os.read(end, 4096))
sys.exit(os.waitstatus_to_exitcode(status))
";

fn on_a_terminal(command: &Command) -> (i32, String) {
    let mut python = checkers::program("python").unwrap();
    python
        .args(["-c", ON_A_TERMINAL])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .env("TERM", "xterm");
    for (name, value) in command.get_envs() {
        python.env(name, value.unwrap());
    }
    let (code, printed, words) = ended(python);
    assert_eq!(words, "");
    (code, printed)
}

fn array(status: &str, children: &Value) -> Value {
    json!({ "jobs": [job(ID, status, &json!({ "jobName": "ar\u{1b}]0;title\u{7}ray", "arrayProperties": { "size": 4, "statusSummary": children } }))] })
}

#[test]
fn a_terminal_shows_an_array_as_a_bar_that_is_gone_at_the_end() {
    let steps = [
        array("PENDING", &json!({ "RUNNING": 4 })),
        array("PENDING", &json!({ "RUNNING": 1, "SUCCEEDED": 3 })),
        array("SUCCEEDED", &json!({ "SUCCEEDED": 4 })),
    ];
    let server =
        Recorded::start(move |call| if call.operation == "DescribeJobs" { step(call, &steps) } else { quiet(call) });
    let (code, printed) = on_a_terminal(&server.watch(&[ID]));
    assert_eq!(code, 0, "{printed}");
    for wanted in
        ["array  [", "] 3/4  3 SUCCEEDED, 1 RUNNING", "array  SUCCEEDED  4 of 4 ended: 4 SUCCEEDED, ran 2 min 5 s\r\n"]
    {
        assert!(printed.contains(wanted), "{wanted}\n---\n{printed:?}");
    }
    assert!(!printed.contains("array  PENDING"), "a change is a line only where no bar shows it: {printed:?}");
    assert!(!printed.contains("title"), "{printed:?}");
    let last = printed.rsplit("SUCCEEDED, ran").next().unwrap();
    assert!(!last.contains('['.to_string().as_str()) || !last.contains("3/4"), "{last:?}");
}
