//! Text as a trigger file.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus { jobwire_fuzz::trigger_file::any(bytes) });
