//! Section `functions`: our functions beside what people write today in their place, from start to the last answer.

mod cost;
mod figures;
mod handler;
mod host;
mod packed;
mod prices;
mod source;
mod verdicts;

use anyhow::{Context as _, Result};

use crate::measure::{Rounds, percentile};
use crate::report::{Report, Table, mebibytes, megabytes, microseconds, milliseconds, ratio, ratio_of_bytes};
use figures::{Figures, Measured};
use handler::{Handler, Kind, WARM};
use host::Host;

/// The rounds of cold starts.
const COLD: Rounds = Rounds { warm_up: 3, measured: 30 };

/// How often each but boto3 starts in a round: of that one start takes as long as all others together.
const TIMES: usize = 3;

/// The rounds of warm invocations, in each of which every handler takes [`WARM`] events.
const WARM_ROUNDS: Rounds = Rounds { warm_up: 0, measured: 3 };

/// How often the endpoint is asked for its own floor.
const PROBES: usize = 2000;

/// Measures the functions.
pub(crate) fn run() -> Result<Report> {
    let folder = tempfile::tempdir().context("there is no room for temporary files")?;
    let host = Host::start(folder.path())?;
    let handlers = handler::all(&host, folder.path())?;
    let figures = figures::measure(&host, &handlers)?;
    let measured: Vec<Measured<'_>> =
        handlers.iter().zip(&figures).map(|(handler, figures)| Measured { handler, figures }).collect();
    let (tls, plain): (Vec<_>, Vec<_>) = measured.into_iter().partition(|one| one.handler.tls);
    let sizes = packed::sizes(plain.iter().map(|one| one.handler), folder.path())?;
    let mut tables = Vec::new();
    for (over, measured) in [("over plain HTTP", &plain), ("over TLS", &tls)] {
        tables.push(starts(over, measured));
        tables.push(warm(over, measured));
    }
    tables.push(room(&plain, &sizes));
    tables.push(verdicts::table(&plain, &tls, &sizes));
    tables.extend(cost::tables(&tls));
    Ok(Report { about: about(&host)?, tables })
}

/// What was measured and how.
fn about(host: &Host) -> Result<String> {
    let mut floors = Vec::new();
    for (name, tls) in [("plain HTTP", false), ("TLS", true)] {
        let (first, others) = host.probe(tls, PROBES)?;
        let usual = percentile(others.into_iter(), 50);
        floors.push(format!("over {name} {} first and {} then", milliseconds(first), microseconds(usual)));
    }
    Ok(format!(
        "A program of the bench's own plays Lambda's Runtime API, Batch and DynamoDB on loopback, and answers at once.\n\
         Its own share, where a thread of it asks: the first answer with its connection, and the usual one of the next:\n\
         {}.\n\
         It starts a handler process with Lambda's variables, those that it needs itself, and no others. `init` is from spawn to the first question for an\n\
         event, and an invocation is from an event to the next question, which is what Lambda bills. A handler gets its events\n\
         one by one, each of another occurrence, and submits a job for each; what it prints goes into a file. A start begins\n\
         with warm files. So what is measured is the handler alone, without what Lambda takes to fetch a zip and to make a\n\
         sandbox, and without AWS's own time. The latter is waited for once for each call: one to Batch, and with the ledger\n\
         two more to DynamoDB.\n\n\
         Ours are the four functions, each with its triggers of `events/jobwire.yaml` (with conditions and templates) as\n\
         `jobwire synth` packs them, and with an event of `events/`; with the ledger they write its item twice for each job. The\n\
         pace at which functions submit is lifted. The floor is a handler of blocking sockets that looks into no event and\n\
         signs nothing. The peers take the SNS event, as samples of such functions do: the message becomes a variable of the\n\
         job. They check nothing, fill no template, and know no second delivery. All in Rust are built by cargo for this\n\
         machine with the workspace's release profile; `make build` links for AWS with Zig. Over TLS all verify the endpoint\n\
         by the same authority: the SDK's example and boto3 read it among as many certificates as on AWS, ours and the floor\n\
         read it alone; on AWS ours read none, since their roots are compiled in. boto3's p99 of its starts is the slowest.\n\n\
         Starts: {} rounds after {} that do not count, in each of which every handler starts {TIMES} times, and boto3 once. Warm: {}\n\
         processes of each, with {WARM} invocations after their first. Costs are reckoned from these figures by Lambda's price\n\
         form: requests, and duration times memory, init included.",
        floors.join(", "),
        COLD.measured,
        COLD.warm_up,
        WARM_ROUNDS.measured,
    ))
}

/// The figures of the first handler of a kind, which the others are compared with.
fn of_kind<'a>(measured: &'a [Measured<'a>], kind: Kind) -> &'a Figures {
    let mut found = measured.iter().filter(|one| one.handler.kind == kind);
    found.next().map_or_else(|| unreachable!("every kind is measured"), |one| one.figures)
}

/// From spawn to the end of the first invocation.
fn starts(over: &str, measured: &[Measured<'_>]) -> Table {
    let base = |kind| of_kind(measured, kind).start(50);
    let (floor, sdk, boto3) = (base(Kind::Floor), base(Kind::Sdk), base(Kind::Boto3));
    let rows = measured.iter().map(|Measured { handler, figures }| {
        let start = figures.start(50);
        vec![
            handler.name.clone(),
            figures.cold.len().to_string(),
            milliseconds(percentile(figures.cold.iter().map(|cold| cold.init), 50)),
            milliseconds(percentile(figures.cold.iter().map(|cold| cold.first), 50)),
            milliseconds(start),
            milliseconds(figures.start(99)),
            milliseconds(figures.cold_cpu()),
            ratio(start, floor),
            ratio(start, sdk),
            ratio(start, boto3),
        ]
    });
    let rows = rows.collect();
    let header = [
        "",
        "starts",
        "init p50",
        "first p50",
        "both p50",
        "both p99",
        "CPU p50",
        "to the floor",
        "to the SDK",
        "to boto3",
    ];
    Table { caption: format!("Starts {over}: init and first invocation"), header: header.to_vec(), rows }
}

/// The invocations after the first.
fn warm(over: &str, measured: &[Measured<'_>]) -> Table {
    let base = |kind| of_kind(measured, kind).warm(50);
    let (floor, sdk, boto3) = (base(Kind::Floor), base(Kind::Sdk), base(Kind::Boto3));
    let rows = measured.iter().map(|Measured { handler, figures }| {
        let usual = figures.warm(50);
        vec![
            handler.name.clone(),
            microseconds(usual),
            microseconds(figures.warm(99)),
            microseconds(figures.warm_cpu),
            ratio(usual, floor),
            ratio(usual, sdk),
            ratio(usual, boto3),
        ]
    });
    let rows = rows.collect();
    let header = ["", "p50", "p99", "CPU, mean", "to the floor", "to the SDK", "to boto3"];
    Table { caption: format!("Warm invocations {over}"), header: header.to_vec(), rows }
}

/// Memory and sizes.
fn room(measured: &[Measured<'_>], sizes: &[packed::Sizes]) -> Table {
    let boto3 = of_kind(measured, Kind::Boto3).peak;
    let rows = measured.iter().zip(sizes).map(|(Measured { handler, figures }, sizes)| {
        let program = if handler.kind == Kind::Boto3 { String::new() } else { megabytes(sizes.program) };
        vec![
            handler.name.clone(),
            mebibytes(figures.peak),
            ratio_of_bytes(figures.peak, boto3),
            program,
            if sizes.zip < 100_000 { format!("{} bytes", sizes.zip) } else { megabytes(sizes.zip) },
        ]
    });
    let rows = rows.collect();
    let caption = format!(
        "Memory at its peak over plain HTTP, the most of {} processes after their {} invocations; sizes. A zip is packed as `jobwire synth` \
         packs it, and boto3's is that of its handler alone: the libraries come with Lambda's Python",
        WARM_ROUNDS.measured,
        1 + WARM
    );
    Table { caption, header: vec!["", "peak memory", "to boto3", "program", "zip"], rows }
}

/// Whether the handler is one of ours.
fn is_ours(handler: &Handler) -> bool {
    matches!(handler.kind, Kind::Ours | Kind::OursWithLedger)
}
