//! An entry of the ledger.

use std::time::Duration;

use jobwire_core::key::hash16;
use jobwire_core::request::JobRequest;

/// Longer than any source delivers an event again: SNS tries for 23 days.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// Who holds an entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Holder {
    /// A name that no other delivery has.
    pub owner: String,
    /// How many deliveries have held the entry; each holder has a higher number than the one before.
    pub fence: u64,
}

/// What a holder's time allows, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Times {
    /// Until when it may send its `SubmitJob` call.
    pub submit_by: u64,
    /// Until when nobody else may take over.
    pub lease_until: u64,
}

/// What the ledger knows of one occurrence and trigger. Times are milliseconds since 1970 unless said otherwise.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// `TRIGGER#KEY`: the trigger's name and the hash of the occurrence's key.
    pub id: String,
    /// Who works at it, or worked at it last.
    pub holder: Holder,
    /// The hash of the job request that was, or is to be, submitted.
    pub request_hash: String,
    /// The job's name, by which it is found where an answer was lost.
    pub job_name: String,
    /// The queue in which it is looked for.
    pub job_queue: String,
    /// When the first delivery claimed the occurrence: a job that is older is none of this entry's.
    pub claimed_at: u64,
    /// Until when the holder may send its `SubmitJob` call; the settle time is counted from here.
    pub submit_by: u64,
    /// Until when nobody else may take over; 0 where nobody works at it.
    pub lease_until: u64,
    /// The job, once it is known.
    pub job_id: Option<String>,
    /// When DynamoDB may forget the entry, in seconds since 1970.
    pub expires: u64,
}

impl Entry {
    /// A first claim.
    #[must_use]
    pub fn claim(id: String, owner: String, request: &JobRequest, now: u64, times: Times) -> Self {
        Self {
            id,
            holder: Holder { owner, fence: 1 },
            request_hash: request_hash(request),
            job_name: request.job_name.clone(),
            job_queue: request.job_queue.clone(),
            claimed_at: now,
            submit_by: times.submit_by,
            lease_until: times.lease_until,
            job_id: None,
            expires: expiry(times.submit_by),
        }
    }

    /// This entry in the hands of another: what was to be submitted stays known, since a job of it may run.
    #[must_use]
    pub fn taken_over(&self, owner: String, lease_until: u64) -> Self {
        Self { holder: Holder { owner, fence: self.holder.fence + 1 }, lease_until, ..self.clone() }
    }

    /// This entry before its request, which may be another than the last holder's, is submitted anew.
    #[must_use]
    pub fn renewed(&self, request: &JobRequest, times: Times) -> Self {
        Self {
            request_hash: request_hash(request),
            job_name: request.job_name.clone(),
            job_queue: request.job_queue.clone(),
            submit_by: times.submit_by,
            lease_until: times.lease_until,
            expires: expiry(times.submit_by),
            ..self.clone()
        }
    }

    /// This entry with its lease ended, for the next delivery to take over at once; its holder sends nothing any more.
    #[must_use]
    pub fn released(&self, now: u64) -> Self {
        Self { lease_until: 0, submit_by: self.submit_by.min(now), ..self.clone() }
    }

    /// This entry with its job.
    #[must_use]
    pub fn settled(&self, job_id: &str, now: u64) -> Self {
        Self { job_id: Some(job_id.to_owned()), expires: expiry(now), ..self.clone() }
    }

    /// Whether `request` is another one: the trigger file has changed between two deliveries.
    #[must_use]
    pub fn differs(&self, request: &JobRequest) -> bool {
        self.request_hash != request_hash(request)
    }
}

fn request_hash(request: &JobRequest) -> String {
    // A request is made of text, numbers and maps with text as keys, which JSON always takes.
    hash16(&[&serde_json::to_string(request).unwrap_or_default()])
}

fn expiry(now: u64) -> u64 {
    now / 1000 + KEPT.as_secs()
}
