//! The logs of jobs on ECS, followed while they are written.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatchlogs::error::SdkError;
use aws_sdk_cloudwatchlogs::operation::get_log_events::{GetLogEventsError, GetLogEventsOutput};

use super::job::Job;
use super::place::Place;
use super::plain::plain;
use super::screen::Screen;
use super::stream::Stream;
use super::trouble::{Trouble, trouble};

/// So many streams are read at one look, since the account's calls are limited; the others follow at the next.
const AT_ONCE: usize = 10;

/// So many pages of one stream are read at one look, so that no stream keeps the others waiting.
const PAGES: usize = 5;

/// After a job's end its last lines may still be on their way: so many looks in a row must find nothing new.
const QUIET_LOOKS: u32 = 2;

/// The streams that are followed.
#[derive(Debug)]
pub(crate) struct Tail {
    /// How many lines are shown of what was written before the watching began.
    lines: i32,
    streams: BTreeMap<Stream, Reading>,
    /// Whose turn it is.
    next: usize,
    /// Faults that were told; each is told once.
    told: BTreeSet<String>,
}

#[derive(Debug)]
struct Reading {
    job: Job,
    /// Where the next page begins; none before the first.
    token: Option<String>,
    from_start: bool,
    /// Whether no further lines are expected but those on their way.
    has_ended: bool,
    quiet: u32,
}

impl Tail {
    /// Follows nothing yet.
    pub(crate) fn new(lines: i32) -> Self {
        Self { lines, streams: BTreeMap::new(), next: 0, told: BTreeSet::new() }
    }

    /// Follows the job's streams: from their first line where the job was seen before they were there, else from the
    /// last lines on.
    pub(crate) fn follow(&mut self, before: Option<&Job>, job: &Job) {
        for stream in &job.streams {
            self.streams.entry(stream.clone()).or_insert_with(|| Reading {
                job: job.clone(),
                token: None,
                from_start: before.is_some_and(|before| !before.streams.contains(stream)),
                has_ended: false,
                quiet: 0,
            });
        }
        let node = format!("{}#", job.id);
        for (stream, reading) in &mut self.streams {
            let is_own = reading.job.id == job.id;
            // A try that is over writes no more to the stream that it had, and a job's nodes end with it.
            if (is_own && (job.has_ended() || !job.streams.contains(stream)))
                || (job.has_ended() && reading.job.id.starts_with(&node))
            {
                reading.has_ended = true;
            }
        }
    }

    /// Whether every line has come of the jobs that have ended.
    pub(crate) fn is_quiet(&self) -> bool {
        self.streams.values().all(|reading| reading.has_ended && reading.quiet >= QUIET_LOOKS)
    }

    /// Shows what is new; whether anything is.
    pub(crate) async fn look(&mut self, place: &mut Place, screen: &Screen) -> bool {
        let open: Vec<Stream> = self
            .streams
            .iter()
            .filter(|(_, reading)| !reading.has_ended || reading.quiet < QUIET_LOOKS)
            .map(|(stream, _)| stream.clone())
            .collect();
        let mut is_new = false;
        let first = if open.is_empty() { 0 } else { self.next % open.len() };
        for stream in open.iter().cycle().skip(first).take(open.len().min(AT_ONCE)) {
            is_new |= self.read(place, screen, stream).await;
        }
        self.next = self.next.wrapping_add(AT_ONCE);
        is_new
    }

    async fn read(&mut self, place: &mut Place, screen: &Screen, stream: &Stream) -> bool {
        let lines = self.lines;
        let Some(reading) = self.streams.get_mut(stream) else { return false };
        let mut is_new = false;
        for _ in 0..PAGES {
            let answer = match page(place, stream, reading, lines).await {
                Ok(answer) => answer,
                Err(None) => break,
                Err(Some(trouble)) => {
                    // Watching goes on without the log, which is less than the job's end.
                    if matches!(trouble, Trouble::Final(_)) {
                        reading.has_ended = true;
                        reading.quiet = QUIET_LOOKS;
                    }
                    let fault = format!("{:#}", trouble.into_error());
                    if self.told.insert(fault.clone()) {
                        screen.say(&fault);
                    }
                    break;
                }
            };
            let events = answer.events.unwrap_or_default();
            for event in &events {
                let message = event.message().unwrap_or_default();
                screen.log(&reading.job, stream.container.as_deref(), message, event.timestamp());
            }
            is_new |= !events.is_empty();
            let is_end = answer.next_forward_token.is_none() || answer.next_forward_token == reading.token;
            reading.token = answer.next_forward_token.or(reading.token.take());
            // A page may be empty before the end: the token alone says where it is.
            if is_end || (events.is_empty() && reading.has_ended) {
                break;
            }
        }
        if is_new {
            reading.quiet = 0;
        } else if reading.has_ended {
            reading.quiet += 1;
        }
        is_new
    }
}

/// A page of a stream; no fault where the stream is not there yet, since it comes with the first line.
async fn page(
    place: &mut Place,
    stream: &Stream,
    reading: &Reading,
    lines: i32,
) -> Result<GetLogEventsOutput, Option<Trouble>> {
    let client = place.logs(stream.region.as_deref());
    let call = client.get_log_events().log_group_name(&stream.group).log_stream_name(&stream.name);
    let call = match (&reading.token, reading.from_start) {
        (Some(token), _) => call.next_token(token).start_from_head(true),
        (None, true) => call.start_from_head(true),
        (None, false) => call.start_from_head(false).limit(lines),
    };
    // Both are of the job definition, which somebody else may have written.
    let what = format!("the log {} of the group {} cannot be read", plain(&stream.name), plain(&stream.group));
    call.send().await.map_err(|error| if is_not_there(&error) { None } else { Some(trouble(&what, error)) })
}

fn is_not_there(error: &SdkError<GetLogEventsError>) -> bool {
    error.as_service_error().is_some_and(GetLogEventsError::is_resource_not_found_exception)
}

/// The last lines of a job that has ended, for those whose whole log is not shown.
pub(crate) async fn last_lines(place: &mut Place, screen: &Screen, job: &Job, lines: i32) {
    for stream in &job.streams {
        let mut tail = Tail::new(lines);
        tail.follow(None, job);
        tail.read(place, screen, stream).await;
    }
}
