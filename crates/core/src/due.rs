//! When a schedule is due, in the time zone that it is kept in.
//!
//! The zones come from a table within the program, so that every machine gives the same answer. Functions do not need
//! them, and are built without.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::calendar::Cron;
use crate::on::ScheduleOn;
use crate::problem::Problem;
use crate::time::rfc3339;

/// More than any zone's clocks are ever turned by.
const MOST_TURNED: Duration = Duration::DAY;

/// The times at which a schedule is due.
#[derive(Clone, Debug)]
pub struct Due {
    times: Times,
    zone: TimeZone,
}

#[derive(Clone, Debug)]
enum Times {
    Cron(Cron),
    At(PrimitiveDateTime),
}

impl Due {
    /// The times of a schedule; none for `rate()`, which counts from a moment that the trigger file does not know. A
    /// problem where nobody knows its time zone.
    pub fn of(on: &ScheduleOn) -> Result<Option<Self>, Problem> {
        let zone = match &on.timezone {
            Some(name) => TimeZoneDatabase::bundled().get(name).map_err(|_| {
                Problem::new("on.timezone", "is no time zone of the IANA database").help("write it as Europe/Berlin")
            })?,
            // Rules keep their time in UTC, and so does EventBridge Scheduler unless told otherwise.
            None => TimeZone::UTC,
        };
        let once = || {
            let moment = rfc3339(&format!("{}Z", on.schedule.strip_prefix("at(")?.strip_suffix(')')?))?;
            Some(Times::At(PrimitiveDateTime::new(moment.date(), moment.time())))
        };
        let times = Cron::read(&on.schedule).map(Times::Cron).or_else(once);
        Ok(times.map(|times| Self { times, zone }))
    }

    /// The last time that it was due until `moment`, which may be that time itself.
    #[must_use]
    pub fn last_until(&self, moment: OffsetDateTime) -> Option<OffsetDateTime> {
        let mut before = self.clock(moment)?.saturating_add(MOST_TURNED);
        loop {
            let found = match &self.times {
                Times::Cron(cron) => cron.last_until(before)?,
                Times::At(at) => Some(*at).filter(|at| *at <= before)?,
            };
            match self.instant(found) {
                Some(instant) if instant <= moment => return Some(instant),
                // What comes later is passed by, and so is a time that the clocks left out.
                _ => before = found.checked_sub(Duration::SECOND)?,
            }
        }
    }

    /// The first time that it is due after `moment`.
    #[must_use]
    pub fn next_after(&self, moment: OffsetDateTime) -> Option<OffsetDateTime> {
        let mut after = self.clock(moment)?.saturating_sub(MOST_TURNED);
        loop {
            let found = match &self.times {
                Times::Cron(cron) => cron.next_after(after)?,
                Times::At(at) => Some(*at).filter(|at| *at > after)?,
            };
            match self.instant(found) {
                Some(instant) if instant > moment => return Some(instant),
                _ => after = found,
            }
        }
    }

    /// Whether it is due at `moment`, to the second.
    #[must_use]
    pub fn is_due(&self, moment: OffsetDateTime) -> bool {
        self.last_until(moment) == Some(moment)
    }

    /// What the zone's clocks show at a moment.
    fn clock(&self, moment: OffsetDateTime) -> Option<PrimitiveDateTime> {
        let shown = self.zone.to_datetime(Timestamp::from_second(moment.unix_timestamp()).ok()?);
        let [month, day, hour, minute, second] =
            [shown.month(), shown.day(), shown.hour(), shown.minute(), shown.second()]
                .map(|number| u8::try_from(number).ok());
        let date = Date::from_calendar_date(shown.year().into(), Month::try_from(month?).ok()?, day?).ok()?;
        Some(date.with_time(Time::from_hms(hour?, minute?, second?).ok()?))
    }

    /// The moment at which the zone's clocks show this. EventBridge Scheduler leaves out what they leave out in spring,
    /// and what they show twice in autumn counts once, the first time.
    fn instant(&self, clock: PrimitiveDateTime) -> Option<OffsetDateTime> {
        let small = |number: u8| i8::try_from(number).ok();
        let shown = DateTime::new(
            i16::try_from(clock.year()).ok()?,
            small(clock.month().into())?,
            small(clock.day())?,
            small(clock.hour())?,
            small(clock.minute())?,
            small(clock.second())?,
            0,
        );
        let shown = shown.ok()?;
        let offset = match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { .. } => return None,
            AmbiguousOffset::Fold { before, .. } => before,
        };
        OffsetDateTime::from_unix_timestamp(offset.to_timestamp(shown).ok()?.as_second()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Due;
    use crate::on::ScheduleOn;
    use crate::time::rfc3339;
    use time::OffsetDateTime;

    fn due(schedule: &str, timezone: &str) -> Due {
        let timezone = (!timezone.is_empty()).then(|| timezone.to_owned());
        let on = ScheduleOn { schedule: schedule.to_owned(), timezone, input: None };
        Due::of(&on).expect("a known zone").expect("a calendar")
    }

    fn moment(text: &str) -> OffsetDateTime {
        rfc3339(text).expect("a moment")
    }

    #[test]
    fn a_zone_s_clocks_say_when_it_is_due() {
        for (schedule, zone, now, last, next) in [
            ("cron(0 6 * * ? *)", "", "2026-11-21T05:59:59Z", "2026-11-20T06:00:00Z", "2026-11-21T06:00:00Z"),
            (
                "cron(0 6 * * ? *)",
                "Europe/Berlin",
                "2026-11-21T05:00:00Z",
                "2026-11-21T05:00:00Z",
                "2026-11-22T05:00:00Z",
            ),
            (
                "cron(0 6 * * ? *)",
                "Europe/Berlin",
                "2026-07-01T00:00:00Z",
                "2026-06-30T04:00:00Z",
                "2026-07-01T04:00:00Z",
            ),
            (
                "cron(0 6 * * ? *)",
                "Asia/Kolkata",
                "2026-11-21T12:00:00Z",
                "2026-11-21T00:30:00Z",
                "2026-11-22T00:30:00Z",
            ),
            // 02:30 is not there on 29 March, when clocks go from 02:00 to 03:00.
            (
                "cron(30 2 * * ? *)",
                "Europe/Berlin",
                "2026-03-29T12:00:00Z",
                "2026-03-28T01:30:00Z",
                "2026-03-30T00:30:00Z",
            ),
            // 02:30 is there twice on 25 October, and counts the first time.
            (
                "cron(30 2 * * ? *)",
                "Europe/Berlin",
                "2026-10-25T00:45:00Z",
                "2026-10-25T00:30:00Z",
                "2026-10-26T01:30:00Z",
            ),
            (
                "cron(30 2 * * ? *)",
                "Europe/Berlin",
                "2026-10-25T01:10:00Z",
                "2026-10-25T00:30:00Z",
                "2026-10-26T01:30:00Z",
            ),
            (
                "cron(30 2 * * ? *)",
                "Europe/Berlin",
                "2026-10-25T00:15:00Z",
                "2026-10-24T00:30:00Z",
                "2026-10-25T00:30:00Z",
            ),
            // Samoa had no 30 December in 2011.
            (
                "cron(0 9 * * ? *)",
                "Pacific/Apia",
                "2011-12-30T12:00:00Z",
                "2011-12-29T19:00:00Z",
                "2011-12-30T19:00:00Z",
            ),
        ] {
            let (due, now) = (due(schedule, zone), moment(now));
            assert_eq!(due.last_until(now), Some(moment(last)), "{schedule} {zone} {now}");
            assert_eq!(due.next_after(now), Some(moment(next)), "{schedule} {zone} {now}");
        }
    }

    #[test]
    fn what_happens_once_is_due_once() {
        let due = due("at(2026-11-21T06:00:00)", "America/New_York");
        let at = moment("2026-11-21T11:00:00Z");
        assert_eq!((due.last_until(at), due.next_after(at)), (Some(at), None));
        let before = moment("2026-11-21T10:59:59Z");
        assert_eq!((due.last_until(before), due.next_after(before)), (None, Some(at)));
        assert!(due.is_due(at) && !due.is_due(before));
    }

    #[test]
    fn the_second_showing_of_a_clock_is_not_due() {
        let due = due("cron(30 2 * * ? *)", "Europe/Berlin");
        assert!(due.is_due(moment("2026-10-25T00:30:00Z")) && !due.is_due(moment("2026-10-25T01:30:00Z")));
    }

    #[test]
    fn a_rate_has_no_calendar_and_a_zone_must_be_known() {
        let on = |schedule: &str, timezone: Option<&str>| {
            Due::of(&ScheduleOn { schedule: schedule.to_owned(), timezone: timezone.map(str::to_owned), input: None })
        };
        assert!(on("rate(5 minutes)", None).is_ok_and(|due| due.is_none()));
        let problem = on("cron(0 6 * * ? *)", Some("Europe/Berln")).expect_err("no such zone");
        assert_eq!(problem.path, "on.timezone");
    }
}
