//! Text as a template and as a condition.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus { jobwire_fuzz::template::any(bytes) });
