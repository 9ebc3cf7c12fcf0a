//! The key of an occurrence: what makes two deliveries of one thing the same thing.

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Identifies an occurrence however often its event is delivered.
///
/// The clear text may hold object keys and other data of users, so it stays inside: answers, logs and job names carry
/// the hash alone.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct OccurrenceKey {
    text: String,
    /// Made once: ledger, logs, templates and answers all ask for it.
    hash: String,
}

impl OccurrenceKey {
    /// Makes a key of its parts. Parts are kept apart by JSON's quoting, so no two lists of parts give one key.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        let text = serde_json::Value::from(parts).to_string();
        Self { hash: hash16(&[&text]), text }
    }

    /// The key's name in answers, logs and templates: 16 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        self.hash.clone()
    }

    /// What ends the name of the job that `trigger` starts for this occurrence: 16 hexadecimal digits.
    #[must_use]
    pub fn suffix(&self, trigger: &str) -> String {
        hash16(&[&self.text, trigger])
    }
}

impl std::fmt::Debug for OccurrenceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OccurrenceKey({})", self.hash)
    }
}

impl Serialize for OccurrenceKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hash)
    }
}

/// The first 16 hexadecimal digits of the SHA-256 over `parts`, each led by its length.
#[must_use]
pub fn hash16(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::OccurrenceKey;

    #[test]
    fn parts_that_would_join_alike_make_different_keys() {
        assert_ne!(OccurrenceKey::of(&["a", "b|c"]), OccurrenceKey::of(&["a|b", "c"]));
        assert_ne!(OccurrenceKey::of(&["a\",\"b"]), OccurrenceKey::of(&["a", "b"]));
    }

    #[test]
    fn the_clear_text_is_never_shown() {
        let key = OccurrenceKey::of(&["bucket", "patients/jane-doe.txt"]);
        let shown = format!("{key:?} {}", serde_json::to_string(&key).unwrap_or_default());
        assert!(!shown.contains("jane"), "{shown}");
        assert_eq!(key.hash().len(), 16);
    }
}
