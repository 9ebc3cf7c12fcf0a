//! Schedules that are never due, or never again.

use time::OffsetDateTime;

use crate::due::Due;
use crate::on::On;
use crate::problem::Problem;
use crate::trigger::{Trigger, Triggers};

/// Long before EventBridge, and before the first year that `cron()` knows.
const BEGINNING: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// Time zones that nobody knows, and schedules without any moment, such as the 31st of February.
#[must_use]
pub fn errors(triggers: &Triggers) -> Vec<Problem> {
    let of = |trigger: &Trigger| {
        let problem = match due(trigger)? {
            Ok(due) if due.next_after(BEGINNING).is_some() => return None,
            Ok(_) => Problem::new("on.schedule", "is never due: there is no such day in any year that it names")
                .help("look at day, month and year together"),
            Err(problem) => problem,
        };
        Some(trigger.located(problem))
    };
    triggers.triggers.iter().filter_map(of).collect()
}

/// Schedules whose last time is over at the moment `now`.
#[must_use]
pub fn warnings(triggers: &Triggers, now: OffsetDateTime) -> Vec<Problem> {
    let of = |trigger: &Trigger| {
        let due = due(trigger)?.ok()?;
        if !trigger.enabled || due.next_after(now).is_some() {
            return None;
        }
        let last = due.last_until(now)?.date();
        let message = format!("never fires again: its last time was on {last}");
        Some(
            trigger
                .located(Problem::new("on.schedule", message).help("give it another year, or take the trigger away")),
        )
    };
    triggers.triggers.iter().filter_map(of).collect()
}

fn due(trigger: &Trigger) -> Option<Result<Due, Problem>> {
    let On::Schedule(on) = &trigger.on else { return None };
    Due::of(on).transpose()
}

#[cfg(test)]
mod tests {
    use super::{errors, warnings};
    use crate::time::rfc3339;
    use crate::trigger_file::read;

    fn of(on: &str) -> (Vec<String>, Vec<String>) {
        let text = format!(
            "version: 1\ntriggers:\n  t: {{ on: {{ {on} }}, submit: {{ jobName: a, jobQueue: q, jobDefinition: d }} }}\n"
        );
        let triggers = read(&text, None, &[]).expect("a good file");
        let now = rfc3339("2026-11-21T12:00:00Z").expect("a moment");
        let told = |problems: Vec<crate::problem::Problem>| problems.into_iter().map(|one| one.message).collect();
        (told(errors(&triggers)), told(warnings(&triggers, now)))
    }

    #[test]
    fn a_day_that_no_year_has_is_an_error() {
        for never in
            ["cron(0 0 31 2 ? *)", "cron(0 0 30 FEB ? *)", "cron(0 0 29 2 ? 2027)", "cron(0 0 31 4,6,9,11 ? *)"]
        {
            let (errors, warnings) = of(&format!("schedule: \"{never}\""));
            assert!(errors.len() == 1 && errors[0].contains("never due") && warnings.is_empty(), "{never}: {errors:?}");
        }
        for good in ["cron(0 0 29 2 ? *)", "cron(0 6 * * ? *)", "cron(0 0 31 2,3 ? *)", "rate(5 minutes)"] {
            assert_eq!(of(&format!("schedule: \"{good}\"")), (vec![], vec![]), "{good}");
        }
    }

    #[test]
    fn what_is_over_is_told_and_a_zone_that_nobody_knows_is_an_error() {
        for over in ["schedule: cron(0 0 1 1 ? 2026)", "schedule: at(2026-11-21T12:00:00), timezone: Asia/Tokyo"] {
            let (errors, warnings) = of(over);
            assert!(errors.is_empty() && warnings.len() == 1 && warnings[0].contains("never fires again"), "{over}");
        }
        assert_eq!(of("schedule: at(2026-11-21T12:00:00), timezone: America/New_York").1, Vec::<String>::new());
        assert!(of("schedule: cron(0 6 * * ? *), timezone: Europe/Berln").0[0].contains("time zone"));
    }
}
