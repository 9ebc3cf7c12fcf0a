//! A job's change into the state that it is in, as Batch tells of it.

use std::sync::{Arc, Mutex};

use anyhow::{Result, anyhow, bail};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::{Value, json};

use super::place::{Home, Place};
use super::{new_id, now, written, written_millis};
use crate::aws;

/// The event of the job, whose detail is what Batch tells of the job now.
pub(super) async fn event(place: &Place, id: &str) -> Result<Value> {
    let kept = Kept::default();
    let call = place.clients.batch.describe_jobs().jobs(id).customize().interceptor(kept.clone());
    let region = &place.home.region;
    call.send()
        .await
        .map_err(|error| aws::explain(error).context(format!("Batch in {region} does not describe the job")))?;
    let answer = kept.answer()?;
    let Some(job) = answer["jobs"].get(0) else {
        bail!(
            "Batch in {region}, account {}, does not know this job: it forgets a job some days after its end",
            place.home.account
        );
    };
    let arn = job["jobArn"].as_str().unwrap_or_default();
    let home = Home::of(arn).unwrap_or_else(|| place.home.clone());
    let moment = ["stoppedAt", "startedAt", "createdAt"].into_iter().find_map(|name| job[name].as_i64());
    Ok(json!({
        "version": "0",
        "id": new_id(),
        "detail-type": "Batch Job State Change",
        "source": "aws.batch",
        "account": home.account,
        "time": moment.map_or_else(|| written(now()), |millis| written_millis(millis - millis % 1000)),
        "region": home.region,
        "resources": [arn],
        "detail": job,
    }))
}

/// Keeps an answer as it came, so that the event has every field of it, and none in the words of the SDK.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn answer(&self) -> Result<Value> {
        let bytes = self.0.lock().map_err(|_| anyhow!("the answer of Batch is lost"))?;
        serde_json::from_slice(&bytes).map_err(|_| anyhow!("Batch answers what is no JSON"))
    }
}

impl Intercept for Kept {
    fn name(&self) -> &'static str {
        "Kept"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Some(bytes), Ok(mut kept)) = (context.response().body().bytes(), self.0.lock()) {
            *kept = bytes.to_vec();
        }
        Ok(())
    }
}
