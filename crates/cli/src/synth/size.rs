//! How long a part of the template is once it is deployed, for what AWS takes no more of.

use serde_json::Value;

/// Characters of an EventBridge pattern.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>
pub(super) const LONGEST_PATTERN: usize = 2048;

/// Characters of all inline policies of a role.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub(super) const LONGEST_POLICY: usize = 10_240;

/// The longest that anything is which only CloudFormation knows.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("${AWS::Partition}", "aws-us-gov"),
    ("${AWS::Region}", "ap-southeast-10"),
    ("${AWS::AccountId}", "123456789012"),
    ("${AWS::StackName}", "a-name-of-a-stack-as-long-as-can-be"),
];

/// An ARN of something that the stack makes.
const LONGEST_ARN: usize = 160;

/// The characters that the value has as JSON, at most.
pub(super) fn deployed(value: &Value) -> usize {
    match value {
        Value::Object(object) => {
            if let Some(text) = object.get("Fn::Sub").and_then(Value::as_str) {
                let filled = PLACEHOLDERS.iter().fold(text.to_owned(), |text, (name, long)| text.replace(name, long));
                return filled.len() + 2;
            }
            if object.contains_key("Ref") || object.contains_key("Fn::GetAtt") {
                return LONGEST_ARN;
            }
            // Each member with its quotes, its colon and its comma.
            object.iter().map(|(name, value)| name.len() + 4 + deployed(value)).sum::<usize>() + 2
        }
        Value::Array(list) => list.iter().map(|value| deployed(value) + 1).sum::<usize>() + 2,
        plain => plain.to_string().len(),
    }
}
