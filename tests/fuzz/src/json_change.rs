//! Changes of JSON that leave it JSON: of bytes that are changed anywhere, next to nothing would reach a reader.

use libfuzzer_sys::fuzzer_mutate;
use serde_json::{Map, Value, json};

/// How much longer a text may become by one change.
const GROWTH: usize = 64;

/// Changes one value of the JSON in `data[..size]`, wherever it stands, and says how long it then is.
///
/// What stands in a text is changed by libFuzzer, with its dictionary and with what it sees compared; so is what is no JSON.
pub fn change(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut chance = Chance(u64::from(seed));
    let value = serde_json::from_slice::<Value>(&data[..size]).ok().filter(|_| chance.below(8) > 0);
    let Some(mut value) = value else { return fuzzer_mutate(data, size, max_size) };
    let values = count(&value);
    let mut donor = Value::Null;
    visit(&mut value.clone(), &mut chance.below(values), &mut |value| donor = value.clone());
    visit(&mut value, &mut chance.below(values), &mut |value| change_one(value, &donor, &mut chance));
    let text = value.to_string();
    if text.len() > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..text.len()].copy_from_slice(text.as_bytes());
    text.len()
}

fn change_one(value: &mut Value, donor: &Value, chance: &mut Chance) {
    match (value, chance.below(4)) {
        (Value::String(text), 1..) => *text = changed(text),
        (Value::Array(items), 1) => items.push(donor.clone()),
        (Value::Array(items), 2) if !items.is_empty() => {
            items.remove(chance.below(items.len()));
        }
        (Value::Object(members), 1) => {
            members.insert(changed(""), donor.clone());
        }
        (Value::Object(members), 2) if !members.is_empty() => {
            let at = chance.below(members.len());
            let others = members.iter().enumerate().filter(|(index, _)| *index != at);
            *members = others.map(|(_, (name, member))| (name.clone(), member.clone())).collect();
        }
        (Value::Object(members), 3) if !members.is_empty() => {
            let at = chance.below(members.len());
            let renamed = members.iter().enumerate().map(|(index, (name, member))| {
                (if index == at { changed(name) } else { name.clone() }, member.clone())
            });
            *members = renamed.collect::<Map<_, _>>();
        }
        (value, _) => *value = another(donor, chance),
    }
}

/// A value of another kind, or one that stands elsewhere in the event.
fn another(donor: &Value, chance: &mut Chance) -> Value {
    match chance.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(u64::MAX),
        5 => json!(1.5),
        6 => json!(""),
        7 => json!([]),
        8 => json!({}),
        // Envelopes hold their events as text.
        9 => json!(donor.to_string()),
        _ => donor.clone(),
    }
}

fn changed(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(text.len() + GROWTH, 0);
    let size = fuzzer_mutate(&mut bytes, text.len(), text.len() + GROWTH);
    String::from_utf8_lossy(&bytes[..size]).into_owned()
}

/// The JSON that a text holds, as envelopes hold their events.
fn inside(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(|value| matches!(value, Value::Object(_) | Value::Array(_)))
}

/// How many values there are in `value`, itself and those within texts among them.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        Value::String(text) => inside(text).map_or(0, |inner| count(&inner)),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Calls `found` with the `at`th value, in the order of [`count`], and says whether there is one.
fn visit(value: &mut Value, at: &mut usize, found: &mut dyn FnMut(&mut Value)) -> bool {
    let Some(left) = at.checked_sub(1) else {
        found(value);
        return true;
    };
    *at = left;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| visit(item, at, found)),
        Value::Object(members) => members.values_mut().any(|member| visit(member, at, found)),
        Value::String(text) => inside(text).is_some_and(|mut inner| {
            let visited = visit(&mut inner, at, found);
            if visited {
                *text = inner.to_string();
            }
            visited
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Numbers that follow from a seed alone, as libFuzzer asks of whoever changes its inputs (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % bound.max(1) as u64).unwrap_or_default()
    }
}
