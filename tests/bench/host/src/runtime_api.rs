//! The Lambda Runtime API. <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::io::Result;
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime};

use crate::course::Course;
use crate::http::{Connection, answer};

/// How long an invocation may take, as far as the handler is told.
const TIME: Duration = Duration::from_secs(30);

/// Serves one connection.
pub(crate) fn serve(mut stream: TcpStream, course: &Course) -> Result<()> {
    let mut connection = Connection::new(&mut stream);
    while let Some(request) = connection.request()? {
        let asked = Instant::now();
        let (method, path) = request.target();
        match (method, path.strip_prefix("/2018-06-01/runtime/")) {
            ("GET", Some("invocation/next")) => {
                // After the last event the handler waits until it is ended.
                if let Some((number, event)) = course.next(asked) {
                    connection.send(&answer("200 OK", &head(number), event))?;
                }
            }
            ("POST", Some(path)) if path.ends_with("/response") => {
                {
                    let mut state = course.state();
                    state.answered += 1;
                    state.answer = request.body;
                }
                connection.send(&answer("202 Accepted", "", "{\"status\":\"OK\"}"))?;
            }
            _ => {
                course.end(Err(format!("the handler said {method} {path}: {}", request.body)));
                connection.send(&answer("202 Accepted", "", "{\"status\":\"OK\"}"))?;
            }
        }
    }
    Ok(())
}

/// What an event comes with.
fn head(number: usize) -> String {
    let deadline = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default() + TIME;
    format!(
        "lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-{number:012x}\r\n\
         lambda-runtime-deadline-ms: {}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:bench\r\n",
        deadline.as_millis()
    )
}
