//! Text as a compiled trigger file.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target};

fuzz_target!(init: jobwire_fuzz::compiled_file::seeds_are_taken(), |bytes: &[u8]| -> Corpus { jobwire_fuzz::compiled_file::any(bytes) });

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    jobwire_fuzz::json_change::change(data, size, max_size, seed)
});
