//! What any handler has to do and no more: it asks the Runtime API for an event, sends `SubmitJob`, and answers. It uses
//! blocking sockets, looks into no event, signs nothing, and handles no fault but by ending.

use std::io::{Error, Read, Result, Write};
use std::net::TcpStream;

/// A job request as long as the others', in place of one that was made of an event.
const REQUEST: &str = r#"{"jobName":"lambda-feed-consumer","jobQueue":"feeds","jobDefinition":"FeedConsumer","containerOverrides":{"environment":[{"name":"DOWNLOAD_MESSAGE","value":"{\"type\":\"lovelive\",\"jobXmlTag\":\"job\",\"gzipped\":true,\"emptyCDATA\":false}"},{"name":"PARALLELISM","value":"15"}]}}"#;

/// Serves events until the Runtime API ends; `connect` connects to Batch, whose endpoint it is given.
pub fn serve<S: Read + Write>(connect: impl Fn(&str) -> Result<S>) -> Result<()> {
    let api = variable("AWS_LAMBDA_RUNTIME_API")?;
    let endpoint = variable("AWS_ENDPOINT_URL")?;
    let mut runtime = TcpStream::connect(&api)?;
    runtime.set_nodelay(true)?;
    let mut batch = None;
    let mut buffer = Vec::with_capacity(16 * 1024);
    loop {
        let next = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {api}\r\n\r\n");
        let (head, _) = exchange(&mut runtime, next.as_bytes(), &mut buffer)?;
        let id = header(head, "lambda-runtime-aws-request-id")?.to_owned();
        if batch.is_none() {
            batch = Some(connect(&endpoint)?);
        }
        let Some(batch) = &mut batch else { continue };
        let submit = format!(
            "POST /v1/submitjob HTTP/1.1\r\nhost: batch\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{REQUEST}",
            REQUEST.len()
        );
        let (_, answer) = exchange(batch, submit.as_bytes(), &mut buffer)?;
        let response = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: {api}\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        exchange(&mut runtime, response.as_bytes(), &mut buffer)?;
    }
}

/// The host and port of an endpoint's URL.
#[must_use]
pub fn authority(endpoint: &str) -> &str {
    endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest).trim_end_matches('/')
}

/// An environment variable.
pub fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|error| Error::other(format!("{name}: {error}")))
}

/// Sends a request, and gives the answer's head and body.
fn exchange<'a>(
    stream: &mut (impl Read + Write),
    request: &[u8],
    buffer: &'a mut Vec<u8>,
) -> Result<(&'a str, &'a str)> {
    stream.write_all(request)?;
    stream.flush()?;
    buffer.clear();
    let mut chunk = [0; 8192];
    loop {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Err(Error::other("the other side has closed the connection"));
        }
        buffer.extend_from_slice(&chunk[..count]);
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..end]).map_err(Error::other)?;
        let length: usize = header(head, "content-length")?.parse().map_err(Error::other)?;
        if buffer.len() >= end + 4 + length {
            break;
        }
    }
    let text = std::str::from_utf8(buffer).map_err(Error::other)?;
    text.split_once("\r\n\r\n").ok_or_else(|| Error::other("the answer has no head"))
}

fn header<'a>(head: &'a str, name: &str) -> Result<&'a str> {
    let values = head.lines().filter_map(|line| line.split_once(':'));
    let mut values = values.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    values.next().ok_or_else(|| Error::other(format!("the answer has no {name}")))
}
