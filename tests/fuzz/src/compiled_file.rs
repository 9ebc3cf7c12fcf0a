//! Compiled trigger files: any JSON is taken or refused, and what is taken can be written and read again.

use jobwire_core::trigger::Triggers;
use libfuzzer_sys::Corpus;

use crate::trigger_file::{comes_back, meets_events};

/// The seeds, which nothing else would miss: they do not follow the form by themselves.
const SEEDS: [&str; 4] = [
    include_str!("../seeds/compiled_file/schedule.json"),
    include_str!("../seeds/compiled_file/topic.json"),
    include_str!("../seeds/compiled_file/bucket.json"),
    include_str!("../seeds/compiled_file/job.json"),
];

/// Checks that the seeds are still compiled trigger files; a fuzzer that begins with text that is refused at once finds
/// nothing.
pub fn seeds_are_taken() {
    for seed in SEEDS {
        if let Err(problems) = Triggers::from_json(seed) {
            panic!("a seed of compiled_file is to be written anew: {problems}");
        }
    }
}

/// Reads any text as a compiled trigger file.
#[must_use]
pub fn any(bytes: &[u8]) -> Corpus {
    let Ok(text) = str::from_utf8(bytes) else { return Corpus::Reject };
    if let Ok(triggers) = Triggers::from_json(text) {
        comes_back(&triggers);
        meets_events(&triggers);
    }
    Corpus::Keep
}
