//! Drives the real binary against Rekognition and DynamoDB on loopback.
mod loopback;

use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tokio::process::Command;

use crate::loopback::{Aws, MISSING_BUCKET, TABLE, UNREADABLE};

/// The binary with nothing in its environment.
fn label_image(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_label-image"));
    command.args(args).env_clear().kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn output(mut command: Command) -> Output {
    command.output().await.expect("the program starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The ID in the one line of a run that must succeed.
async fn id(aws: &Aws, args: &[&str]) -> String {
    let output = output(aws.connect(label_image(args))).await;
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{args:?}");
    let said = stdout(&output);
    assert_eq!(said.lines().count(), 1, "{said}");
    said.split_once(": ").expect("the ID leads the line").0.to_owned()
}

fn dog_and_grass() -> Value {
    json!([
        { "Name": "Dog", "Confidence": 98.765_432, "Parents": [{ "Name": "Animal" }], "Instances": [] },
        { "Name": "Lawn Grass", "Confidence": 70 },
    ])
}

#[tokio::test]
async fn an_image_becomes_one_row_and_one_line() {
    let aws = Aws::start(dog_and_grass()).await;
    let args = ["--bucket", "photos", "--image", "in/dog.jpg", "--table", TABLE];
    let output = output(aws.connect(label_image(&args))).await;

    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    let rows = aws.rows();
    let [(id, row)] = &rows.iter().collect::<Vec<_>>()[..] else { panic!("one row: {rows:?}") };
    assert_eq!(stdout(&output), format!("{id}: Dog, Lawn Grass\n"));
    assert!(id.len() == 32 && id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    let expected = json!({
        "ID": { "S": id },
        "ImageName": { "S": "photos/in/dog.jpg" },
        "Labels": { "L": [
            { "M": { "name": { "S": "Dog" }, "confidence": { "N": "98.7654" } } },
            { "M": { "name": { "S": "Lawn Grass" }, "confidence": { "N": "70" } } },
        ] },
    });
    assert_eq!(**row, expected);
}

#[tokio::test]
async fn rekognition_is_asked_for_the_object_in_its_version_and_for_the_ten_surest_labels() {
    let aws = Aws::start(dog_and_grass()).await;
    id(&aws, &["-b", "photos", "-i", "dog.jpg", "-d", TABLE, "-v", "3HL4kqtJlcpXroDTDmJ"]).await;
    let expected = json!({
        "Image": { "S3Object": { "Bucket": "photos", "Name": "dog.jpg", "Version": "3HL4kqtJlcpXroDTDmJ" } },
        "MaxLabels": 10,
        "MinConfidence": 70.0,
    });
    assert_eq!(aws.asked(), [expected]);
}

#[tokio::test]
async fn no_version_is_asked_for_where_the_job_passes_null_or_nothing() {
    let aws = Aws::start(dog_and_grass()).await;
    let args = ["-b", "photos", "-i", "dog.jpg", "-d", TABLE];
    let without = id(&aws, &args).await;
    for none in ["null", ""] {
        assert_eq!(id(&aws, &[&args[..], &["--version-id", none]].concat()).await, without, "{none:?}");
    }
    let object = json!({ "Bucket": "photos", "Name": "dog.jpg" });
    let asked: Vec<_> = aws.asked().iter().map(|request| request["Image"]["S3Object"].clone()).collect();
    assert_eq!(asked, [object.clone(), object.clone(), object]);
}

#[tokio::test]
async fn a_second_event_writes_the_same_row_and_a_new_version_another() {
    let aws = Aws::start(dog_and_grass()).await;
    let version = |version| ["-b", "photos", "-i", "dog.jpg", "-d", TABLE, "-v", version];
    let first = id(&aws, &version("v1")).await;
    let again = id(&aws, &version("v1")).await;
    assert_eq!((&again, aws.puts(), aws.rows().len()), (&first, 2, 1));

    let newer = id(&aws, &version("v2")).await;
    assert_ne!(newer, first);
    assert_eq!(aws.rows().into_keys().collect::<Vec<_>>(), if first < newer { [first, newer] } else { [newer, first] });
}

#[tokio::test]
async fn objects_whose_names_join_alike_have_rows_of_their_own() {
    let aws = Aws::start(dog_and_grass()).await;
    for (bucket, key) in [("a", "b/c"), ("a/b", "c"), ("a", "b c"), ("a", "b+c"), ("a", "b%20c"), ("a", "b/c ")] {
        id(&aws, &["-b", bucket, "-i", key, "-d", TABLE]).await;
    }
    assert_eq!(aws.rows().len(), 6);
}

#[tokio::test]
async fn a_key_arrives_as_it_stands() {
    let aws = Aws::start(dog_and_grass()).await;
    let odd = [
        " a+b%2B/é -x.jpg",
        "-x.jpg",
        "--table",
        "--",
        "-h",
        "=x.jpg",
        "a  b\n.jpg",
        "\"quoted\" $HOME `id` \\.jpg",
        "/../x.jpg",
        "🎉.jpg",
    ];
    for key in odd {
        let separate = id(&aws, &["-b", "photos", "--image", key, "-d", TABLE]).await;
        let joined = id(&aws, &["-b", "photos", &format!("--image={key}"), "-d", TABLE]).await;
        assert_eq!(joined, separate, "{key:?}");
        assert_eq!(aws.rows()[&separate]["ImageName"], json!({ "S": format!("photos/{key}") }));
    }
    let asked: Vec<_> = aws.asked().iter().map(|request| request["Image"]["S3Object"]["Name"].clone()).collect();
    assert_eq!(asked, odd.iter().flat_map(|key| [json!(key), json!(key)]).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_version_may_begin_with_a_hyphen() {
    let aws = Aws::start(dog_and_grass()).await;
    id(&aws, &["-b", "photos", "-i", "dog.jpg", "-d", TABLE, "--version-id", "-d.9_x"]).await;
    assert_eq!(aws.asked()[0]["Image"]["S3Object"]["Version"], "-d.9_x");
}

#[tokio::test]
async fn an_image_without_labels_has_a_row_with_an_empty_list() {
    let aws = Aws::start(json!([])).await;
    let output = output(aws.connect(label_image(&["-b", "photos", "-i", "fog.jpg", "-d", TABLE]))).await;

    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    let rows = aws.rows();
    let [(id, row)] = &rows.iter().collect::<Vec<_>>()[..] else { panic!("one row: {rows:?}") };
    assert_eq!(stdout(&output), format!("{id}: no labels\n"));
    assert_eq!(**row, json!({ "ID": { "S": id }, "ImageName": { "S": "photos/fog.jpg" }, "Labels": { "L": [] } }));
}

#[tokio::test]
async fn an_object_that_is_missing_fails_the_job_on_one_line_and_writes_nothing() {
    let aws = Aws::start(dog_and_grass()).await;
    let output = output(aws.connect(label_image(&["-b", MISSING_BUCKET, "-i", "in/a  b\n.jpg", "-d", TABLE]))).await;

    let expected = format!(
        "label-image - cannot read the labels of s3://missing/in/a  b .jpg: InvalidS3ObjectException: {UNREADABLE}\n"
    );
    assert_eq!((output.status.code(), stdout(&output), stderr(&output)), (Some(1), String::new(), expected));
    assert_eq!((aws.asked().len(), aws.puts()), (1, 0));
}

#[tokio::test]
async fn a_table_that_refuses_the_row_fails_the_job_on_one_line() {
    let aws = Aws::start(dog_and_grass()).await;
    let output = output(aws.connect(label_image(&["-b", "photos", "-i", "dog.jpg", "-d", "photos"]))).await;

    let expected = "label-image - cannot write the labels of s3://photos/dog.jpg to the table photos: \
                    ResourceNotFoundException: Requested resource not found\n";
    assert_eq!((output.status.code(), stdout(&output), stderr(&output).as_str()), (Some(1), String::new(), expected));
    assert_eq!(aws.puts(), 0);
}

#[tokio::test]
async fn an_answer_with_half_a_label_fails_the_job_and_writes_nothing() {
    for half in
        [json!([{ "Name": "Dog" }]), json!([{ "Confidence": 99.5 }]), json!([{ "Name": "Dog", "Confidence": 1e300 }])]
    {
        let aws = Aws::start(half).await;
        let output = output(aws.connect(label_image(&["-b", "photos", "-i", "dog.jpg", "-d", TABLE]))).await;

        let said = stderr(&output);
        assert_eq!((output.status.code(), said.lines().count(), aws.puts()), (Some(1), 1, 0), "{said}");
        assert!(said.contains("s3://photos/dog.jpg: Rekognition answered with a label"), "{said}");
    }
}

#[tokio::test]
async fn aws_that_cannot_be_reached_is_told_on_one_line() {
    let aws = Aws::start(dog_and_grass()).await;
    let args = ["-b", "photos", "-i", "dog.jpg", "-d", TABLE];
    for (service, words) in [
        ("AWS_ENDPOINT_URL_REKOGNITION", "cannot read the labels of s3://photos/dog.jpg: "),
        ("AWS_ENDPOINT_URL_DYNAMODB", "cannot write the labels of s3://photos/dog.jpg to the table ImageLabels: "),
    ] {
        let mut command = aws.connect(label_image(&args));
        // Port 1 needs privileges to listen on, and nothing does.
        command.env(service, "http://127.0.0.1:1").env("AWS_MAX_ATTEMPTS", "1");
        let output = output(command).await;

        let said = stderr(&output);
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
        assert!(said.starts_with(&format!("label-image - {words}")), "{said}");
        assert_eq!(said.matches("Connection refused").count(), 1, "{said}");
    }
}

#[tokio::test]
async fn each_service_is_asked_at_an_endpoint_of_its_own() {
    let (rekognition, dynamodb) = (Aws::start(dog_and_grass()).await, Aws::start(json!([])).await);
    let mut command = rekognition.connect(label_image(&["-b", "photos", "-i", "dog.jpg", "-d", TABLE]));
    command.env_remove("AWS_ENDPOINT_URL");
    command.env("AWS_ENDPOINT_URL_REKOGNITION", &rekognition.url).env("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb.url);
    let output = output(command).await;

    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!((rekognition.asked().len(), rekognition.puts()), (1, 0));
    assert_eq!((dynamodb.asked().len(), dynamodb.puts()), (0, 1));
}

#[tokio::test]
async fn wrong_use_is_told_and_nothing_is_asked_or_written() {
    let aws = Aws::start(dog_and_grass()).await;
    let cases: [(&[&str], &str); 7] = [
        (&[], "--bucket"),
        (&["-i", "dog.jpg", "-d", TABLE], "--bucket"),
        (&["-b", "photos", "-d", TABLE], "--image"),
        (&["-b", "photos", "-i", "dog.jpg"], "--table"),
        (&["-b", "photos", "-i", "", "-d", TABLE], "--image"),
        (&["-b", "photos", "-i", "dog.jpg", "-d", TABLE, "cat.jpg"], "cat.jpg"),
        (&["-b", "photos", "-i", "dog.jpg", "-d", TABLE, "-v"], "--version-id"),
    ];
    for (args, words) in cases {
        let output = output(aws.connect(label_image(args))).await;
        let said = stderr(&output);
        assert_eq!((output.status.code(), said.contains(words)), (Some(2), true), "{args:?}: {said}");
    }
    assert_eq!((aws.asked().len(), aws.puts()), (0, 0));
}

#[tokio::test]
async fn help_tells_the_flags_and_the_exit_codes() {
    let help = output(label_image(&["--help"])).await;
    let said = stdout(&help);
    let words = ["-b, --bucket", "-i, --image <KEY>", "-d, --table", "-v, --version-id <VERSION>", "Exit codes"];
    assert!(help.status.success() && words.iter().all(|word| said.contains(word)), "{said}");
}
