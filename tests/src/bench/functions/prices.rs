//! What AWS asks, in dollars, in us-east-1, without free tiers and discounts for volume.
//!
//! Read on 2026-11-21 from public copies of the pages named here and of articles that quote their tables. Look at the pages
//! before you rely on them; who pays other prices changes them here.

/// When the prices were read.
pub(crate) const READ: &str = "2026-11-21";

/// Lambda on x86: a second of a gigabyte of memory, billed by the millisecond. Since August 2025 the init of a function is
/// billed for every runtime. <https://aws.amazon.com/lambda/pricing/>
pub(crate) const LAMBDA_GB_SECOND: f64 = 0.000_016_666_7;

/// Lambda: a million requests. <https://aws.amazon.com/lambda/pricing/>
pub(crate) const LAMBDA_MILLION_REQUESTS: f64 = 0.20;

/// CloudWatch Logs: a gigabyte that a function prints. <https://aws.amazon.com/cloudwatch/pricing/>
pub(crate) const LOGS_GB: f64 = 0.50;

/// DynamoDB on demand: a million writes of up to a kilobyte. <https://aws.amazon.com/dynamodb/pricing/on-demand/>
pub(crate) const DYNAMODB_MILLION_WRITES: f64 = 0.625;

/// Step Functions, Standard: a million state transitions. <https://aws.amazon.com/step-functions/pricing/>
pub(crate) const STEP_FUNCTIONS_MILLION_TRANSITIONS: f64 = 25.0;

/// Step Functions, Express: a million requests. <https://aws.amazon.com/step-functions/pricing/>
pub(crate) const EXPRESS_MILLION_REQUESTS: f64 = 1.0;

/// Step Functions, Express: a second of a gigabyte, in steps of 64 MB and of 100 ms.
/// <https://aws.amazon.com/step-functions/pricing/>
pub(crate) const EXPRESS_GB_SECOND: f64 = 0.000_016_67;

/// EventBridge: a million events of one's own; AWS services' events are free. <https://aws.amazon.com/eventbridge/pricing/>
pub(crate) const EVENTBRIDGE_MILLION_EVENTS: f64 = 1.0;

/// EventBridge Scheduler: a million invocations. <https://aws.amazon.com/eventbridge/pricing/>
pub(crate) const SCHEDULER_MILLION_INVOCATIONS: f64 = 1.0;

/// EventBridge Pipes: a million requests behind the filter. <https://aws.amazon.com/eventbridge/pricing/>
pub(crate) const PIPES_MILLION_REQUESTS: f64 = 0.40;
