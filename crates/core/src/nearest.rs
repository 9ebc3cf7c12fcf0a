//! The known word that an unknown one was probably meant to be.

/// "did you mean `…`?" where one of `known` is near enough to `word`, or else the list of what is known.
#[must_use]
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match near(word, known.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None if known.is_empty() => "there are none here".to_owned(),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// The one of `known` that `word` is a slip of, if it is one: a letter in three may be wrong.
#[must_use]
pub fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::suggestion;

    #[test]
    fn a_slip_of_the_keyboard_gets_the_word_that_was_meant() {
        assert_eq!(suggestion("jobqueue", ["jobName", "jobQueue"]), "did you mean `jobQueue`?");
        assert_eq!(suggestion("colour", ["jobName", "jobQueue"]), "known here: jobName, jobQueue");
    }
}
