//! Text as a schedule expression.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus { jobwire_fuzz::schedule::any(bytes) });
