//! Everything that a function reads from its environment, once, at its cold start.

use std::path::PathBuf;
use std::time::Duration;

use jobwire_core::names_table::NamesTable;
use jobwire_core::plan::{DEFAULT_MAX_DEPTH, Deployment};
use jobwire_core::problem::{Problem, Problems};
use jobwire_core::trigger::Triggers;
use jobwire_https::Environment;

use crate::logging::Logging;
use crate::window::Timing;

/// What Batch takes from an account in a Region, in calls of `SubmitJob` a second.
/// <https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html>
const ACCOUNT_RATE: f64 = 50.0;

/// A batch of ten messages fits the 27 seconds that a function has for it. Slower, the last of each batch would come again
/// and again with nothing wrong; a few calls too many are only turned away for a moment.
const SLOWEST_RATE: f64 = 0.4;

/// In seconds: Lambda delivers a failed event again for 150 seconds at least, of which a holder may have 35.
const LONGEST_SETTLE: u64 = 115;

/// A function's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `JOBWIRE_FILE`: the compiled trigger file.
    pub file: PathBuf,
    /// `JOBWIRE_REJECTS_URL`: the queue for what no retry can help.
    pub rejects_url: Option<String>,
    /// `JOBWIRE_LEDGER_TABLE`: the table by which one occurrence starts one job.
    pub ledger_table: Option<String>,
    /// `JOBWIRE_SETTLE_SECONDS`, within how a function divides its time.
    pub timing: Timing,
    /// `JOBWIRE_SUBMIT_RATE` divided by `JOBWIRE_SUBMIT_SHARES` and `JOBWIRE_CONCURRENCY`: `SubmitJob` calls a second,
    /// and never fewer than one in two and a half seconds.
    pub rate: f64,
    /// `JOBWIRE_NAMES` and `JOBWIRE_MAX_DEPTH`.
    pub deployment: Deployment,
    /// The `AWS_*` variables.
    pub aws: Aws,
    /// `AWS_LAMBDA_LOG_LEVEL` and `AWS_LAMBDA_LOG_FORMAT`.
    pub(crate) logging: Logging,
}

/// What the SDK clients are made of.
#[derive(Clone)]
pub struct Aws {
    /// `AWS_REGION`
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`
    pub session_token: Option<String>,
    /// `AWS_ENDPOINT_URL_BATCH`, or else `AWS_ENDPOINT_URL`
    pub batch_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_SQS`, or else `AWS_ENDPOINT_URL`
    pub sqs_endpoint: Option<String>,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, or else `AWS_ENDPOINT_URL`
    pub dynamodb_endpoint: Option<String>,
    /// The variables about certificates and proxies.
    pub https: Environment,
    /// `AWS_USE_FIPS_ENDPOINT`
    pub fips: bool,
    /// `AWS_USE_DUALSTACK_ENDPOINT`
    pub dual_stack: bool,
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Credentials stay out of logs whoever prints the settings.
        f.debug_struct("Aws")
            .field("region", &self.region)
            .field("batch_endpoint", &self.batch_endpoint)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads every variable through `variable`, and reports all faults together.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut required = |name: &str| {
            get(name).unwrap_or_else(|| {
                problems.push(
                    Problem::new(name, "is not set").help("Lambda sets it; elsewhere set it as for every AWS SDK"),
                );
                String::new()
            })
        };
        let region = required("AWS_REGION");
        let access_key_id = required("AWS_ACCESS_KEY_ID");
        let secret_access_key = required("AWS_SECRET_ACCESS_KEY");
        let mut flag = |name: &str| match get(name) {
            None => false,
            Some(text) if text.eq_ignore_ascii_case("true") => true,
            Some(text) if text.eq_ignore_ascii_case("false") => false,
            Some(_) => {
                problems.push(Problem::new(name, "must be true or false"));
                false
            }
        };
        let (fips, dual_stack) = (flag("AWS_USE_FIPS_ENDPOINT"), flag("AWS_USE_DUALSTACK_ENDPOINT"));
        let ignored = flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
        let endpoint = |name: &str| get(name).or_else(|| get("AWS_ENDPOINT_URL")).filter(|_| !ignored);
        let https = Environment::read(get).unwrap_or_else(|faults| {
            problems.extend(faults.0.into_iter().map(|fault| Problem::new(fault.variable, fault.message)));
            Environment::default()
        });
        let names = get("JOBWIRE_NAMES").map_or_else(NamesTable::default, |json| {
            serde_json::from_str(&json).unwrap_or_else(|error| {
                problems.push(
                    Problem::new("JOBWIRE_NAMES", format!("is no table of names: {error}"))
                        .help("`jobwire synth` writes it into the template"),
                );
                NamesTable::default()
            })
        });
        let max_depth = get("JOBWIRE_MAX_DEPTH").map_or(DEFAULT_MAX_DEPTH, |text| match text.parse() {
            Ok(depth) if depth > 0 => depth,
            _ => {
                problems.push(Problem::new("JOBWIRE_MAX_DEPTH", "must be a whole number above 0"));
                DEFAULT_MAX_DEPTH
            }
        });
        let mut timing = Timing::default();
        if let Some(text) = get("JOBWIRE_SETTLE_SECONDS") {
            match text.parse() {
                Ok(seconds @ 1..=LONGEST_SETTLE) => timing.settle = Duration::from_secs(seconds),
                _ => problems.push(
                    Problem::new(
                        "JOBWIRE_SETTLE_SECONDS",
                        format!("must be a whole number from 1 to {LONGEST_SETTLE}"),
                    )
                    .help("with the function's timeout it must end within the 150 seconds of Lambda's retries"),
                ),
            }
        }
        let mut above_zero = |name: &str, default: f64| match get(name).map(|text| text.parse::<f64>()) {
            None => default,
            Some(Ok(number)) if number.is_finite() && number > 0.0 => number,
            Some(_) => {
                problems.push(Problem::new(name, "must be a number above 0"));
                default
            }
        };
        let rate = (above_zero("JOBWIRE_SUBMIT_RATE", ACCOUNT_RATE)
            / above_zero("JOBWIRE_SUBMIT_SHARES", 1.0)
            / above_zero("JOBWIRE_CONCURRENCY", 1.0))
        .max(SLOWEST_RATE);
        let logging = Logging::of(get("AWS_LAMBDA_LOG_LEVEL").as_deref(), get("AWS_LAMBDA_LOG_FORMAT").as_deref())
            .unwrap_or_else(|message| {
                problems.push(Problem::new("AWS_LAMBDA_LOG_LEVEL", message));
                Logging::default()
            });
        let aws = Aws {
            region,
            access_key_id,
            secret_access_key,
            session_token: get("AWS_SESSION_TOKEN"),
            batch_endpoint: endpoint("AWS_ENDPOINT_URL_BATCH"),
            sqs_endpoint: endpoint("AWS_ENDPOINT_URL_SQS"),
            dynamodb_endpoint: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
            https,
            fips,
            dual_stack,
        };
        let file = get("JOBWIRE_FILE").map_or_else(beside_executable, PathBuf::from);
        let (rejects_url, ledger_table) = (get("JOBWIRE_REJECTS_URL"), get("JOBWIRE_LEDGER_TABLE"));
        let deployment = Deployment { names, max_depth };
        if problems.is_empty() {
            Ok(Self { file, rejects_url, ledger_table, timing, rate, deployment, aws, logging })
        } else {
            Err(Problems(problems))
        }
    }

    /// The triggers of the compiled trigger file.
    pub fn triggers(&self) -> Result<Triggers, Problems> {
        let text = std::fs::read_to_string(&self.file).map_err(|error| {
            Problem::new("JOBWIRE_FILE", format!("{} cannot be read: {error}", self.file.display()))
                .help("`jobwire synth` puts jobwire.json beside bootstrap")
        })?;
        Triggers::from_json(&text)
    }
}

fn beside_executable() -> PathBuf {
    let folder = std::env::current_exe().ok().and_then(|path| path.parent().map(std::path::Path::to_path_buf));
    folder.unwrap_or_default().join("jobwire.json")
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn every_fault_of_the_environment_is_reported_at_once() {
        let variables = [
            ("JOBWIRE_MAX_DEPTH", "-1"),
            ("JOBWIRE_SETTLE_SECONDS", "116"),
            ("JOBWIRE_SUBMIT_RATE", "0"),
            ("JOBWIRE_SUBMIT_SHARES", "many"),
            ("JOBWIRE_CONCURRENCY", "inf"),
            ("JOBWIRE_NAMES", "{\"topics\": {}}"),
            ("AWS_CA_BUNDLE", "/nowhere.pem"),
            ("AWS_LAMBDA_LOG_LEVEL", "LOUD"),
            ("AWS_USE_FIPS_ENDPOINT", "yes"),
        ];
        let problems = Settings::read(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
        .expect_err("all of it is wrong");
        let fields: Vec<&str> = problems.0.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(
            fields,
            [
                "AWS_REGION",
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_USE_FIPS_ENDPOINT",
                "AWS_CA_BUNDLE",
                "JOBWIRE_NAMES",
                "JOBWIRE_MAX_DEPTH",
                "JOBWIRE_SETTLE_SECONDS",
                "JOBWIRE_SUBMIT_RATE",
                "JOBWIRE_SUBMIT_SHARES",
                "JOBWIRE_CONCURRENCY",
                "AWS_LAMBDA_LOG_LEVEL"
            ]
        );
    }

    #[test]
    fn a_service_s_own_endpoint_goes_before_the_common_one() {
        let variables = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "k"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_ENDPOINT_URL", "http://a"),
            ("AWS_ENDPOINT_URL_BATCH", "http://b"),
        ];
        let settings = Settings::read(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
        .expect("all of it is right");
        assert_eq!(
            (settings.aws.batch_endpoint.as_deref(), settings.aws.sqs_endpoint.as_deref()),
            (Some("http://b"), Some("http://a"))
        );
        assert!(!format!("{settings:?}").contains("secret"));
        let settings = Settings::read(|name| {
            let ignored = (name == "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").then(|| "TRUE".to_owned());
            ignored.or_else(|| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        })
        .expect("all of it is right");
        assert_eq!((settings.aws.batch_endpoint, settings.aws.sqs_endpoint), (None, None));
    }
}
