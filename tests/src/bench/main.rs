//! `make bench`: what the project promises, measured side by side with a peer, in one run and as ratios.

mod budget;
mod check;
mod fetch_and_run;
mod fetcher;
mod functions;
mod machine;
mod measure;
mod page;
mod peak;
mod peer;
mod program;
mod render;
mod report;
mod store;
mod trigger_file;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;
use clap::builder::PossibleValuesParser;
use jobwire_tests::binaries;

use report::{Report, Style};

/// A part of the benchmarks, which can be run alone.
struct Section {
    /// Its name, for `--only` and as a heading.
    name: &'static str,
    /// What measures it.
    run: fn() -> Result<Report>,
}

/// Every section, in the order of the report.
const SECTIONS: &[Section] = &[
    Section { name: "check", run: check::run },
    Section { name: "render", run: render::run },
    Section { name: "fetch-and-run", run: fetch_and_run::run },
    Section { name: "functions", run: functions::run },
];

/// Measures what Jobwire promises, side by side with a peer.
#[derive(Debug, clap::Parser)]
#[command(name = "jobwire-bench")]
struct Arguments {
    /// Run these sections alone, and print them.
    #[arg(
        long,
        value_name = "SECTION,…",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(SECTIONS.iter().map(|section| section.name)),
    )]
    only: Option<Vec<String>>,
    /// Write the sections of `--only` into BENCHMARKS.md too; without it a run of all writes the page, and another nothing.
    #[arg(long, requires = "only")]
    write: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("The bench stopped: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the bench tells people how far it is")]
fn say(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::print_stdout, reason = "the tables are the bench's result")]
fn print(text: &str) {
    println!("{text}");
}

fn run(arguments: &Arguments) -> Result<()> {
    let machine = machine::Machine::read()?;
    print(&machine.lines());
    let mut sections = Vec::new();
    for section in SECTIONS {
        if arguments.only.as_ref().is_some_and(|only| !only.iter().any(|name| name == section.name)) {
            continue;
        }
        let report = (section.run)().with_context(|| format!("section {}", section.name))?;
        print(&report.section(section.name, Style::Terminal));
        sections.push((section.name, report.section(section.name, Style::Markdown)));
    }
    let path = binaries::root().join("BENCHMARKS.md");
    let mut page;
    if arguments.only.is_none() {
        page = page::head(&machine);
        page.extend(sections.iter().map(|(_, text)| text.as_str()));
    } else if arguments.write {
        page = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        for (name, text) in &sections {
            page = page::with_section(&page, name, text, &machine).with_context(|| path.display().to_string())?;
        }
    } else {
        return Ok(());
    }
    std::fs::write(&path, page).with_context(|| format!("{} cannot be written", path.display()))?;
    print(&format!("Written to {}.", path.display()));
    Ok(())
}
