//! Batch and DynamoDB, as far as a trigger function asks them: every job and every item is taken, at once.

use std::io::Result;

use crate::course::Course;
use crate::http::{Connection, Request, Stream, answer};

/// What Batch answers to `SubmitJob`.
const JOB: &str = r#"{"jobArn":"arn:aws:batch:us-east-1:123456789012:job/11111111-2222-3333-4444-555555555555","jobId":"11111111-2222-3333-4444-555555555555","jobName":"job"}"#;

/// Serves one connection.
pub(crate) fn serve(stream: &mut dyn Stream, course: &Course) -> Result<()> {
    let mut connection = Connection::new(stream);
    while let Some(request) = connection.request()? {
        let body = take(request, course);
        let bytes = body.map_or_else(|fault| answer("400 Bad Request", "", &fault), |body| answer("200 OK", "", body));
        connection.send(&bytes)?;
    }
    Ok(())
}

/// The answer to a request; what is no usable request ends the run.
fn take(request: Request, course: &Course) -> std::result::Result<&'static str, String> {
    let signature = request.header("authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 "));
    if course.signed && !signature {
        return Err(refuse(course, "a request has no signature"));
    }
    match (request.target(), request.header("x-amz-target")) {
        (("POST", "/v1/submitjob"), None) => {
            let mut state = course.state();
            state.jobs += 1;
            state.request = request.body;
            Ok(JOB)
        }
        (("POST", "/"), Some("DynamoDB_20120810.PutItem")) => {
            course.state().items += 1;
            Ok("{}")
        }
        ((method, path), target) => {
            Err(refuse(course, &format!("nothing here answers {method} {path} {}", target.unwrap_or_default())))
        }
    }
}

fn refuse(course: &Course, message: &str) -> String {
    course.end(Err(message.to_owned()));
    serde_json::json!({ "message": message }).to_string()
}
