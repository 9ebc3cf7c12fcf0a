//! The pipelines fetch-and-run and image-labels, whole: as processes, and as containers on two bases.

use aws_sdk_batch::types::JobDetail;
use jobwire_tests::cloud::Cloud;
use jobwire_tests::containers;
use jobwire_tests::jobs::{self, exit_code, until_ended};
use jobwire_tests::pipelines::{self, FETCH_AND_RUN, IMAGE_LABELS, IMAGE_QUEUE, IMAGES, SCRIPTS};

use crate::feed;

/// The bases that images are built on here: one with no C library, one with glibc.
const BASES: [&str; 2] = ["busybox", "debian"];

async fn ended(cloud: &Cloud, id: &str) -> JobDetail {
    jobs::until(&cloud.batch(), SCRIPTS, "the job to end", |jobs| {
        jobs.iter().find(|job| job.job_id() == Some(id) && jobs::has_ended(job)).cloned()
    })
    .await
    .unwrap()
}

/// Submits a script of the bucket, as people who know AWS's own sample do: its name and an argument are the command.
async fn runs_a_script(cloud: &Cloud, script: &str, command: &[&str]) -> (Option<i32>, String) {
    pipelines::put(cloud, FETCH_AND_RUN, "jobs/my job.sh", script).await.unwrap();
    let id = pipelines::submit_script(cloud, "jobs/my job.sh", command).await.unwrap();
    let job = ended(cloud, &id).await;
    (exit_code(&job), pipelines::log(cloud, &id))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_run_when_it_is_submitted_and_when_it_is_put_into_the_bucket() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = pipelines::fetch_and_run(folder.path(), "jobwire/fetch-and-run", "process", false).unwrap();
    let (code, log) = runs_a_script(&cloud, "#!/bin/sh\necho \"[$*]\"; exit 7\n", &["myjob.sh", "a b", "60"]).await;
    assert_eq!((code, log.as_str()), (Some(7), "[a b 60]\n"));

    pipelines::put(&cloud, FETCH_AND_RUN, "run/x+y z.sh", "#!/bin/sh\necho by upload\n").await.unwrap();
    let job = until_ended(&cloud.batch(), SCRIPTS, "run-script", 1).await.unwrap();
    let stream = job.container().unwrap().log_stream_name().unwrap();
    assert!(stream.starts_with("fetch-and-run/default/"), "the definition's own prefix: {stream}");
    assert_eq!((exit_code(&job), pipelines::log(&cloud, job.job_id().unwrap()).as_str()), (Some(0), "by upload\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_image_runs_scripts_as_nobody_and_leaves_no_dead_process_on_any_base() {
    if !containers::are_there() {
        return;
    }
    let script = "#!/bin/sh\nid -un; pwd; echo \"[$*]\"\n\
                  # An orphan that ends is the first process's to collect.\n\
                  (sh -c 'exit 0' & ) ; (sh -c : &)\n\
                  for try in 1 2 3 4 5 6 7 8 9 10; do\n\
                    dead=0; for stat in /proc/[0-9]*/stat; do read -r line <$stat && case $line in *') Z '*) dead=1;; esac; done 2>/dev/null\n\
                    [ $dead = 0 ] && break; sleep 0.1\n\
                  done\n\
                  echo \"dead: $dead\"; kill -TERM $$\n";
    for base in BASES {
        let folder = tempfile::tempdir().unwrap();
        let image = format!("jobwire-test/fetch-and-run:{base}");
        let cloud = pipelines::fetch_and_run(folder.path(), &image, "docker", false).unwrap();
        let (code, log) = runs_a_script(&cloud, script, &["myjob.sh", "60"]).await;
        assert_eq!((code, log.as_str()), (Some(128 + 15), "nobody\n/tmp\n[60]\ndead: 0\n"), "{base}");
    }
}

/// A program that is linked with its C library asks the base how names are resolved, and must live with what it says.
#[tokio::test(flavor = "multi_thread")]
async fn the_image_resolves_names_on_any_base_however_that_is_set_up() {
    if !containers::are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cloud = pipelines::fetch_and_run(folder.path(), "jobwire/fetch-and-run", "process", false).unwrap();
    pipelines::put(&cloud, FETCH_AND_RUN, "job.sh", "#!/bin/sh\necho resolved\n").await.unwrap();
    let url = format!("BATCH_FILE_S3_URL=s3://{}/job.sh", cloud.output(FETCH_AND_RUN).unwrap());
    let endpoint = format!("AWS_ENDPOINT_URL=http://localhost:{}", cloud.endpoint.rsplit(':').next().unwrap());
    let others = folder.path().join("nsswitch.conf");
    std::fs::write(&others, "hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns\n").unwrap();
    let mount = format!("{}:/etc/nsswitch.conf:ro", others.display());
    let variables = ["AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test"];
    for base in BASES {
        let image = format!("jobwire-test/fetch-and-run:{base}");
        for volumes in [&[][..], &["--volume", &mount]] {
            let mut arguments = vec!["run", "--rm", "--network", "host"];
            arguments.extend(volumes);
            for variable in variables.iter().copied().chain([url.as_str(), &endpoint, "BATCH_FILE_TYPE=script"]) {
                arguments.extend(["--env", variable]);
            }
            arguments.extend([image.as_str(), "job.sh"]);
            assert_eq!(containers::docker(&arguments).as_deref(), Some("resolved"), "{base} {volumes:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_image_gets_one_row_whatever_is_delivered_twice() {
    let folder = tempfile::tempdir().unwrap();
    labels(&pipelines::image_labels(folder.path(), "jobwire/image-labels", "process", false).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_labelled_in_containers_on_any_base() {
    if !containers::are_there() {
        return;
    }
    for base in BASES {
        let folder = tempfile::tempdir().unwrap();
        let image = format!("jobwire-test/image-labels:{base}");
        labels(&pipelines::image_labels(folder.path(), &image, "docker", false).unwrap()).await;
    }
}

/// Uploads the images and then the first event once more, and looks at jobs and rows.
async fn labels(cloud: &Cloud) {
    for (name, bytes) in IMAGES {
        pipelines::put(cloud, IMAGE_LABELS, &format!("incoming/{name}"), *bytes).await.unwrap();
    }
    for number in 1..=IMAGES.len() {
        let job = until_ended(&cloud.batch(), IMAGE_QUEUE, "label-image", number).await.unwrap();
        assert_eq!(exit_code(&job), Some(0), "{}", pipelines::log(cloud, job.job_id().unwrap()));
    }
    let rows = pipelines::rows(cloud).await.unwrap();
    let bucket = cloud.output(IMAGE_LABELS).unwrap();
    let mut wanted: Vec<String> = IMAGES.iter().map(|(name, _)| format!("{bucket}/incoming/{name}")).collect();
    wanted.sort();
    assert_eq!(rows.iter().map(|row| row.image.clone()).collect::<Vec<_>>(), wanted);
    assert!(rows.iter().all(|row| row.labels.iter().any(|(name, _)| name == "Mobile Phone")), "{rows:?}");

    // The job runs again for the same object, as after a lost answer, and writes the row that is there.
    let jobs = jobs::all(&cloud.batch(), IMAGE_QUEUE).await.unwrap();
    let first = &jobs[0];
    let batch = cloud.batch();
    let again = batch.submit_job().job_name("again").job_queue(IMAGE_QUEUE).job_definition("image-processor-job");
    let again = again.set_parameters(first.parameters().cloned()).send().await.unwrap().job_id.unwrap();
    let ended = jobs::until(&cloud.batch(), IMAGE_QUEUE, "the second job", |jobs| {
        jobs.iter().find(|job| job.job_id() == Some(&again) && jobs::has_ended(job)).cloned()
    })
    .await
    .unwrap();
    assert_eq!(exit_code(&ended), Some(0));
    assert_eq!(pipelines::rows(cloud).await.unwrap(), rows);
}

/// The Batch side knows the functions' topic and bucket by their stack's name alone, whatever that is.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_told_the_topic_and_the_bucket_that_the_functions_stack_makes() {
    let folder = tempfile::tempdir().unwrap();
    let parameters = ["FeedUrl", "ServiceUrl"].map(|name| format!("--parameter={name}=http://127.0.0.1:9"));
    let arguments = [parameters.to_vec(), vec!["--stack=another-name".to_owned()]].concat();
    let cloud = Cloud::up_with(&feed(), folder.path(), &arguments, false).unwrap();
    let described = cloud.batch().describe_job_definitions().job_definition_name("feedstream").send().await.unwrap();
    let container = described.job_definitions()[0].container_properties().unwrap();
    let told = |name: &str| container.environment().iter().find(|variable| variable.name() == Some(name))?.value();
    assert_eq!(told("FEED_BUCKET"), Some(cloud.output("BucketInbox").unwrap()));
    let topics = cloud.sns().list_topics().send().await.unwrap();
    assert!(topics.topics().iter().any(|topic| topic.topic_arn() == told("TOPIC_ARN")), "{:?}", told("TOPIC_ARN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_overrides_the_definition_s_parameters_and_not_its_environment() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = pipelines::image_labels(folder.path(), "jobwire/image-labels", "process", false).unwrap();
    pipelines::put(&cloud, IMAGE_LABELS, "incoming/a b.png", IMAGES[0].1).await.unwrap();
    let job = until_ended(&cloud.batch(), IMAGE_QUEUE, "label-image", 1).await.unwrap();
    let parameters = job.parameters().unwrap();
    assert_eq!(parameters["bucketName"], cloud.output(IMAGE_LABELS).unwrap());
    assert_eq!(parameters["imageName"], "incoming/a b.png");
    // The trigger says nothing of the table, so it is the definition's own.
    assert_eq!(parameters["dynamoTable"], pipelines::TABLE);
    let region = jobs::variable(&job, "AWS_REGION");
    assert_eq!(region, Some("us-east-1"), "what the definition fixes is still there");

    // Without a trigger the defaults stand, and the job says that there is no such image to read.
    let batch = cloud.batch();
    let bare = batch.submit_job().job_name("bare").job_queue(IMAGE_QUEUE).job_definition("image-processor-job");
    let bare = bare.send().await.unwrap().job_id.unwrap();
    let described = batch.describe_jobs().jobs(bare).send().await.unwrap().jobs.unwrap();
    assert_eq!(described[0].parameters().unwrap()["bucketName"], "not-given");
}
