//! The templates with Batch's resources, and their parameters: looked at before anything is started.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use jobwire_core::nearest::suggestion;
use jobwire_local_batch::resources::{self, Parameter};

use crate::output;

/// The parameter with the name of the functions' stack.
const APP_STACK: &str = "AppStack";

/// The templates, and what they are resolved with.
pub(super) struct BatchFiles {
    /// Each file with its text.
    pub(super) files: Vec<(PathBuf, String)>,
    /// What was given, and the stack of the functions, by whose name the files know topics and buckets, as `make deploy`
    /// gives it to them.
    pub(super) parameters: Vec<(String, String)>,
}

impl BatchFiles {
    /// Reads the files that are named, else `batch.yaml` in `folder`, and checks what is given for their parameters.
    pub(super) fn read(
        folder: &Path,
        named: &[PathBuf],
        given: &[(String, String)],
        stack: &str,
    ) -> Result<BatchFiles> {
        let usual = folder.join("batch.yaml");
        let paths = match named {
            [] if usual.exists() => vec![usual.clone()],
            named => named.to_vec(),
        };
        let mut files = Vec::new();
        let mut known = Vec::new();
        for path in paths {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| anyhow!("the batch file {} cannot be read: {error}", path.display()))?;
            let own = resources::parameters(&text)
                .map_err(|error| anyhow!("the batch file {} is no YAML: {error}", path.display()))?;
            known.extend(own);
            files.push((path, text));
        }
        let mut parameters = given.to_vec();
        if parameters.iter().all(|(name, _)| name != APP_STACK) {
            parameters.push((APP_STACK.to_owned(), stack.to_owned()));
        }
        let problems = problems(&known, &parameters);
        if !problems.is_empty() {
            let paths: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
            let of = if paths.is_empty() { usual.display().to_string() } else { paths.join(", ") };
            bail!("the parameters do not fit {of}:\n  {}", problems.join("\n  "));
        }
        if files.is_empty() {
            output::say(&format!("{} is not there: Batch starts without queues and definitions", usual.display()));
        }
        Ok(Self { files, parameters })
    }
}

/// What is wrong with the given parameters, a sentence each, and all of it.
fn problems(declared: &[Parameter], given: &[(String, String)]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut missing = BTreeSet::new();
    for parameter in declared {
        let Parameter { name, has_default, is_list, allowed } = parameter;
        // Of several the last one counts.
        let Some((_, value)) = given.iter().rev().find(|(known, _)| known == name) else {
            if !has_default && missing.insert(name) {
                let forms = if allowed.is_empty() { "…".to_owned() } else { allowed.join("|") };
                problems.push(format!("{name} has no value: give it by `--parameter {name}={forms}`"));
            }
            continue;
        };
        let items: Vec<&str> = if *is_list { value.split(',').map(str::trim).collect() } else { vec![value] };
        if !allowed.is_empty() && items.iter().any(|item| !allowed.iter().any(|allowed| allowed == item)) {
            problems.push(format!("{name} must be one of {}", allowed.join(", ")));
        }
    }
    let known = |name: &str| name == APP_STACK || declared.iter().any(|parameter| parameter.name == name);
    for (name, _) in given.iter().filter(|(name, _)| !known(name)) {
        let names: BTreeSet<&str> = declared.iter().map(|parameter| parameter.name.as_str()).collect();
        problems.push(format!("{name} is not declared there: {}", suggestion(name, names)));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::problems;
    use jobwire_local_batch::resources::Parameter;

    fn declared(name: &str, has_default: bool, is_list: bool, allowed: &[&str]) -> Parameter {
        let allowed = allowed.iter().map(|text| (*text).to_owned()).collect();
        Parameter { name: name.to_owned(), has_default, is_list, allowed }
    }

    fn told(given: &[(&str, &str)]) -> Vec<String> {
        let declared = [
            declared("FeedUrl", false, false, &[]),
            declared("Kind", false, false, &["EC2", "SPOT"]),
            declared("Zones", true, true, &["a", "b"]),
        ];
        let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        problems(&declared, &given)
    }

    #[test]
    fn every_parameter_that_is_missing_or_unknown_or_not_allowed_is_told_at_once() {
        assert_eq!(
            told(&[("FeedUlr", "secret"), ("Zones", "a, c")]),
            [
                "FeedUrl has no value: give it by `--parameter FeedUrl=…`",
                "Kind has no value: give it by `--parameter Kind=EC2|SPOT`",
                "Zones must be one of a, b",
                "FeedUlr is not declared there: did you mean `FeedUrl`?",
            ]
        );
    }

    #[test]
    fn the_last_value_of_a_parameter_counts_and_the_functions_stack_may_always_be_given() {
        assert_eq!(
            told(&[("FeedUrl", "u"), ("Kind", "x"), ("Kind", "SPOT"), ("Zones", "b,a"), ("AppStack", "s")]),
            Vec::<String>::new()
        );
    }
}
