//! What is wrong with a variable.

use std::fmt;

/// A variable that cannot be followed. It names files, and never the value of a proxy's variable, which may hold a password.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// The variable.
    pub variable: &'static str,
    /// What was found, and what is wanted.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.message)
    }
}

impl std::error::Error for Fault {}

/// Everything that is wrong with the variables of a process.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            write!(f, "{}{fault}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
