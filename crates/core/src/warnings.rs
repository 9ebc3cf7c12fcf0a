//! What may be meant and often is not: told by `jobwire check`, and no reason to refuse a file.

use crate::nearest::near;
use crate::on::On;
use crate::platform::{BLOCKS, Platform};
use crate::problem::{Problem, each_text_of, field};
use crate::source::Source;
use crate::template::names_read;
use crate::trigger::{Submit, Trigger, Triggers};
use crate::words::{asks_for, reads_bare, reads_unguarded};

/// The warnings of every trigger, in the order of the file.
#[must_use]
pub fn warnings(triggers: &Triggers, sources: &[Source]) -> Vec<Problem> {
    let of_both = |trigger| [of_trigger(trigger), of_names(trigger, sources)].concat();
    let mut found: Vec<Problem> = triggers.triggers.iter().flat_map(of_both).collect();
    found.sort_by_key(|problem| problem.at);
    found
}

/// Names that an occurrence may be without and that are read as if it were not, and slips below names that are open.
fn of_names(trigger: &Trigger, sources: &[Source]) -> Vec<Problem> {
    let mut found = Vec::new();
    let of_kind = || sources.iter().filter(|source| source.kind == trigger.on.kind());
    let asked = |path: &str| trigger.when.as_ref().is_some_and(|when| asks_for(when, path));
    for (path, expression) in trigger.expressions() {
        for optional in of_kind().flat_map(|source| source.optional).chain(&["chain.parent"]) {
            if reads_bare(&expression, optional) && (path == "when" || !asked(optional)) {
                let message = format!("reads `{optional}`, which is not always there; without it the job is rejected");
                let help =
                    format!("give a default, `{optional} | default(…)`, or ask in `when`: `{optional} is defined`");
                found.push(Problem::new(&path, message).help(help));
            }
        }
        for members in of_kind()
            .flat_map(|source| source.members)
            .filter(|members| !members.closed && expression.contains(members.of))
        {
            for name in names_read(&expression) {
                let Some(member) = name.strip_prefix(members.of).and_then(|rest| rest.strip_prefix('.')) else {
                    continue;
                };
                let member = member.split('.').next().unwrap_or_default();
                if members.known.contains(&member) {
                    continue;
                }
                if let Some(near) = near(member, members.known.iter().copied()).filter(|near| {
                    // What AWS sends has more names than are known here, so only a slip of a letter or two counts.
                    strsim::damerau_levenshtein(near, member) <= 2
                }) {
                    let message =
                        format!("reads `{}.{member}`, which AWS does not send as far as is known", members.of);
                    found.push(Problem::new(&path, message).help(format!("did you mean `{near}`?")));
                }
            }
        }
    }
    found.into_iter().map(|problem| trigger.located(problem)).collect()
}

fn of_trigger(trigger: &Trigger) -> Vec<Problem> {
    let mut found = Vec::new();
    if let Some(when) = &trigger.when
        && reads_unguarded(when, "message")
    {
        found.push(Problem::new("when", "reads into `message`, which is there only where the message is JSON").help(
            "begin with `message is defined and …`; a `when` that fails puts the message into the rejects queue",
        ));
    }
    if let On::Bucket(on) = &trigger.on {
        for (name, texts) in [("prefix", &on.prefix), ("suffix", &on.suffix)] {
            if texts.iter().any(|text| text.contains('*')) {
                found.push(
                    Problem::new(
                        format!("on.{name}"),
                        "holds `*`, which stands for itself here as in S3's own filters",
                    )
                    .help("write the text alone, such as .xml"),
                );
            }
        }
        if on.prefix.iter().any(|prefix| prefix.starts_with('/')) {
            let problem = Problem::new("on.prefix", "begins with `/`, and keys seldom do");
            found.push(problem.help("write it without, such as incoming/"));
        }
    }
    if let (On::Schedule(on), Submit::FromEvent) = (&trigger.on, &trigger.submit)
        && on.input.is_none()
    {
        let problem =
            Problem::new("on", "has no `input`, so what this schedule sends is no job request and is rejected");
        found.push(problem.help(
            "give the request as `input: { jobName: …, jobQueue: …, jobDefinition: … }`; without it the trigger serves rules made by hand",
        ));
    }
    if let Submit::Fields(fields) = &trigger.submit {
        let mut warn = |path: &str, message: &str, help: &str| {
            found.push(Problem::new(field("submit", path), message).help(help));
        };
        if fields.contains_key("shareIdentifier") && !fields.contains_key("schedulingPriorityOverride") {
            warn(
                "shareIdentifier",
                "goes with a scheduling priority, and there is no `schedulingPriorityOverride`",
                "Batch refuses the job unless its definition has `schedulingPriority`",
            );
        }
        for deprecated in ["vcpus", "memory"] {
            if fields.get("containerOverrides").is_some_and(|overrides| overrides.get(deprecated).is_some()) {
                warn(
                    &format!("containerOverrides.{deprecated}"),
                    "is deprecated by AWS, and does not override the definition's `resourceRequirements`",
                    "use `resourceRequirements`",
                );
            }
        }
        each_text_of(fields, "", &mut |path, text| {
            let in_environment = path.contains("environment[") || path.contains(".env[");
            if in_environment && text.contains("Ref::") {
                warn(
                    path,
                    "holds `Ref::`, and Batch fills that in the command alone",
                    "write the value itself, or a template",
                );
            }
        });
        let block = trigger.platform.block();
        let override_of_one = match trigger.platform {
            Platform::Container | Platform::Ec2 | Platform::Fargate => None,
            Platform::Ecs => Some("taskProperties: [{ containers: [{ name: NAME }] }]"),
            Platform::Eks => Some("podProperties: { containers: [{ name: NAME }] }"),
            Platform::Multinode => Some("nodePropertyOverrides: [{ targetNodes: RANGE }]"),
        };
        if let Some(one) = override_of_one
            && !BLOCKS.iter().any(|block| fields.contains_key(*block))
        {
            found.push(
                Problem::new(
                    "platform",
                    "nothing is overridden, so the chain goes into the job's tags and not into variables",
                )
                .help(format!("name what the variables shall go to, as the definition has it: `{block}: {{ {one} }}`")),
            );
        }
    }
    found.into_iter().map(|problem| trigger.located(problem)).collect()
}
