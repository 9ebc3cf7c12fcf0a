//! JSON logs by tracing, as Lambda's advanced logging controls ask.

use std::str::FromStr as _;

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

/// What `AWS_LAMBDA_LOG_LEVEL` and `AWS_LAMBDA_LOG_FORMAT` ask for.
#[derive(Clone, Debug)]
pub(crate) struct Logging {
    level: Level,
    json: bool,
}

impl Default for Logging {
    fn default() -> Self {
        Self { level: Level::INFO, json: true }
    }
}

impl Logging {
    /// Lambda knows `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` and `FATAL`, and the formats `JSON` and `Text`.
    pub(crate) fn of(level: Option<&str>, format: Option<&str>) -> Result<Self, String> {
        let default = Self::default();
        let level = match level {
            Some("FATAL") => Level::ERROR,
            Some(level) => {
                Level::from_str(level).map_err(|_| "is none of TRACE, DEBUG, INFO, WARN, ERROR, FATAL".to_owned())?
            }
            None => default.level,
        };
        Ok(Self { level, json: !format.is_some_and(|format| format.eq_ignore_ascii_case("text")) })
    }
}

/// Starts the logs; a second start in one process changes nothing.
pub(crate) fn start(logging: &Logging) {
    let logs = tracing_subscriber::fmt().with_max_level(logging.level).with_ansi(false).with_target(false);
    // Below the level of information the runtime and the SDK print whole events and requests, which hold the users'
    // data; so a lower level is for our own crates alone.
    let others = LevelFilter::from_level(logging.level).min(LevelFilter::INFO);
    let levels = Targets::new()
        .with_default(others)
        .with_target("jobwire", logging.level)
        // The runtime says again, as Rust sees it, what an invocation failed with; a panic's place is logged by our own hook.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF);
    // Lambda adds its own time to lines of text; its JSON format wants one in the line.
    let started = if logging.json {
        tracing::subscriber::set_global_default(
            logs.json().flatten_event(true).with_current_span(false).finish().with(levels),
        )
    } else {
        tracing::subscriber::set_global_default(logs.without_time().finish().with(levels))
    };
    if started.is_err() {
        tracing::debug!("logging has been started before");
    }
}
