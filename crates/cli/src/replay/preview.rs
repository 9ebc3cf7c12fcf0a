//! What a replay would submit, without sending anything.

use jobwire_core::names_table::NamesTable;
use jobwire_core::plan::{Deployment, Plan, plan};
use jobwire_core::replay::Replay;
use jobwire_core::source::Source;
use jobwire_core::trigger::Triggers;

use super::row::{Finding, Outcome};

/// Plans an event as its function would; empty where there is nothing to do.
pub(crate) fn preview(triggers: &Triggers, source: &Source, replay: Replay<'_>) -> Vec<Finding> {
    let offline = Deployment { names: NamesTable::offline(), ..Deployment::default() };
    let plan = plan(triggers, &offline, replay.event, (source.read)(replay.event));
    let Plan { requests, skipped, rejects, .. } = match replay.trigger {
        Some(trigger) => plan.only(trigger),
        None => plan,
    };
    let requests = requests.into_iter().map(|planned| Finding {
        trigger: Some(planned.trigger),
        outcome: Outcome::WouldSubmit,
        job_name: Some(planned.request.job_name.clone()),
        key: planned.key.as_ref().map(jobwire_core::key::OccurrenceKey::hash),
        request: Some(planned.request),
        ..Finding::default()
    });
    let skipped = skipped.iter().map(|trigger| Finding::skipped(Some(trigger)));
    let rejects = rejects.iter().map(|reject| {
        let problems: Vec<String> = reject.problems.iter().map(ToString::to_string).collect();
        Finding::failed(reject.trigger.as_deref().or(replay.trigger), problems.join("; "))
    });
    requests.chain(skipped).chain(rejects).collect()
}
