//! Jobwire.
fn main() {}
