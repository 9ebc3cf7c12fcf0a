//! The ledger as a DynamoDB table.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::{Entry, Holder, Ledger, LedgerError, Put};
use crate::sdk_error::causes;

/// The names of an item's attributes. They are a contract: people and other programs read the table.
mod attribute {
    pub(super) const ID: &str = "id";
    pub(super) const OWNER: &str = "owner";
    pub(super) const FENCE: &str = "fence";
    pub(super) const REQUEST_HASH: &str = "requestHash";
    pub(super) const JOB_NAME: &str = "jobName";
    pub(super) const JOB_QUEUE: &str = "jobQueue";
    pub(super) const CLAIMED_AT: &str = "claimedAt";
    pub(super) const SUBMIT_BY: &str = "submitBy";
    pub(super) const LEASE_UNTIL: &str = "leaseUntil";
    pub(super) const JOB_ID: &str = "jobId";
    pub(super) const EXPIRES: &str = "expires";
}

type Item = HashMap<String, AttributeValue>;

/// The ledger, by the SDK.
#[derive(Clone, Debug)]
pub struct DynamoDb {
    client: Client,
    table: String,
}

impl DynamoDb {
    /// Writes to `table` by this client.
    #[must_use]
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }
}

impl Ledger for DynamoDb {
    async fn put(&self, entry: &Entry, expected: Option<&Holder>) -> Result<Put, LedgerError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item_of(entry)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match expected {
            None => {
                put.condition_expression("attribute_not_exists(#id)").expression_attribute_names("#id", attribute::ID)
            }
            Some(holder) => put
                .condition_expression("#owner = :owner AND #fence = :fence AND attribute_not_exists(#job)")
                .expression_attribute_names("#owner", attribute::OWNER)
                .expression_attribute_names("#fence", attribute::FENCE)
                .expression_attribute_names("#job", attribute::JOB_ID)
                .expression_attribute_values(":owner", text(&holder.owner))
                .expression_attribute_values(":fence", number(holder.fence)),
        };
        let Err(error) = put.send().await else { return Ok(Put::Done) };
        let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() else {
            return Err(fault(&error));
        };
        let found = failed.item().filter(|item| !item.is_empty()).map(entry_of).transpose()?;
        // The SDK sends a write again whose answer was lost; then it finds itself.
        Ok(if found.as_ref() == Some(entry) { Put::Done } else { Put::Instead(found.map(Box::new)) })
    }

    async fn remove(&self, id: &str, holder: &Holder) -> Result<(), LedgerError> {
        let removed = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key(attribute::ID, text(id))
            .condition_expression("#owner = :owner AND #fence = :fence")
            .expression_attribute_names("#owner", attribute::OWNER)
            .expression_attribute_names("#fence", attribute::FENCE)
            .expression_attribute_values(":owner", text(&holder.owner))
            .expression_attribute_values(":fence", number(holder.fence))
            .send()
            .await;
        match removed {
            Err(error)
                if !error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Err(fault(&error))
            }
            _ => Ok(()),
        }
    }

    async fn read(&self, id: &str) -> Result<Option<Entry>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(attribute::ID, text(id))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault(&error))?;
        answer.item().map(entry_of).transpose()
    }
}

/// What DynamoDB said, without what it may quote of the item.
fn fault<E: ProvideErrorMetadata + std::error::Error + 'static>(error: &SdkError<E>) -> LedgerError {
    LedgerError(match error.code() {
        Some(code @ ("ResourceNotFoundException" | "AccessDeniedException")) => {
            format!("{code}: {}", error.message().unwrap_or_default())
        }
        Some(code) => code.to_owned(),
        None => causes(error),
    })
}

fn item_of(entry: &Entry) -> Item {
    let mut item = Item::from([
        (attribute::ID.into(), text(&entry.id)),
        (attribute::OWNER.into(), text(&entry.holder.owner)),
        (attribute::FENCE.into(), number(entry.holder.fence)),
        (attribute::REQUEST_HASH.into(), text(&entry.request_hash)),
        (attribute::JOB_NAME.into(), text(&entry.job_name)),
        (attribute::JOB_QUEUE.into(), text(&entry.job_queue)),
        (attribute::CLAIMED_AT.into(), number(entry.claimed_at)),
        (attribute::SUBMIT_BY.into(), number(entry.submit_by)),
        (attribute::LEASE_UNTIL.into(), number(entry.lease_until)),
        (attribute::EXPIRES.into(), number(entry.expires)),
    ]);
    if let Some(job_id) = &entry.job_id {
        item.insert(attribute::JOB_ID.into(), text(job_id));
    }
    item
}

fn entry_of(item: &Item) -> Result<Entry, LedgerError> {
    let wrong = |name: &str| LedgerError(format!("an item's attribute {name} is not as functions write it"));
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().ok_or_else(|| wrong(name));
    let number =
        |name: &str| item.get(name).and_then(|value| value.as_n().ok()?.parse().ok()).ok_or_else(|| wrong(name));
    Ok(Entry {
        id: text(attribute::ID)?,
        holder: Holder { owner: text(attribute::OWNER)?, fence: number(attribute::FENCE)? },
        request_hash: text(attribute::REQUEST_HASH)?,
        job_name: text(attribute::JOB_NAME)?,
        job_queue: text(attribute::JOB_QUEUE)?,
        claimed_at: number(attribute::CLAIMED_AT)?,
        submit_by: number(attribute::SUBMIT_BY)?,
        lease_until: number(attribute::LEASE_UNTIL)?,
        job_id: item.contains_key(attribute::JOB_ID).then(|| text(attribute::JOB_ID)).transpose()?,
        expires: number(attribute::EXPIRES)?,
    })
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
