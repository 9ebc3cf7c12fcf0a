//! The failed children of an array.

use aws_sdk_batch::types::{ArrayPropertiesSummary, ContainerSummary};

use super::calls::{self, List};
use super::job::Job;
use super::place::Place;
use super::trouble::Trouble;

/// So many are shown one by one, and the others are counted.
const MOST: usize = 3;

/// What is told of an array's failed children.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failed {
    /// The exit code of the first of them that has one, by their indexes.
    pub(crate) code: Option<i32>,
    /// The first of them.
    pub(crate) shown: Vec<Job>,
}

/// Asks for them; a page of the list has a hundred, in no order that is promised.
pub(crate) async fn failed(place: &Place, array: &str) -> Result<Failed, Trouble> {
    let (mut failed, mut token) = calls::list(place, List::FailedChildren { array }, None).await?;
    while let Some(next) = token {
        let (page, next) = calls::list(place, List::FailedChildren { array }, Some(next)).await?;
        failed.extend(page);
        token = next;
    }
    failed.sort_by_key(|child| child.array_properties().and_then(ArrayPropertiesSummary::index));
    let code = failed.iter().find_map(|child| child.container().and_then(ContainerSummary::exit_code));
    let ids: Vec<String> = failed.iter().take(MOST).filter_map(|child| child.job_id().map(str::to_owned)).collect();
    let mut shown: Vec<Job> = calls::describe(place, &ids).await?.iter().filter_map(Job::of).collect();
    shown.sort_by_key(|child| ids.iter().position(|id| *id == child.id));
    // On EKS the list has no exit codes, and the description has.
    let code = code.or_else(|| shown.iter().find_map(|child| child.exit_code));
    Ok(Failed { code, shown })
}
