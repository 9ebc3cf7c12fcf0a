//! Schedule expressions, as EventBridge reads them.
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>

use crate::digits::digits;
use crate::problem::Problem;

/// Characters of an expression.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html>
const LONGEST: usize = 256;

/// What is wrong with a schedule expression.
pub fn check(expression: &str) -> Result<(), Problem> {
    let length = expression.chars().count();
    if length > LONGEST {
        return Err(Problem::new(
            "",
            format!("is {length} characters, and a schedule expression has at most {LONGEST}"),
        ));
    }
    if let Some(character) = expression.chars().find(|character| !character.is_ascii_graphic() && *character != ' ') {
        return Err(Problem::new("", format!("holds the character {}", character.escape_default()))
            .help("write it in plain letters and digits, with spaces between the fields"));
    }
    let inner = |prefix: &str| expression.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(')'));
    if let Some(fields) = inner("cron(") {
        return cron(fields);
    }
    if let Some(rate_text) = inner("rate(") {
        return rate(rate_text);
    }
    if let Some(at) = inner("at(") {
        return if crate::time::is_rfc3339(&format!("{at}Z")) && at.len() == 19 && !at.contains('t') {
            Ok(())
        } else {
            Err(Problem::new("", "at() takes a moment as 2026-11-21T06:00:00").help("give its zone as `timezone:`"))
        };
    }
    let problem = Problem::new("", "is no schedule expression: cron(…), rate(…) or at(…)");
    let fields: Vec<&str> = expression.split_whitespace().collect();
    Err(problem
        .help(of_linux(&fields).unwrap_or_else(|| "for example cron(0 6 * * ? *) or rate(5 minutes)".to_owned())))
}

/// AWS's form of a five-field cron line: a year is added, one of the two days must be `?`, and Sunday is 1.
fn of_linux(fields: &[&str]) -> Option<String> {
    let [minute, hour, day, month, weekday] = *fields else { return None };
    let by_day = format!("cron({minute} {hour} {day} {month} ? *)");
    let by_weekday = format!("cron({minute} {hour} ? {month} {} *)", weekdays(weekday)?);
    let forms = match (day, weekday) {
        (_, "*") => vec![by_day],
        ("*", _) => vec![by_weekday],
        _ => vec![by_day, by_weekday],
    };
    if forms.iter().any(|form| check(form).is_err()) {
        return None;
    }
    Some(match &forms[..] {
        [by_day, by_weekday] => {
            format!("AWS takes one of the two days alone; two triggers say it: `{by_day}` and `{by_weekday}`")
        }
        _ => format!("AWS's form of this is `{}`", forms[0]),
    })
}

/// The days of week, 0 to 7 from Sunday to Sunday, as AWS counts them: 1 to 7 from Sunday, without steps.
fn weekdays(text: &str) -> Option<String> {
    let parts: Option<Vec<String>> = text
        .split(',')
        .map(|part| {
            let (range, step) = part.split_once('/').map_or((part, Some(1)), |(range, step)| (range, digits(step)));
            let step = usize::try_from(step?).ok().filter(|step| *step > 0)?;
            if range.contains(|character: char| character.is_ascii_alphabetic()) {
                return (step == 1).then(|| range.to_ascii_uppercase());
            }
            let (low, high) = match range.split_once('-') {
                _ if range == "*" => (0, 6),
                Some((low, high)) => (digits(low)?, digits(high)?),
                None => (digits(range)?, digits(range)?),
            };
            if low > high || high > 7 {
                return None;
            }
            let days: Vec<String> = (low..=high).step_by(step).map(|day| (day % 7 + 1).to_string()).collect();
            match &days[..] {
                [first, .., last] if step == 1 && high < 7 => Some(format!("{first}-{last}")),
                _ => Some(days.join(",")),
            }
        })
        .collect();
    Some(parts?.join(","))
}

fn rate(text: &str) -> Result<(), Problem> {
    let help = "for example rate(1 minute) or rate(5 minutes)";
    let wrong = |message: &str| Err(Problem::new("", message).help(help));
    let Some((number, unit)) = text.split_once(' ') else { return wrong("rate() takes a number and a unit") };
    match digits(number) {
        Some(0) | None => wrong("rate() takes a whole number above 0"),
        Some(1) if ["minute", "hour", "day"].contains(&unit) => Ok(()),
        Some(1) => wrong("rate(1 …) takes minute, hour or day, in the singular"),
        Some(_) if ["minutes", "hours", "days"].contains(&unit) => Ok(()),
        Some(_) => wrong("rate() takes minutes, hours or days, in the plural"),
    }
}

struct CronField {
    name: &'static str,
    low: u32,
    high: u32,
    words: &'static [&'static str],
    day: bool,
}

pub(crate) const MONTHS: &[&str] =
    &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
pub(crate) const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [CronField; 6] = [
    CronField { name: "minutes", low: 0, high: 59, words: &[], day: false },
    CronField { name: "hours", low: 0, high: 23, words: &[], day: false },
    CronField { name: "day of month", low: 1, high: 31, words: &[], day: true },
    CronField { name: "month", low: 1, high: 12, words: MONTHS, day: false },
    CronField { name: "day of week", low: 1, high: 7, words: WEEKDAYS, day: true },
    CronField { name: "year", low: 1970, high: 2199, words: &[], day: false },
];

fn cron(text: &str) -> Result<(), Problem> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day, month, weekday, _] = fields[..] else {
        let problem = Problem::new("", format!("cron() takes six fields and has {}", fields.len()));
        let order = || "minutes hours day-of-month month day-of-week year, for example cron(0 6 * * ? *)".to_owned();
        return Err(problem.help(of_linux(&fields).unwrap_or_else(order)));
    };
    let wrong: Vec<String> = FIELDS
        .iter()
        .zip(&fields)
        .flat_map(|(field, text)| text.split(',').filter(|part| !fits(field, part)).map(move |part| (field, part)))
        .map(|(field, part)| format!("`{part}` is no {} of cron() ({}–{})", field.name, field.low, field.high))
        .collect();
    if !wrong.is_empty() {
        return Err(Problem::new("", wrong.join(", "))
            .help("https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based"));
    }
    if weekday.contains('#') && weekday.contains(',') {
        return Err(Problem::new("", "with `#` cron() takes one day of the week alone")
            .help("make a trigger for each of the days"));
    }
    if (day == "?") == (weekday == "?") {
        return Err(Problem::new("", "exactly one of cron()'s two days must be `?`")
            .help(format!("for example cron({minute} {hour} {} {month} ? *)", if day == "?" { "*" } else { day })));
    }
    Ok(())
}

fn fits(field: &CronField, part: &str) -> bool {
    let number = |text: &str| {
        let word = field.words.iter().position(|word| word.eq_ignore_ascii_case(text));
        let named = word.and_then(|at| u32::try_from(at).ok()).map(|at| at + field.low);
        named.or_else(|| digits(text)).filter(|number| (field.low..=field.high).contains(number))
    };
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    if step.is_some_and(|step| !digits(step).is_some_and(|step| (1..=field.high).contains(&step))) {
        return false;
    }
    let day_of_month = field.day && field.high == 31;
    if let Some(before_last) = range.strip_prefix("L-") {
        return day_of_month && step.is_none() && number(before_last).is_some_and(|days| days <= 30);
    }
    match range {
        "*" => true,
        "?" | "L" => field.day && step.is_none(),
        "LW" => day_of_month && step.is_none(),
        _ => {
            let last = |text: &str| text.strip_suffix('L').and_then(number).is_some();
            let nth = |text: &str| {
                text.split_once('#')
                    .is_some_and(|(day, nth)| number(day).is_some() && matches!(nth, "1" | "2" | "3" | "4" | "5"))
            };
            let weekday = |text: &str| text.strip_suffix('W').and_then(number).is_some();
            let span = |text: &str| {
                // Hours and days may go over midnight and Sunday; years do not come back.
                text.split_once('-')
                    .and_then(|(low, high)| Some((number(low)?, number(high)?)))
                    .is_some_and(|(low, high)| low <= high || field.low < 1970)
            };
            number(range).is_some()
                || span(range)
                || (step.is_none()
                    && ((day_of_month && weekday(range))
                        || (field.day && !day_of_month && (last(range) || nth(range)))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_aws_takes_is_taken() {
        for good in [
            "cron(0 6 * * ? *)",
            "cron(0/15 * * * ? *)",
            "cron(15 10 ? * 6L 2026-2030)",
            "cron(0 8 1 * ? *)",
            "cron(0 18 ? * MON-FRI *)",
            "cron(0 9 ? * 2#1 *)",
            "cron(0 9 L * ? *)",
            "cron(0 9 3W * ? *)",
            "cron(0/30 20-2 ? * MON-FRI *)",
            "cron(0 9 ? * sat-sun *)",
            "cron(0 9 LW * ? *)",
            "cron(0 9 L-3 * ? *)",
            "rate(1 minute)",
            "rate(5 minutes)",
            "rate(1 day)",
            "at(2026-11-21T06:00:00)",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        for bad in [
            "",
            "0 6 * * *",
            "cron(0 6 * * *)",
            "cron(0 6 * * * *)",
            "cron(0 6 ? * ? *)",
            "cron(60 6 * * ? *)",
            "cron(0 6 * 13 ? *)",
            "cron(0 6 * * 8 ? *)",
            "rate(1 minutes)",
            "rate(5 minute)",
            "rate(0 minutes)",
            "rate(5 seconds)",
            "rate(minute)",
            "at(tomorrow)",
            "every day",
            "cron(0 6 * * ? 1969)",
            "cron(*/0 * * * ? *)",
            "cron(*/60 * * * ? *)",
            "cron(0/+5 * * * ? *)",
            "rate(+5 minutes)",
            "cron(5 1 ? * 6 *\u{205f})",
            "cron(0 6 ? * 3#1,6#3 *)",
            "cron(0 6 * * ? 2030-2026)",
            "at(2026-11-21T06:00:00Z)",
            "at(2026-11-21)",
            "at(2026-11-21\\06:00:00)",
            "at(2026-11-21t06:00:00)",
            "cron(0 9 ? *\r2#1 *)",
            &format!("cron(0 9 {}1 * ? *)", "1,".repeat(120)),
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_linux_line_gets_its_aws_form() {
        let help = |text| check(text).err().and_then(|problem| problem.help).unwrap_or_default();
        assert!(help("0 6 * * *").contains("cron(0 6 * * ? *)"));
        assert!(help("cron(30 18 * * 1-5)").contains("cron(30 18 ? * 2-6 *)"));
        assert!(help("0 6 * * 5-7").contains("cron(0 6 ? * 6,7,1 *)"));
        assert!(help("0 6 * * */2").contains("cron(0 6 ? * 1,3,5,7 *)"));
        assert!(help("0 6 * * mon-fri").contains("cron(0 6 ? * MON-FRI *)"));
        assert!(help("0 6 1 * 1").contains("`cron(0 6 1 * ? *)` and `cron(0 6 ? * 2 *)`"));
        assert!(help("0 6 * * 9").contains("for example"));
    }
}
