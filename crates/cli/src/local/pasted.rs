//! Commands that people paste into a shell.

use std::path::Path;

use jobwire_core::on::{Kind, On};
use jobwire_core::trigger::{Submit, Trigger};

use crate::project::Project;

/// A word as a shell reads it: in quotes where it would make something else of it.
pub(super) fn word(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `jobwire` for a trigger file, from whichever folder.
pub(super) fn jobwire(file: &Path, stage: Option<&str>) -> String {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let stage = stage.map(|stage| format!(" --stage {}", word(stage))).unwrap_or_default();
    format!("jobwire --file {}{stage}", word(&file.to_string_lossy()))
}

/// What names the state folder of a trigger file's local cloud, where it is not the one beside the file.
pub(super) fn state_option(file: &Path, folder: &Path) -> String {
    let usual = super::state_folder(file, None).is_ok_and(|usual| usual == folder);
    if usual { String::new() } else { format!(" --state {}", word(&folder.to_string_lossy())) }
}

/// The arguments that start a trigger's job and that follow it, of the trigger that is the easiest to start: a schedule
/// needs nothing, and the others the names of what is not there yet.
pub(super) fn first(project: &Project) -> Option<[String; 2]> {
    let enabled = || project.triggers.triggers.iter().filter(|trigger| trigger.enabled);
    let trigger = enabled().find(|trigger| trigger.on.kind() == Kind::Schedule).or_else(|| enabled().next())?;
    let what = match trigger.on.kind() {
        Kind::Schedule => "",
        Kind::Topic => " --message TEXT",
        Kind::Bucket => " --object KEY",
        Kind::Job => " --job ID",
    };
    let watched = job_name(trigger).map_or_else(|| "--queue QUEUE".to_owned(), |name| word(&format!("{name}*")));
    Some([format!("fire {}{what} --local --wait", trigger.name), format!("watch --local {watched}")])
}

/// How the names of a trigger's jobs begin, as far as no event chooses it.
fn job_name(trigger: &Trigger) -> Option<&str> {
    let name = match (&trigger.submit, &trigger.on) {
        (Submit::Fields(fields), _) => fields.get("jobName")?.as_str()?,
        (Submit::FromEvent, On::Schedule(on)) => on.input.as_ref()?["jobName"].as_str()?,
        (Submit::FromEvent, _) => return None,
    };
    let stays = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    let name = &name[..name.find(|character| !stays(character)).unwrap_or(name.len())];
    name.starts_with(|first: char| first.is_ascii_alphanumeric()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn a_word_reaches_the_program_as_it_is() {
        assert_eq!(word("/work/feed/jobwire.yaml"), "/work/feed/jobwire.yaml");
        assert_eq!(word("/my work/$feed"), "'/my work/$feed'");
        assert_eq!(word("it's"), r"'it'\''s'");
        assert_eq!((word("check-feed*").as_str(), word("").as_str()), ("'check-feed*'", "''"));
    }
}
