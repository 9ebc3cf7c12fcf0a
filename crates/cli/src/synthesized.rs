//! What the template of a trigger file says of its triggers: the deployed names follow from it alone.

use jobwire_core::arn::is_arn;
use serde_json::Value;

/// The logical id of the rule or schedule that keeps a trigger's time: the one whose input names the trigger.
pub(crate) fn schedule_of<'a>(template: &'a Value, trigger: &str) -> Option<&'a str> {
    let wanted = format!(r#""trigger":"{trigger}""#);
    let is_told = |resource: &Value| {
        let properties = &resource["Properties"];
        let input = match resource["Type"].as_str() {
            Some("AWS::Events::Rule") => &properties["Targets"][0]["InputTransformer"]["InputTemplate"],
            Some("AWS::Scheduler::Schedule") => &properties["Target"]["Input"],
            _ => return false,
        };
        input.as_str().is_some_and(|input| input.contains(&wanted))
    };
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources.filter(|(_, resource)| is_told(resource)).map(|(id, _)| id.as_str()).next()
}

/// Whether the events of a bucket come through EventBridge.
pub(crate) fn is_through_eventbridge(template: &Value, bucket: &str) -> bool {
    let name = if is_arn(bucket) {
        Value::from(jobwire_core::arn::last_component(bucket))
    } else {
        serde_json::json!({"Fn::Sub": format!("${{AWS::StackName}}-{bucket}-${{AWS::AccountId}}")})
    };
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources.filter(|(_, resource)| resource["Type"] == "AWS::Events::Rule").any(|(_, rule)| {
        let named = &rule["Properties"]["EventPattern"]["detail"]["bucket"]["name"][0];
        *named == name || named["Fn::Sub"] == name
    })
}
