//! The moments at which a schedule's `cron()` is due, by the clock of the place that it is kept for.
//!
//! Nothing here knows a time zone: a clock on the wall goes in, and a clock on the wall comes out.
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based>

use time::{Date, Month, PrimitiveDateTime, Time, Weekday};

use crate::digits::digits;
use crate::schedule::{self, MONTHS, WEEKDAYS};

/// The years that `cron()` knows.
const YEARS: std::ops::RangeInclusive<u32> = 1970..=2199;

/// A `cron()` expression, read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cron {
    /// The minutes of a day, from 0 to 1439, in order.
    minutes: Vec<u32>,
    days: Vec<Day>,
    months: Vec<u32>,
    years: Vec<u32>,
}

/// Days of a month, as one part of a field between commas says them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Day {
    /// `3`
    OfMonth(u32),
    /// `L`, and `L-2`: so many days before the last.
    BeforeLast(u32),
    /// `LW`
    LastWorkday,
    /// `3W`: the working day that is nearest to the third, in the same month.
    NearestWorkday(u32),
    /// `2`, which is a Monday
    OfWeek(u32),
    /// `6L`: the last Friday.
    LastOfWeek(u32),
    /// `2#1`: the first Monday.
    Nth(u32, u32),
}

impl Cron {
    /// Reads `cron(…)`; none where the expression is of another kind, or is refused by [`schedule::check`].
    #[must_use]
    pub fn read(expression: &str) -> Option<Self> {
        schedule::check(expression).ok()?;
        let inner = expression.strip_prefix("cron(")?.strip_suffix(')')?;
        let fields: Vec<&str> = inner.split_whitespace().collect();
        let [minute, hour, day, month, weekday, year] = fields[..] else { return None };
        let (minutes, hours) = (numbers(minute, 0, 59, &[])?, numbers(hour, 0, 23, &[])?);
        let minutes = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute)).collect();
        let days: Option<Vec<Vec<Day>>> = if weekday == "?" {
            day.split(',').map(day_of_month).collect()
        } else {
            weekday.split(',').map(day_of_week).collect()
        };
        Some(Self {
            minutes,
            days: days?.concat(),
            months: numbers(month, 1, 12, MONTHS)?,
            years: numbers(year, *YEARS.start(), *YEARS.end(), &[])?,
        })
    }

    /// The first time that it is due after `moment`; none where there is none up to the year 2199.
    #[must_use]
    pub fn next_after(&self, moment: PrimitiveDateTime) -> Option<PrimitiveDateTime> {
        let (today, now) = (moment.date(), minute_of(moment.time()));
        let later = self.minutes.iter().find(|minute| **minute > now).filter(|_| self.is_day(today));
        if let Some(minute) = later {
            return at(today, *minute);
        }
        let next = self.months_of_years().find_map(|(year, month)| {
            let last = Date::from_calendar_date(year, month, month.length(year)).ok()?;
            if last <= today {
                return None;
            }
            self.days_of(year, month).into_iter().find(|day| *day > today)
        });
        at(next?, *self.minutes.first()?)
    }

    /// The last time that it was due until `moment`, which may be that time itself; none where there was none since 1970.
    #[must_use]
    pub fn last_until(&self, moment: PrimitiveDateTime) -> Option<PrimitiveDateTime> {
        let (today, now) = (moment.date(), minute_of(moment.time()));
        let earlier = self.minutes.iter().rfind(|minute| **minute <= now).filter(|_| self.is_day(today));
        if let Some(minute) = earlier {
            return at(today, *minute);
        }
        let last = self.months_of_years().rev().find_map(|(year, month)| {
            let first = Date::from_calendar_date(year, month, 1).ok()?;
            if first >= today {
                return None;
            }
            self.days_of(year, month).into_iter().rfind(|day| *day < today)
        });
        at(last?, *self.minutes.last()?)
    }

    /// Whether it is due at `moment`, to the second.
    #[must_use]
    pub fn is_due(&self, moment: PrimitiveDateTime) -> bool {
        self.last_until(moment) == Some(moment)
    }

    fn months_of_years(&self) -> impl DoubleEndedIterator<Item = (i32, Month)> {
        self.years.iter().flat_map(|year| {
            let year = i32::try_from(*year).unwrap_or_default();
            self.months.iter().filter_map(move |month| Some((year, month_of(*month)?)))
        })
    }

    fn is_day(&self, date: Date) -> bool {
        let year = u32::try_from(date.year()).is_ok_and(|year| self.years.contains(&year));
        year && self.months.contains(&u32::from(u8::from(date.month())))
            && self.days_of(date.year(), date.month()).contains(&date)
    }

    /// The days of a month on which it is due, in order.
    fn days_of(&self, year: i32, month: Month) -> Vec<Date> {
        let length = month.length(year);
        let dates = (1..=length).filter_map(|day| Date::from_calendar_date(year, month, day).ok());
        dates.filter(|date| self.days.iter().any(|day| day.is(*date, length))).collect()
    }
}

impl Day {
    /// Whether this means `date`, whose month has `length` days.
    fn is(self, date: Date, length: u8) -> bool {
        let (day, length) = (u32::from(date.day()), u32::from(length));
        let weekday = u32::from(date.weekday().number_days_from_sunday()) + 1;
        match self {
            Self::OfMonth(wanted) => day == wanted,
            Self::BeforeLast(before) => day + before == length,
            Self::LastWorkday => is_nearest_workday(date, length, length),
            // A month without the day has no working day near it.
            Self::NearestWorkday(wanted) => wanted <= length && is_nearest_workday(date, wanted, length),
            Self::OfWeek(wanted) => weekday == wanted,
            Self::LastOfWeek(wanted) => weekday == wanted && day + 7 > length,
            Self::Nth(wanted, nth) => weekday == wanted && day.div_ceil(7) == nth,
        }
    }
}

/// Whether `date` is the working day nearest to the day `wanted` of its month, which it does not leave.
fn is_nearest_workday(date: Date, wanted: u32, length: u32) -> bool {
    let day = u32::from(date.day());
    match date.weekday() {
        Weekday::Saturday | Weekday::Sunday => false,
        // On the Saturday before the Monday nobody works, and there is no Friday in the month before the first.
        Weekday::Monday => day == wanted || day == wanted + 1 || (wanted == 1 && day == 3),
        Weekday::Friday => day == wanted || day + 1 == wanted || (wanted == length && day + 2 == length),
        _ => day == wanted,
    }
}

fn day_of_month(part: &str) -> Option<Vec<Day>> {
    if let Some(before) = part.strip_prefix("L-") {
        return Some(vec![Day::BeforeLast(digits(before)?)]);
    }
    match part {
        "L" => return Some(vec![Day::BeforeLast(0)]),
        "LW" => return Some(vec![Day::LastWorkday]),
        _ => {}
    }
    if let Some(day) = part.strip_suffix('W') {
        return Some(vec![Day::NearestWorkday(digits(day)?)]);
    }
    Some(numbers(part, 1, 31, &[])?.into_iter().map(Day::OfMonth).collect())
}

fn day_of_week(part: &str) -> Option<Vec<Day>> {
    if let Some((day, nth)) = part.split_once('#') {
        return Some(vec![Day::Nth(number(day, 1, WEEKDAYS)?, digits(nth)?)]);
    }
    match part.strip_suffix('L') {
        // The last day of a week is a Saturday.
        Some("") => return Some(vec![Day::OfWeek(7)]),
        Some(day) => return Some(vec![Day::LastOfWeek(number(day, 1, WEEKDAYS)?)]),
        None => {}
    }
    Some(numbers(part, 1, 7, WEEKDAYS)?.into_iter().map(Day::OfWeek).collect())
}

/// The numbers that a field names, in order.
fn numbers(field: &str, low: u32, high: u32, words: &[&str]) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(digits(step)?)),
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((first, last)) => (number(first, low, words)?, number(last, low, words)?),
            // `5/10` goes on to the end of the field.
            None => (number(range, low, words)?, if step.is_some() { high } else { number(range, low, words)? }),
        };
        // A range such as `20-2` goes over midnight, or over the end of the week or the year.
        let length = high - low + 1;
        let last = if last < first { last + length } else { last };
        let steps = (first..=last).step_by(usize::try_from(step.unwrap_or(1).max(1)).ok()?);
        found.extend(steps.map(|number| low + (number - low) % length));
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// A number, or the word for it.
fn number(text: &str, low: u32, words: &[&str]) -> Option<u32> {
    let word = words.iter().position(|word| word.eq_ignore_ascii_case(text));
    word.and_then(|at| u32::try_from(at).ok()).map(|at| at + low).or_else(|| digits(text))
}

fn month_of(number: u32) -> Option<Month> {
    Month::try_from(u8::try_from(number).ok()?).ok()
}

fn minute_of(time: Time) -> u32 {
    u32::from(time.hour()) * 60 + u32::from(time.minute())
}

fn at(date: Date, minute: u32) -> Option<PrimitiveDateTime> {
    let (hour, minute) = (u8::try_from(minute / 60).ok()?, u8::try_from(minute % 60).ok()?);
    Some(date.with_time(Time::from_hms(hour, minute, 0).ok()?))
}

#[cfg(test)]
mod tests {
    use super::Cron;
    use crate::time::rfc3339;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use time::{Duration, OffsetDateTime, PrimitiveDateTime};

    fn moment(text: &str) -> PrimitiveDateTime {
        let moment = rfc3339(&format!("{text}Z")).expect("a moment");
        PrimitiveDateTime::new(moment.date(), moment.time())
    }

    /// The last time until the middle of 21 November 2026, a Saturday, and the first one after it.
    fn around(expression: &str) -> [Option<PrimitiveDateTime>; 2] {
        let cron = Cron::read(expression).expect("a cron expression");
        let noon = moment("2026-11-21T12:00:30");
        [cron.last_until(noon), cron.next_after(noon)]
    }

    #[test]
    fn the_times_before_and_after_a_moment_are_those_of_the_expression() {
        for (expression, last, next) in [
            ("cron(0 6 * * ? *)", "2026-11-21T06:00:00", "2026-11-22T06:00:00"),
            ("cron(0 12 * * ? *)", "2026-11-21T12:00:00", "2026-11-22T12:00:00"),
            ("cron(0/15 * * * ? *)", "2026-11-21T12:00:00", "2026-11-21T12:15:00"),
            ("cron(5/20 * * * ? *)", "2026-11-21T11:45:00", "2026-11-21T12:05:00"),
            ("cron(0 18 ? * MON-FRI *)", "2026-11-20T18:00:00", "2026-11-23T18:00:00"),
            ("cron(0 9 ? * sat-sun *)", "2026-11-21T09:00:00", "2026-11-22T09:00:00"),
            ("cron(0 9 ? * L *)", "2026-11-21T09:00:00", "2026-11-28T09:00:00"),
            // The hours go over midnight: 20, 21, 22, 23, 0, 1, 2.
            ("cron(30 20-2 * * ? *)", "2026-11-21T02:30:00", "2026-11-21T20:30:00"),
            ("cron(0 22-3/2 * * ? *)", "2026-11-21T02:00:00", "2026-11-21T22:00:00"),
            ("cron(0 8 1 * ? *)", "2026-11-01T08:00:00", "2026-12-01T08:00:00"),
            ("cron(0 8 ? NOV-FEB 2#1 *)", "2026-11-02T08:00:00", "2026-12-07T08:00:00"),
            ("cron(0 8 31 * ? *)", "2026-10-31T08:00:00", "2026-12-31T08:00:00"),
            ("cron(0 9 29 2 ? *)", "2024-02-29T09:00:00", "2028-02-29T09:00:00"),
            ("cron(0 9 L * ? *)", "2026-10-31T09:00:00", "2026-11-30T09:00:00"),
            ("cron(0 9 L 2 ? *)", "2026-02-28T09:00:00", "2027-02-28T09:00:00"),
            ("cron(0 9 L-3 * ? *)", "2026-10-28T09:00:00", "2026-11-27T09:00:00"),
            // The last day of October 2026 is a Saturday, the last of January 2027 a Sunday.
            ("cron(0 9 LW * ? *)", "2026-10-30T09:00:00", "2026-11-30T09:00:00"),
            ("cron(0 9 LW 1 ? *)", "2026-01-30T09:00:00", "2027-01-29T09:00:00"),
            // 21 November is a Saturday and 22 a Sunday; 1 August a Saturday, whose Friday lies in another month.
            ("cron(0 9 21W * ? *)", "2026-11-20T09:00:00", "2026-12-21T09:00:00"),
            ("cron(0 9 22W * ? *)", "2026-10-22T09:00:00", "2026-11-23T09:00:00"),
            ("cron(0 9 1W 8 ? *)", "2026-08-03T09:00:00", "2027-08-02T09:00:00"),
            ("cron(0 9 31W 1 ? *)", "2026-01-30T09:00:00", "2027-01-29T09:00:00"),
            ("cron(15 10 ? * 6L 2026-2030)", "2026-10-30T10:15:00", "2026-11-27T10:15:00"),
            ("cron(0 9 ? * 2#5 *)", "2026-08-31T09:00:00", "2026-11-30T09:00:00"),
            ("cron(0 9 1,15 * ? *)", "2026-11-15T09:00:00", "2026-12-01T09:00:00"),
            ("cron(0 0 1 1 ? 2020/10)", "2020-01-01T00:00:00", "2030-01-01T00:00:00"),
        ] {
            assert_eq!(around(expression), [Some(moment(last)), Some(moment(next))], "{expression}");
        }
    }

    #[test]
    fn an_expression_that_is_over_or_never_comes_has_no_time_there() {
        assert_eq!(around("cron(0 6 * * ? 2020)"), [Some(moment("2020-12-31T06:00:00")), None]);
        assert_eq!(around("cron(0 6 * * ? 2030)"), [None, Some(moment("2030-01-01T06:00:00"))]);
        assert_eq!(around("cron(0 6 30 2 ? *)"), [None, None]);
        assert_eq!(around("cron(0 6 L-30 2 ? *)"), [None, None]);
        assert_eq!(around("cron(0 6 ? 2 2#5 2026-2027)"), [None, None]);
    }

    /// Any expression that is good, and a few that never come.
    fn expression() -> impl Strategy<Value = String> {
        let number = |low: u32, high: u32| (low..=high).prop_map(|number| number.to_string());
        let field = move |low: u32, high: u32| {
            prop_oneof![
                Just("*".to_owned()),
                vec(number(low, high), 1..4).prop_map(|numbers| numbers.join(",")),
                (low..=high, low..=high).prop_map(|(first, last)| format!("{first}-{last}")),
                (low..=high, 1..=high).prop_map(|(first, step)| format!("{first}/{step}")),
            ]
        };
        let special = |letter: &'static str| move |number: String| format!("{number}{letter}");
        let of_month = prop_oneof![
            field(1, 31),
            select(&["L", "LW", "L-1", "L-30"][..]).prop_map(str::to_owned),
            number(1, 31).prop_map(special("W")),
        ];
        let of_week = prop_oneof![
            field(1, 7),
            Just("L".to_owned()),
            number(1, 7).prop_map(special("L")),
            (1..=7_u32, 1..=5_u32).prop_map(|(day, nth)| format!("{day}#{nth}")),
        ];
        let days =
            prop_oneof![of_month.prop_map(|day| (day, "?".to_owned())), of_week.prop_map(|day| ("?".to_owned(), day)),];
        let years = prop_oneof![Just("*".to_owned()), number(1970, 2199), Just("2020-2030".to_owned())];
        (field(0, 59), field(0, 23), days, field(1, 12), years).prop_map(
            |(minute, hour, (day, weekday), month, year)| {
                format!("cron({minute} {hour} {day} {month} {weekday} {year})")
            },
        )
    }

    proptest! {
        #[test]
        fn nothing_is_due_between_two_times_that_follow_each_other(text in expression(), at in 0_i64..7_258_118_400) {
            let moment = OffsetDateTime::from_unix_timestamp(at).expect("a moment");
            let moment = PrimitiveDateTime::new(moment.date(), moment.time());
            let cron = Cron::read(&text).expect("a cron expression");
            let (last, next) = (cron.last_until(moment), cron.next_after(moment));
            prop_assert!(last.is_none_or(|last| last <= moment && cron.is_due(last)));
            prop_assert!(next.is_none_or(|next| next > moment && cron.is_due(next)));
            if let Some(last) = last {
                prop_assert_eq!(cron.next_after(last), next);
            }
            if let Some(next) = next {
                prop_assert_eq!(cron.last_until(next.saturating_sub(Duration::SECOND)), last);
            }
        }
    }

    #[test]
    fn only_cron_is_a_calendar() {
        for other in ["rate(5 minutes)", "at(2026-11-21T06:00:00)", "0 6 * * *", "cron(0 6 * * * *)", ""] {
            assert_eq!(Cron::read(other), None, "{other}");
        }
    }

    #[test]
    fn it_is_due_to_the_second() {
        let cron = Cron::read("cron(0 6 * * ? *)").expect("a cron expression");
        assert!(cron.is_due(moment("2026-11-21T06:00:00")));
        assert!(!cron.is_due(moment("2026-11-21T06:00:01")) && !cron.is_due(moment("2026-11-21T06:01:00")));
    }
}
