//! What a million events cost, by the published form of Lambda's price: requests, and duration times memory.

use std::time::Duration;

use super::figures::Measured;
use super::handler::Kind;
use super::prices::{
    DYNAMODB_MILLION_WRITES, EVENTBRIDGE_MILLION_EVENTS, EXPRESS_GB_SECOND, EXPRESS_MILLION_REQUESTS, LAMBDA_GB_SECOND,
    LAMBDA_MILLION_REQUESTS, LOGS_GB, PIPES_MILLION_REQUESTS, READ, SCHEDULER_MILLION_INVOCATIONS,
    STEP_FUNCTIONS_MILLION_TRANSITIONS,
};
use crate::report::{Table, two_digits};

/// The least memory that Lambda gives, which is enough for every handler here.
const MEMORY_MB: f64 = 128.0;

/// The memory with which a function has one processor. <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
const MEMORY_MB_OF_A_CORE: f64 = 1769.0;

/// How many of a hundred events meet no function that is there already, in the column between.
const COLD_OF_HUNDRED: f64 = 1.0;

/// What bills a handler's time.
type Billed = fn(&Measured<'_>) -> (f64, f64);

/// Lambda's part by two ways to reckon, and what stands beside it. AWS is spoken to over TLS, so those figures count.
pub(crate) fn tables(over_tls: &[Measured<'_>]) -> Vec<Table> {
    let measured: Vec<&Measured<'_>> = over_tls.iter().filter(|one| one.handler.kind != Kind::Floor).collect();
    let ten_milliseconds = dollars(million(10.0) - million(0.0));
    let as_measured = format!(
        "Lambda's part for a million events at {MEMORY_MB} MB, in dollars: the durations over TLS as measured here, with a whole \
         core. Each 10 ms that are waited for AWS besides add {ten_milliseconds}; with the ledger it is waited for two more calls"
    );
    let by_share = format!(
        "The same by arithmetic, with the share of a core that 128 MB have on Lambda ({MEMORY_MB}/{MEMORY_MB_OF_A_CORE}): the time \
         of the processor is longer by as much, and the waiting is as measured"
    );
    vec![
        lambda(as_measured, &measured, billed_as_measured),
        lambda(by_share, &measured, billed_by_share),
        besides(&measured),
        others(),
    ]
}

/// The milliseconds that are billed for a warm invocation, in the mean, and for one with a start.
fn billed_as_measured(Measured { figures, .. }: &Measured<'_>) -> (f64, f64) {
    (mean_billed(&figures.warm, 0.0), milliseconds(figures.start(50)).ceil())
}

/// The same with the processor's time made longer.
fn billed_by_share(Measured { figures, .. }: &Measured<'_>) -> (f64, f64) {
    let longer = |cpu: Duration| milliseconds(cpu) * (MEMORY_MB_OF_A_CORE / MEMORY_MB - 1.0);
    let cold = milliseconds(figures.start(50)) + longer(figures.cold_cpu());
    (mean_billed(&figures.warm, longer(figures.warm_cpu)), cold.ceil())
}

/// Lambda bills whole milliseconds.
#[expect(clippy::cast_precision_loss, reason = "there are some thousand invocations")]
fn mean_billed(invocations: &[Duration], more: f64) -> f64 {
    invocations.iter().map(|one| (milliseconds(*one) + more).ceil()).sum::<f64>() / invocations.len() as f64
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Dollars for a million invocations of so many billed milliseconds.
fn million(billed: f64) -> f64 {
    LAMBDA_MILLION_REQUESTS + 1e6 * billed / 1000.0 * (MEMORY_MB / 1024.0) * LAMBDA_GB_SECOND
}

/// The milliseconds that are billed in the mean where some invocations are cold.
fn mixed(warm: f64, cold: f64) -> f64 {
    (warm * (100.0 - COLD_OF_HUNDRED) + cold * COLD_OF_HUNDRED) / 100.0
}

fn lambda(caption: String, measured: &[&Measured<'_>], billed: Billed) -> Table {
    let boto3 =
        measured.iter().find(|one| one.handler.kind == Kind::Boto3).map_or(f64::NAN, |one| million(billed(one).1));
    let rows = measured.iter().map(|one| {
        let (warm, cold) = billed(one);
        vec![
            one.handler.name.clone(),
            format!("{warm:.2} ms"),
            format!("{cold:.0} ms"),
            dollars(million(warm)),
            dollars(million(mixed(warm, cold))),
            dollars(million(cold)),
            two_digits(million(cold) / boto3),
        ]
    });
    let rows = rows.collect();
    let header = ["", "billed warm", "billed cold", "all warm", "1 in 100 cold", "all cold", "all cold, to boto3"];
    Table { caption, header: header.to_vec(), rows }
}

/// What else is billed where a handler runs, and all of it together.
#[expect(clippy::cast_precision_loss, reason = "three digits of it are shown")]
fn besides(measured: &[&Measured<'_>]) -> Table {
    let rows = measured.iter().map(|one| {
        let Measured { handler, figures } = one;
        let logs = figures.printed as f64 * 1e6 / 1e9 * LOGS_GB;
        let ledger = if handler.kind == Kind::OursWithLedger { 2.0 * DYNAMODB_MILLION_WRITES } else { 0.0 };
        let (warm, cold) = billed_by_share(one);
        vec![
            handler.name.clone(),
            format!("{} bytes", figures.printed),
            dollars(logs),
            if ledger > 0.0 { dollars(ledger) } else { String::new() },
            dollars(million(mixed(warm, cold)) + logs + ledger),
        ]
    });
    let rows = rows.collect();
    let caption = format!(
        "Beside Lambda's part, in dollars for a million events: the lines that a handler prints, at ${LOGS_GB:.2} a GB of \
         CloudWatch Logs (Lambda's own lines come to all alike), and the ledger's two writes, at ${DYNAMODB_MILLION_WRITES} a \
         million; in all with Lambda's part by the share of a core, 1 in 100 cold. Not counted: CloudWatch's custom metrics (the \
         functions write them for each trigger), alarms and dashboard, the ledger's storage, the queues of `buffer: sqs`"
    );
    Table { caption, header: vec!["", "printed for an event", "logs", "ledger", "in all"], rows }
}

/// What does the same without a function.
fn others() -> Table {
    let express = EXPRESS_MILLION_REQUESTS + 1e6 * 0.1 * (64.0 / 1024.0) * EXPRESS_GB_SECOND;
    let rows = [
        ("Step Functions, Standard: at the least one state, `batch:submitJob`", STEP_FUNCTIONS_MILLION_TRANSITIONS),
        ("Step Functions, Express: at the least a workflow of 100 ms and 64 MB", express),
        (
            "EventBridge rule with Batch as its target, for events of AWS's services; an input transformer fills the job",
            0.0,
        ),
        ("EventBridge rule for events of one's own, whether it starts a job or a function", EVENTBRIDGE_MILLION_EVENTS),
        ("EventBridge Scheduler, whether it starts a job or a function", SCHEDULER_MILLION_INVOCATIONS),
        ("EventBridge Pipes, from a queue or stream to Batch, behind a filter", PIPES_MILLION_REQUESTS),
    ];
    let rows = rows.map(|(what, price)| vec![what.to_owned(), dollars(price)]).to_vec();
    let caption = format!(
        "Without a function, in dollars for a million events. All prices of this section are those of us-east-1 and x86, without \
         free tiers and discounts for volume, as read on {READ} from copies of AWS's pages and from articles that quote them; \
         today's stand at https://aws.amazon.com/lambda/pricing/, https://aws.amazon.com/cloudwatch/pricing/, \
         https://aws.amazon.com/dynamodb/pricing/on-demand/, https://aws.amazon.com/step-functions/pricing/ and \
         https://aws.amazon.com/eventbridge/pricing/"
    );
    Table { caption, header: vec!["", "price"], rows }
}

fn dollars(amount: f64) -> String {
    format!("${amount:.3}")
}
