//! The operations of the API, one file each.

pub(crate) mod cancel_job;
pub(crate) mod create_compute_environment;
pub(crate) mod create_job_queue;
pub(crate) mod describe_compute_environments;
pub(crate) mod describe_job_definitions;
pub(crate) mod describe_job_queues;
pub(crate) mod describe_jobs;
pub(crate) mod list_jobs;
mod pages;
pub(crate) mod register_job_definition;
pub(crate) mod submit_job;
pub(crate) mod terminate_job;

use serde_json::Value;

use crate::{refusal::ClientException, request::read, service::Service};

const KNOWN: &str = "submitjob, describejobs, listjobs, canceljob, terminatejob, createcomputeenvironment, \
                     createjobqueue, registerjobdefinition, describecomputeenvironments, describejobqueues, \
                     describejobdefinitions";

/// Answers one operation, named as in its path.
pub(crate) fn answer(service: &Service, operation: &str, body: &[u8]) -> Result<Value, ClientException> {
    match operation {
        "submitjob" => submit_job::answer(service, body),
        "describejobs" => describe_jobs::answer(service, &read(body)?),
        "listjobs" => list_jobs::answer(service, &read(body)?),
        "canceljob" => cancel_job::answer(service, &read(body)?),
        "terminatejob" => terminate_job::answer(service, &read(body)?),
        "createcomputeenvironment" => create_compute_environment::answer(service, read(body)?),
        "createjobqueue" => create_job_queue::answer(service, read(body)?),
        "registerjobdefinition" => register_job_definition::answer(service, read(body)?),
        "describecomputeenvironments" => describe_compute_environments::answer(service, &read(body)?),
        "describejobqueues" => describe_job_queues::answer(service, &read(body)?),
        "describejobdefinitions" => describe_job_definitions::answer(service, &read(body)?),
        other => Err(ClientException::not_yet(&format!("the operation `{other}`"), &format!("it knows {KNOWN}"))),
    }
}
