//! Which budgets are kept. The bench says it, and fails for none: what it measures on is not always quiet.

use std::time::Duration;

use super::figures::{Figures, Measured};
use super::handler::Kind;
use super::is_ours;
use super::packed::Sizes;
use crate::report::{Table, mebibytes, megabytes, two_digits};

/// Memory that a function may take at its peak.
const MEMORY: u64 = 6 * 1024 * 1024;

/// How large a function's zip may be.
const ZIP: u64 = 2_000_000;

/// The budgets, each with the worst of our functions over plain HTTP and over TLS.
pub(crate) fn table(plain: &[Measured<'_>], tls: &[Measured<'_>], sizes: &[Sizes]) -> Table {
    let bounds = [
        ("init and first invocation, to the floor", 1.7),
        ("init and first invocation, to the SDK's example", 1.0 / 3.0),
        ("init and first invocation, to boto3", 0.01),
        ("init and first invocation with ledger, to the floor", 2.2),
        ("warm p50, to the floor", 1.8),
        ("warm p50, to the SDK's example", 0.8),
    ];
    let found = [ratios(plain), ratios(tls)];
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (index, (what, bound)) in bounds.into_iter().enumerate() {
        let mut row = vec![what.to_owned(), two_digits(bound)];
        row.extend(found.iter().map(|ratios| said(two_digits(ratios[index]), ratios[index] <= bound)));
        rows.push(row);
    }
    let peaks = [plain, tls].map(|measured| {
        let ours = measured.iter().filter(|one| is_ours(one.handler));
        ours.map(|one| one.figures.peak).max().unwrap_or_default()
    });
    let mut row = vec!["peak memory".to_owned(), mebibytes(MEMORY)];
    row.extend(peaks.map(|peak| said(mebibytes(peak), peak <= MEMORY)));
    rows.push(row);
    let zips = plain.iter().zip(sizes).filter(|(one, _)| is_ours(one.handler));
    let zip = zips.map(|(_, sizes)| sizes.zip).max().unwrap_or_default();
    rows.push(vec!["zip".to_owned(), megabytes(ZIP), said(megabytes(zip), zip <= ZIP), String::new()]);
    let caption = "Our own budgets, which no figure is to pass: times are p50, each of the worst function, and over TLS of \
                   jobwire-sns; the ledger counts in its own row and in peak memory";
    Table { caption: caption.to_owned(), header: vec!["", "budget", "plain HTTP", "TLS"], rows }
}

/// What the bounds hold for, in their order.
fn ratios(measured: &[Measured<'_>]) -> [f64; 6] {
    let worst = |kind, of: fn(&Figures) -> Duration| {
        let found = measured.iter().filter(|one| one.handler.kind == kind);
        found.map(|one| of(one.figures)).max().unwrap_or_default().as_secs_f64()
    };
    let start = |kind| worst(kind, |figures| figures.start(50));
    let warm = |kind| worst(kind, |figures| figures.warm(50));
    [
        start(Kind::Ours) / start(Kind::Floor),
        start(Kind::Ours) / start(Kind::Sdk),
        start(Kind::Ours) / start(Kind::Boto3),
        start(Kind::OursWithLedger) / start(Kind::Floor),
        warm(Kind::Ours) / warm(Kind::Floor),
        warm(Kind::Ours) / warm(Kind::Sdk),
    ]
}

fn said(figure: String, kept: bool) -> String {
    figure + if kept { ", kept" } else { ", missed" }
}
