//! `make deploy` and `make destroy`: the real scripts and the real AWS CLI. ministack plays CloudFormation, S3 and the rest; moto
//! plays CloudFormation for the stacks with Batch's resources; Docker is a program that writes down how it was called.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use jobwire_tests::cloud::Cloud;
use jobwire_tests::{binaries, checkers};

use crate::project;

/// What the scripts call beside the AWS CLI and Docker, which a test gives them or does not.
const PROGRAMS: &str = "awk basename bash cat cmp cp cut dirname env grep head ln mkdir mktemp paste printf rm sed sh sha256sum sleep \
                        sort tail tar true uname wc xargs";

/// A machine to deploy from: only the programs that it is given, and no credentials but those that a test adds.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        let (bin, release) = (machine.path("bin"), machine.path("target/image/release"));
        std::fs::create_dir_all(&bin).unwrap();
        std::fs::create_dir_all(&release).unwrap();
        for name in PROGRAMS.split_whitespace() {
            let found =
                ["/usr/bin", "/bin"].iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists());
            symlink(found.unwrap_or_else(|| panic!("there is no program {name}")), bin.join(name)).unwrap();
        }
        symlink(binaries::folder().unwrap(), machine.path("target/debug")).unwrap();
        for name in ["jobwire-runner", "label-image"] {
            program(&release.join(name), "#!/bin/sh\n");
        }
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Docker, as far as the scripts call it; what it is given to build is listed.
    fn with_docker(self) -> Self {
        let text = format!(
            "#!/bin/sh\nprintf 'docker %s\\n' \"$*\" >>{}\nfor last in \"$@\"; do :; done\n\
             case $1 in login) cat >/dev/null ;; build) (cd \"$last\" && echo bin/* >&2) ;; esac\n",
            self.calls_file().display()
        );
        program(&self.path("bin/docker"), &text);
        self
    }

    fn calls_file(&self) -> PathBuf {
        self.path("calls")
    }

    /// The calls of AWS and Docker until now, which are then forgotten.
    fn calls(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.calls_file()).unwrap_or_default();
        let _ = std::fs::remove_file(self.calls_file());
        text.lines().map(str::to_owned).collect()
    }

    /// A script of the folder infra/deploy for the image pipeline, with what is built already.
    fn script(&self, name: &str) -> Command {
        let mut command = Command::new(binaries::root().join("infra/deploy").join(name));
        command
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("HOME", self.folder.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("PIPELINE", binaries::root().join("infra/pipelines/image-labels"))
            .env("FUNCTIONS_DIR", binaries::folder().unwrap())
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env("STATIC_TARGET", "image")
            .env("MAKE", "true")
            .env("OUT", self.path("out"))
            .env("JOBWIRE_IMAGE_CONTEXT", self.path("context"))
            .env("YES", "1")
            .stdin(Stdio::null());
        command
    }
}

/// A machine with the AWS CLI, which reaches emulators.
struct Account {
    machine: Machine,
    moto: Child,
    cloud: Cloud,
    _project: tempfile::TempDir,
}

impl Account {
    fn new() -> Self {
        let (folder, file) = project(
            "version: 1\ntriggers: { t: { on: { topic: t }, submit: { jobName: a, jobQueue: q, jobDefinition: d } } }\n",
        );
        let cloud = Cloud::up_with(&file, &folder.path().join("state"), &["--stack=other".to_owned()], false).unwrap();
        let machine = Machine::new().with_docker();
        let log = std::fs::File::create(machine.path("moto.log")).unwrap();
        let mut command = checkers::python("moto_cloudformation.py").unwrap();
        let mut moto = command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(moto.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://"), "{}", std::fs::read_to_string(machine.path("moto.log")).unwrap());
        let text = format!(
            "#!/bin/sh\nprintf 'aws %s\\n' \"$*\" >>{calls}\nAWS_ENDPOINT_URL={ministack}\n\
             case $1 in ecr) AWS_ENDPOINT_URL={moto} ;; esac\n\
             for word in \"$@\"; do case $word in *-batch | *-batch/* | */batch.yaml | *-batch\\'*) AWS_ENDPOINT_URL={moto} ;; esac; done\n\
             export AWS_ENDPOINT_URL\nexec {aws} \"$@\"\n",
            calls = machine.calls_file().display(),
            ministack = cloud.endpoint,
            moto = url.trim(),
            aws = binaries::root().join(".jobwire/checkers/bin/aws").display(),
        );
        program(&machine.path("bin/aws"), &text);
        Self { machine, moto, cloud, _project: folder }
    }

    /// Deploys, with the network's examples left out, since moto registers no definitions of several nodes.
    fn deploy(&self) -> Command {
        let mut command = self.machine.script("deploy");
        command.env("COMPUTE_PARAMETERS", "Examples=false");
        command
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        drop(self.moto.stdin.take());
        let _ = self.moto.wait();
    }
}

/// Another process writes the program: this one has threads that start processes, and a program that one of them holds open for
/// writing cannot be run.
fn program(path: &Path, text: &str) {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "cat >\"$0\" && chmod 755 \"$0\""]).arg(path).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{}", path.display());
}

fn words(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn succeeded(mut command: Command) -> (String, String) {
    let output = command.output().unwrap();
    let (printed, said) = words(&output);
    assert!(output.status.success(), "{said}");
    (printed, said)
}

/// Of these calls those that change an account or push an image, each as the stack's name or its word.
fn changes(calls: &[String]) -> Vec<String> {
    let changing = |call: &&String| {
        ["execute-change-set", "delete-stack", "docker push", "delete-bucket", "delete-table", "delete-log-group"]
            .iter()
            .any(|word| call.contains(word))
    };
    let name = |call: &String| {
        let mut parts = call.split_whitespace().skip_while(|word| *word != "--stack-name").skip(1);
        let name = parts.next().map(|name| name.split('/').nth(1).unwrap_or(name).to_owned());
        name.unwrap_or_else(|| call.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
    };
    calls.iter().filter(changing).map(name).collect()
}

#[tokio::test]
async fn batch_comes_before_the_image_and_the_functions_last_and_data_outlives_them_until_it_is_said_otherwise() {
    let account = Account::new();
    let machine = &account.machine;

    let (printed, said) = succeeded(account.deploy());
    let calls = machine.calls();
    assert_eq!(
        changes(&calls),
        ["jobwire-code", "jobwire-batch", "jobwire-image-labels-batch", "docker push", "jobwire-image-labels"],
        "{said}"
    );
    let shown = said.find("The stack jobwire-image-labels would change so:").unwrap();
    assert!(said[shown..].contains("Add     S3Function") && said[shown..].contains("AWS::Lambda::Function"), "{said}");
    let done = said.find("CREATE_COMPLETE jobwire-image-labels\n").unwrap();
    assert!(shown < done, "changes are shown before they are made: {said}");
    assert!(said.contains("bin/label-image"), "the image's context has the job's program: {said}");
    let row = |name: &str| printed.lines().find(|line| line.contains(name)).unwrap().split_whitespace().last().unwrap();
    let (bucket, repository) = (row("BucketUploads"), row("RepositoryUri"));
    assert!(calls.contains(&format!("docker push {repository}:latest")), "{calls:?}");
    let network = calls.iter().find(|call| call.contains("deploy --stack-name jobwire-image-labels-batch")).unwrap();
    assert!(network.contains("Subnets=subnet-") && network.contains("SecurityGroups=sg-"), "{network}");
    for wanted in ["AssignPublicIp=ENABLED", "AppStack=jobwire-image-labels", "Image= ", "ImageTag=latest"] {
        assert!(network.contains(wanted), "{wanted}: {network}");
    }

    let (_, said) = succeeded(account.deploy());
    for stack in ["jobwire-code", "jobwire-batch", "jobwire-image-labels-batch", "jobwire-image-labels"] {
        assert!(said.contains(&format!("The stack {stack} has no changes.")), "{said}");
    }
    assert_eq!(changes(&machine.calls()), ["docker push"], "the image may have changed under its tag");

    let put = account.cloud.s3().put_object().bucket(bucket).key("incoming/kept").body(b"x".to_vec().into());
    put.send().await.unwrap();
    let (printed, said) = succeeded(machine.script("destroy"));
    assert_eq!(changes(&machine.calls()), ["jobwire-image-labels", "jobwire-image-labels-batch"], "{said}");
    assert!(printed.contains(bucket) && printed.contains("1 objects"), "what stays is named: {printed}\n{said}");
    for kind in ["bucket ", "table ", "log group "] {
        assert!(printed.lines().any(|line| line.trim_start().starts_with(kind)), "{printed}");
    }
    assert!(said.contains("the stacks jobwire-batch jobwire-code"), "{said}");

    // A second time there is no stack any more, and what it left is found all the same.
    let mut destroy = machine.script("destroy");
    destroy.env("DATA", "delete");
    let (_, said) = succeeded(destroy);
    assert!(said.contains("There is neither a stack jobwire-image-labels nor"), "{said}");
    let removed = ["aws logs", "aws dynamodb", "aws s3api"];
    let mut changed = changes(&machine.calls());
    changed.sort_unstable_by_key(|call| removed.iter().position(|name| name == call));
    assert_eq!(changed, removed, "{said}");
    assert!(account.cloud.s3().head_bucket().bucket(bucket).send().await.is_err());
}

/// A pipeline without a Batch side of its own.
const WITHOUT_BATCH: &str = "
version: 1
stages: { prod: { vars: {} } }
triggers:
  import: { on: { bucket: inbox, prefix: incoming/ }, submit: { jobName: import, jobQueue: q, jobDefinition: d } }
";

#[tokio::test]
async fn no_change_is_made_that_a_person_did_not_agree_to_and_one_that_fails_is_said_with_its_reason() {
    let account = Account::new();
    let machine = &account.machine;
    let pipeline = machine.path("imports");
    std::fs::create_dir(&pipeline).unwrap();
    std::fs::write(pipeline.join("jobwire.yaml"), WITHOUT_BATCH).unwrap();
    let deploy = || {
        let mut command = machine.script("deploy");
        command.env("PIPELINE", &pipeline).env("STAGE", "prod");
        command
    };

    // `script` gives the deployment a terminal to ask at.
    let asking = deploy();
    let mut script = Command::new("/usr/bin/script");
    script.args(["--quiet", "--return", "--command"]).arg(asking.get_program()).arg("/dev/null").env_clear();
    script.envs(asking.get_envs().filter_map(|(name, value)| Some((name, value?)))).env_remove("YES");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"no\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let (said, _) = words(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("Change the stack jobwire-code? [y/N]"), "{said}");
    assert!(said.contains("the stack jobwire-code was left as it is"), "{said}");
    let calls = machine.calls();
    assert!(!calls.iter().any(|call| call.contains("execute-change-set")), "{calls:?}");
    assert!(calls.iter().any(|call| call.contains("delete-change-set")), "{calls:?}");

    account.cloud.s3().create_bucket().bucket("code").send().await.unwrap();
    let refused = |code: i32, parameters: &str, sentences: &[&str]| {
        let output = deploy().env("CODE_BUCKET", "code").env("PARAMETERS", parameters).output().unwrap();
        let (_, said) = words(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        for sentence in sentences {
            assert!(said.contains(sentence), "{sentence}\n{said}");
        }
    };
    // A parameter that is in no template is a slip of the pen.
    let slip = &["no template has the parameter LogRetentionInDay of PARAMETERS", " LogRetentionInDays "];
    refused(2, "'LogRetentionInDay=7'", slip);
    assert_eq!(changes(&machine.calls()), Vec::<String>::new());

    // The name of a bucket is taken: here by an earlier stack, whose bucket stayed.
    let bucket = "jobwire-imports-prod-inbox-000000000000";
    account.cloud.s3().create_bucket().bucket(bucket).send().await.unwrap();
    let taken = format!("'{bucket}' already exists");
    refused(1, "", &["BucketInbox", &taken, "the stack jobwire-imports-prod did not change"]);
    refused(1, "", &[&taken, "the stack jobwire-imports-prod is in ROLLBACK_COMPLETE and takes no change"]);
    assert_eq!(changes(&machine.calls()), ["jobwire-imports-prod"], "the stage is a part of the stack's name");
}

#[test]
fn a_parameter_without_a_value_is_missing_until_it_is_given_or_the_stack_has_it() {
    let account = Account::new();
    let lacks = |parameters: &str, sentence: &str| {
        let mut command = account.deploy();
        command.env("PIPELINE", binaries::root().join("infra/pipelines/feed")).env("PARAMETERS", parameters);
        lack(&account.machine, command, &[sentence]);
    };
    let both = "error: FeedUrl and ServiceUrl have no default: give them by PARAMETERS=\"FeedUrl=… ServiceUrl=…\" \
                (infra/pipelines/feed/batch.yaml says more)";
    let one = "error: ServiceUrl has no default: give it by PARAMETERS=\"ServiceUrl=…\"";
    lacks("", both);
    lacks("FeedUrl=https://example.com/feed.xml", one);

    let template = "Parameters: {FeedUrl: {Type: String}}\nResources: {Topic: {Type: AWS::SNS::Topic}}";
    let output = Command::new(account.machine.path("bin/aws"))
        .args(["--region=us-east-1", "cloudformation", "create-stack", "--stack-name=jobwire-feed-batch"])
        .args(["--template-body", template])
        .args(["--parameters", "ParameterKey=FeedUrl,ParameterValue=https://example.com/feed.xml"])
        .env_clear()
        .envs(account.deploy().get_envs().filter_map(|(name, value)| Some((name, value?))))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", words(&output).1);
    lacks("", one);
}

/// Runs a deployment that lacks something, and expects it to say so at once.
fn lacks(machine: &Machine, sentence: &str, prepare: impl Fn(&mut Command)) {
    let mut command = machine.script("deploy");
    prepare(&mut command);
    lack(machine, command, &[sentence]);
}

/// The same for all that it lacks, each with a sentence.
fn lack(machine: &Machine, mut command: Command, sentences: &[&str]) {
    let output = command.output().unwrap();
    let (_, said) = words(&output);
    assert_eq!(output.status.code(), Some(1), "{sentences:?}\n{said}");
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), sentences.len(), "{said}");
    for (error, sentence) in errors.iter().zip(sentences) {
        assert!(error.contains(sentence), "{sentence}\n{said}");
    }
    assert!(!machine.path("out").exists(), "nothing is built: {said}");
    let calls = machine.calls();
    assert_eq!(changes(&calls), Vec::<String>::new());
    assert!(!calls.iter().any(|call| call.contains("docker build")), "{calls:?}");
}

#[test]
fn what_is_missing_is_said_in_a_sentence_before_anything_is_built() {
    let machine = Machine::new().with_docker();
    lacks(&machine, "the AWS CLI is not installed", |_| {});
    // The real one, which finds out by itself that it has no credentials; no other call is made.
    symlink(binaries::root().join(".jobwire/checkers/bin/aws"), machine.path("bin/aws")).unwrap();
    lacks(&machine, "no Region is chosen: set AWS_REGION", |command| {
        command.env_remove("AWS_REGION");
    });
    lacks(&machine, "Unable to locate credentials", |command| {
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    });
    // From here on an account is known, and holds nothing.
    std::fs::remove_file(machine.path("bin/aws")).unwrap();
    program(&machine.path("bin/aws"), EMPTY_ACCOUNT);
    lacks(&machine, "Rust is not installed", |command| {
        command.env_remove("FUNCTIONS_DIR").env("CARGO", "/nowhere/cargo").env("PATH", with_tools(&machine));
    });
    lacks(&machine, "there is no terminal to ask at", |command| {
        command.env_remove("YES");
    });
    program(&machine.path("bin/docker"), "#!/bin/sh\nexit 1\n");
    lacks(&machine, "Docker does not answer", |_| {});
    std::fs::remove_file(machine.path("bin/docker")).unwrap();
    lacks(&machine, "Docker is not installed, and the image of", |_| {});
}

/// The AWS CLI of an account that holds nothing. A template is read all the same: of one for Batch, deploy fills some parameters
/// that have no default, and `Url` is left.
const EMPTY_ACCOUNT: &str = r#"#!/bin/sh
case "$*" in
  sts*) echo 123456789012 ;;
  *get-template-summary*wanting/batch.yaml*)
    for name in AppStack Subnets SecurityGroups Image ImageTag Url; do printf '%s\tnull\n' "$name"; done ;;
  *get-template-summary*) printf 'Architecture\tstring\n' ;;
  *) echo 'Stack does not exist' >&2; exit 254 ;;
esac
"#;

#[test]
fn all_that_is_missing_is_said_at_once_and_nothing_that_deploy_fills() {
    let machine = Machine::new();
    program(&machine.path("bin/aws"), EMPTY_ACCOUNT);
    let pipeline = machine.path("wanting");
    std::fs::create_dir(&pipeline).unwrap();
    std::fs::write(pipeline.join("jobwire.yaml"), WITHOUT_BATCH).unwrap();
    std::fs::write(pipeline.join("batch.yaml"), "Resources: {}\n").unwrap();
    std::fs::write(pipeline.join("Dockerfile"), "FROM scratch\n").unwrap();
    let mut command = machine.script("deploy");
    command.env("PIPELINE", &pipeline).env_remove("YES");
    let sentences = ["there is no terminal to ask at", "Docker is not installed", "Url has no default: give it by"];
    lack(&machine, command, &sentences);
    // With an image of one's own nothing fills the tag of the repository's.
    let mut command = machine.script("deploy");
    command.env("PIPELINE", &pipeline).env("PARAMETERS", "Image=mine");
    lack(&machine, command, &["ImageTag and Url have no default: give them by PARAMETERS=\"ImageTag=… Url=…\""]);
}

#[test]
fn a_slip_in_a_variable_is_refused_in_a_sentence_without_its_value() {
    let machine = Machine::new();
    for (script, variable, value, sentence) in [
        ("deploy", "YES", "secret", "error: YES is neither 1 nor empty"),
        ("destroy", "YES", "secret", "error: YES is neither 1 nor empty"),
        (
            "deploy",
            "PARAMETERS",
            "A=b Secret-Url=x",
            "error: word 2 of PARAMETERS has a name that is not made of letters",
        ),
        ("deploy", "PARAMETERS", "=secret", "error: word 1 of PARAMETERS has a name that is not made of letters"),
        ("deploy", "PARAMETERS", "A=b secret", "error: word 2 of PARAMETERS is no NAME=VALUE: put quotes around"),
        ("deploy", "PARAMETERS", "A='secret", "error: PARAMETERS has a quote without its other"),
        ("deploy", "COMPUTE_PARAMETERS", "'secret", "error: COMPUTE_PARAMETERS has a quote without its other"),
    ] {
        let output = machine.script(script).env(variable, value).output().unwrap();
        let (printed, said) = words(&output);
        assert_eq!((output.status.code(), printed.as_str()), (Some(2), ""), "{said}");
        assert!(said.starts_with(sentence) && said.lines().count() == 1, "{sentence}\n{said}");
        assert!(!said.to_lowercase().contains("secret"), "{said}");
    }

    // A slip in what is for the network is one too.
    let machine = machine.with_docker();
    program(&machine.path("bin/aws"), EMPTY_ACCOUNT);
    let output = machine.script("deploy").env("COMPUTE_PARAMETERS", "Kinds=SPOT").output().unwrap();
    let (_, said) = words(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("no template has the parameter Kinds of COMPUTE_PARAMETERS"), "{said}");
}

#[test]
fn scripts_say_their_variables_when_asked_for_help_and_refuse_every_other_argument() {
    let machine = Machine::new();
    for (script, variables) in [
        ("deploy", &["PIPELINE", "STAGE", "PARAMETERS", "YES"][..]),
        ("destroy", &["PIPELINE", "STAGE", "DATA", "YES"]),
        ("build", &["PIPELINE", "STAGE", "ARCH"]),
        ("image", &["[NAME:TAG]", "BASE", "PACKAGES"]),
        ("push-image", &["PIPELINE", "TAG"]),
    ] {
        for flag in ["--help", "-h"] {
            // Help is there too where a variable is wrong.
            let output = machine.script(script).arg(flag).env("PIPELINE", "/nowhere").output().unwrap();
            let (printed, said) = words(&output);
            assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{script}");
            assert!(printed.contains("Usage: ") && printed.contains("Exit code 0"), "{printed}");
            for variable in variables {
                assert!(printed.contains(variable), "{variable}: {printed}");
            }
        }
        for arguments in [&["--nonsense"][..], &["feed", "prod"]] {
            let output = machine.script(script).args(arguments).output().unwrap();
            let (printed, said) = words(&output);
            assert_eq!((output.status.code(), printed.as_str()), (Some(2), ""), "{script} {said}");
            assert!(said.contains("--help") && said.lines().count() == 1, "{script} {said}");
        }
    }
    assert!(!machine.path("out").exists());
}

/// The machine's programs with cargo-lambda and Zig beside them.
fn with_tools(machine: &Machine) -> std::ffi::OsString {
    let tools = machine.path("tools");
    std::fs::create_dir_all(&tools).unwrap();
    for name in ["cargo-lambda", "zig"] {
        program(&tools.join(name), "#!/bin/sh\n");
    }
    std::env::join_paths([machine.path("bin"), tools]).unwrap()
}
