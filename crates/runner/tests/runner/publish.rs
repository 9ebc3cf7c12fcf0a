//! What `publish` sends, and what it refuses to send.

use std::collections::HashMap;

use crate::loopback::{Aws, MESSAGE_ID};
use crate::{output, output_with_input, runner, stderr, stdout};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:start_feed_consumer";

fn publish<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["publish", "--topic", TOPIC], more].concat()
}

#[tokio::test]
async fn a_message_goes_out_with_the_chain_and_its_id_comes_back() {
    let aws = Aws::start().await;
    let args = publish(&["--message", r#"{"type":"lovelive"}"#, "--subject", "feed", "--attribute", "kind=a=b"]);
    let mut command = aws.connect(runner(&args));
    command
        .env("JOBWIRE_CHAIN_ID", "0123456789abcdef")
        .env("JOBWIRE_CHAIN_DEPTH", "2")
        .env("AWS_BATCH_JOB_ID", "job-1");
    let output = output(command).await;

    assert_eq!((output.status.code(), stdout(&output)), (Some(0), format!("{MESSAGE_ID}\n")), "{}", stderr(&output));
    let [published] = &aws.published()[..] else { panic!("one message: {:?}", aws.published()) };
    assert_eq!(published.message(), r#"{"type":"lovelive"}"#);
    assert_eq!(published.form["TopicArn"], TOPIC);
    assert_eq!(published.form["Subject"], "feed");
    let expected = HashMap::from([
        ("kind", ("String", "a=b")),
        ("jobwire.chain", ("String", "0123456789abcdef")),
        ("jobwire.depth", ("String", "2")),
        ("jobwire.parent", ("String", "job-1")),
    ]);
    assert_eq!(published.attributes(), expected);
}

#[tokio::test]
async fn variables_that_are_missing_or_empty_make_no_attribute() {
    let aws = Aws::start().await;
    let mut command = aws.connect(runner(&publish(&["--message", "hello"])));
    command.env("JOBWIRE_CHAIN_ID", "").env("AWS_BATCH_JOB_ID", "job-1");
    let output = output(command).await;

    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(aws.published()[0].attributes(), HashMap::from([("jobwire.parent", ("String", "job-1"))]));
}

#[tokio::test]
async fn standard_input_arrives_byte_for_byte() {
    let aws = Aws::start().await;
    let message = "  first\r\nzweite Zeile: größer, 事件, 🎉 & + % =\n\n";
    for args in [publish(&[]), publish(&["--message", "-"])] {
        let output = output_with_input(aws.connect(runner(&args)), message.as_bytes()).await;
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let messages: Vec<_> = aws.published().iter().map(|published| published.message().to_owned()).collect();
    assert_eq!(messages, [message, message]);
}

#[tokio::test]
async fn the_largest_message_arrives_whole() {
    let aws = Aws::start().await;
    let message = "é".repeat(128 * 1024);
    let output = output_with_input(aws.connect(runner(&publish(&[]))), message.as_bytes()).await;

    assert!(output.status.success(), "{}", stderr(&output));
    assert!(aws.published()[0].message() == message);
}

#[tokio::test]
async fn a_topic_of_another_region_is_asked_there() {
    let aws = Aws::start().await;
    let topic = "arn:aws:sns:eu-central-1:123456789012:far";
    let output = output(aws.connect(runner(&["publish", "--topic", topic, "--message", "hello"]))).await;

    assert!(output.status.success(), "{}", stderr(&output));
    let authorization = &aws.published()[0].authorization;
    assert!(authorization.contains("/eu-central-1/sns/aws4_request"), "{authorization}");
}

#[tokio::test]
async fn a_message_that_sns_cannot_take_is_refused_before_it_is_sent() {
    let aws = Aws::start().await;
    let full = vec![b'm'; 256 * 1024];
    let cases: [(&[&str], &[u8], &str); 4] = [
        (&[], b"abc\xff", "not UTF-8 from byte 3 on"),
        (&[], &[&full[..], b"m"].concat(), "more than 262144 bytes"),
        (&["--attribute", "kind=feed"], &full, "have 262158 bytes together"),
        (&[], b"", "the message is empty"),
    ];
    for (more, input, words) in cases {
        let output = output_with_input(aws.connect(runner(&publish(more))), input).await;
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("jobwire-runner - ") && said.contains(words) && said.lines().count() == 1, "{said}");
    }
    assert!(aws.published().is_empty());
}

#[tokio::test]
async fn wrong_use_is_told_and_nothing_is_sent() {
    let aws = Aws::start().await;
    let fifo = format!("{TOPIC}.fifo");
    let cases: [(&[&str], &str); 6] = [
        (&["publish", "--message", "m"], "--topic"),
        (&["publish", "--topic", "start_feed_consumer", "--message", "m"], "not the ARN of an SNS topic"),
        (&["publish", "--topic", &fifo, "--message", "m"], "FIFO topics are not supported"),
        (&publish(&["--message", "m", "--attribute", "jobwire.depth=0"]), "set from the job's environment"),
        (&publish(&["--message", "m", "--attribute", "kind"]), "expected NAME=VALUE"),
        (&publish(&["--message", "m", "--attribute", "a=1", "--attribute", "a=2"]), "a is given twice"),
    ];
    for (args, words) in cases {
        let output = output(aws.connect(runner(args))).await;
        let said = stderr(&output);
        assert_eq!((output.status.code(), said.contains(words)), (Some(2), true), "{args:?}: {said}");
    }
    assert!(aws.published().is_empty());
}

#[tokio::test]
async fn what_sns_refuses_is_told_on_one_line_in_its_own_words() {
    let aws = Aws::start().await;
    let topic = "arn:aws:sns:us-east-1:123456789012:missing";
    let output = output(aws.connect(runner(&["publish", "--topic", topic, "--message", "m"]))).await;

    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        format!("jobwire-runner - cannot publish to {topic}: NotFound: Topic does not exist\n")
    );
}

#[tokio::test]
async fn an_sns_that_cannot_be_reached_is_told_on_one_line() {
    let aws = Aws::start().await;
    let mut command = aws.connect(runner(&publish(&["--message", "m"])));
    // Port 1 needs privileges to listen on, and nothing does.
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1").env("AWS_MAX_ATTEMPTS", "1");
    let output = output(command).await;

    let said = stderr(&output);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert_eq!(said.matches("Connection refused").count(), 1, "{said}");
}

#[tokio::test]
async fn help_tells_the_commands_and_the_exit_codes() {
    for (args, words) in [
        (&["--help"][..], ["publish", "fetch-and-run", "Exit codes"]),
        (&["publish", "--help"], ["JOBWIRE_CHAIN_ID", "NAME=VALUE", "Exit codes"]),
        (&["fetch-and-run", "--help"], ["BATCH_FILE_S3_URL", "KEEP_BATCH_FILE_CONTENTS", "Exit codes"]),
    ] {
        let help = output(runner(args)).await;
        assert!(help.status.success() && words.iter().all(|word| stdout(&help).contains(word)), "{}", stdout(&help));
    }
}
