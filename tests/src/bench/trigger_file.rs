//! The trigger file that is measured: a hundred triggers of all four kinds, the same at every run, and as long as
//! those of the example pipelines: some ten lines and two or three templates each.

/// How many triggers the file has.
pub(crate) const TRIGGERS: usize = 100;

/// What an SNS message of `events/sns.json` starts: the trigger of its type, and the one that keeps every message.
pub(crate) const STARTED_BY_SNS: [&str; 2] = ["consume-0-lovelive", "keep-0"];

/// What the object of `events/s3.json` starts.
pub(crate) const STARTED_BY_S3: [&str; 1] = ["import-0-incoming"];

/// The types of message that a trigger of each topic waits for. Topic and bucket number 0 are those of the example
/// events, and so is the first type and the first folder.
const TYPES: [&str; 4] = ["lovelive", "stellen", "meinestadt", "kimeta"];

/// The folders of each bucket that a trigger waits for.
const FOLDERS: [&str; 5] = ["incoming", "corrections", "withdrawals", "pictures", "contracts"];

/// How many groups of 20 triggers there are: five schedules, a topic, a bucket, and five jobs that failed.
const GROUPS: usize = 5;

/// The file's head.
const HEAD: &str = r"# A trigger file of a hundred triggers, written by jobwire-bench.
version: 1

vars:
  queue: feeds
  slow: feeds-spot
  team: feed-import

stages:
  prod:
    vars: { queue: feeds-prod, slow: feeds-spot-prod }

triggers:
";

const SCHEDULE: &str = r#"
  # The feed of partner <n> is fetched once a day, and each of its files is announced.
  fetch-<n>:
    on: { schedule: "cron(<minute> <hour> * * ? *)", timezone: Europe/Berlin }
    submit:
      jobName: fetch-partner-<n>
      jobQueue: "${vars.queue}"
      jobDefinition: feedstream:3
      containerOverrides:
        environment:
          - { name: RULE, value: "{{ schedule.rule }}" }
      retryStrategy: { attempts: 3 }
    emits: { topics: [<topic>] }
"#;

const TOPIC: &str = r#"
  # Messages of type <type> are consumed by ten containers, each of which takes its part of the offers.
  consume-<n>-<type>:
    on: { topic: <topic> }
    when: message is defined and message.type is defined and message.type == "<type>"
    submit:
      jobName: consume-{{ message.type }}
      jobQueue: "${vars.queue}"
      jobDefinition: feed-consumer-<n>
      arrayProperties: { size: 10 }
      containerOverrides:
        environment:
          - { name: DOWNLOAD_MESSAGE, value: "{{ sns.Message }}" }
    emits: { buckets: [<bucket>/consumed/] }
"#;

const EVERY_MESSAGE: &str = r#"
  # Every message is kept, whatever it is.
  keep-<n>:
    on: { topic: <topic> }
    submit:
      jobName: keep-{{ sns.Subject | default("no-subject") }}
      jobQueue: "${vars.slow}"
      jobDefinition: message-keeper
      containerOverrides:
        environment:
          - { name: MESSAGE, value: "{{ sns.Message }}" }
          - { name: TARGET, value: "messages/<topic>/{{ sns.MessageId }}.json" }
"#;

const BUCKET: &str = r#"
  # Files below <folder>/ are imported; an empty file is none.
  import-<n>-<folder>:
    on: { bucket: <bucket>, prefix: <folder>/, suffix: [.xml, .xml.gz] }
    when: object.size > 0
    submit:
      jobName: import-{{ object.key }}
      jobQueue: "${vars.queue}"
      jobDefinition: feed-import-<n>
      containerOverrides:
        command: [feedimport, --folder, <folder>, "s3://{{ bucket }}/{{ object.key }}"]
        environment:
          - { name: VERSION, value: "{{ object.versionId | default('none') }}" }
"#;

const JOB: &str = r#"
  # What is done about the jobs of feed-import-<n> that failed, by their exit code.
  report-<n>-<code>:
    on: { job: { queue: feeds, definition: feed-import-<n>, status: [FAILED] } }
    when: exit_code is defined and exit_code == <code> and "Host EC2" not in (job.statusReason | default(""))
    submit:
      jobName: report-{{ job.jobName }}
      jobQueue: "${vars.slow}"
      jobDefinition: failure-report
      containerOverrides:
        environment:
          - { name: FAILED_JOB_ID, value: "{{ job.jobId }}" }
          - { name: REASON, value: "{{ job.statusReason | default('no reason given') }}" }
"#;

/// The file's text.
pub(crate) fn text() -> String {
    let mut text = HEAD.to_owned();
    for group in 0..GROUPS {
        let topic = if group == 0 { "start_feed_consumer".to_owned() } else { format!("feeds-{group}") };
        let bucket = if group == 0 { "uploads".to_owned() } else { format!("uploads-{group}") };
        let filled = |template: &str| template.replace("<topic>", &topic).replace("<bucket>", &bucket);
        let numbered = |template: &str, number: usize| filled(template).replace("<n>", &number.to_string());
        for number in group * 5..group * 5 + 5 {
            let (minute, hour) = (number * 7 % 60, number % 24);
            text += &numbered(SCHEDULE, number)
                .replace("<minute>", &minute.to_string())
                .replace("<hour>", &hour.to_string());
        }
        for kind in TYPES {
            text += &numbered(TOPIC, group).replace("<type>", kind);
        }
        text += &numbered(EVERY_MESSAGE, group);
        for folder in FOLDERS {
            text += &numbered(BUCKET, group).replace("<folder>", folder);
        }
        for code in [1, 2, 65, 75, 137] {
            text += &numbered(JOB, group).replace("<code>", &code.to_string());
        }
    }
    text
}

/// How many strings of `text` are templates: each stands in a line of its own.
pub(crate) fn templates(text: &str) -> usize {
    text.lines().filter(|line| line.contains("{{") || line.trim_start().starts_with("when:")).count()
}
