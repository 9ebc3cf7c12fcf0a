//! Jobwire.
