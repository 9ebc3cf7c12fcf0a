//! What a replay would submit, without sending anything.

use jobwire_core::names_table::NamesTable;
use jobwire_core::plan::{Deployment, Plan, plan};
use jobwire_core::replay::Replay;
use jobwire_core::source::Source;
use jobwire_core::trigger::Triggers;

use super::row::Finding;

/// Plans an event as its function would; empty where there is nothing to do.
pub(crate) fn preview(triggers: &Triggers, source: &Source, replay: Replay<'_>) -> Vec<Finding> {
    let offline = Deployment { names: NamesTable::offline(), ..Deployment::default() };
    let plan = plan(triggers, &offline, replay.event, (source.read)(replay.event));
    let Plan { requests, skipped, rejects, .. } = match replay.trigger {
        Some(trigger) => plan.only(trigger),
        None => plan,
    };
    let requests = requests.into_iter().map(Finding::would_submit);
    let skipped = skipped.iter().map(|trigger| Finding::skipped(Some(trigger)));
    let rejects = rejects.iter().map(|reject| Finding::rejected(reject.trigger.as_deref().or(replay.trigger), reject));
    requests.chain(skipped).chain(rejects).collect()
}
