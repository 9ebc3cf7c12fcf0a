//! JSON as a change of a Batch job's state.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus { jobwire_fuzz::event::any(&jobwire_job_state::SOURCE, bytes) });

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    jobwire_fuzz::json_change::change(data, size, max_size, seed)
});
