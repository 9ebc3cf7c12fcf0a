//! `infra/eks`: its templates, its manifests, and `up` and `down` with the real AWS CLI over moto and a small kubectl.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use jobwire_tests::{binaries, checkers};

/// What the scripts call beside aws and kubectl.
const TOOLS: &[&str] = &["bash", "cat", "dirname", "env", "grep", "head", "mktemp", "rm", "sh", "sleep", "tail", "tr"];

/// A program that ends with its standard input.
struct Server(Child);

impl Server {
    /// Starts it, and gives the line that it prints when it is ready.
    fn start(mut command: Command, log: &Path) -> (Self, String) {
        let log = fs::File::create(log).unwrap();
        let mut child = command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (Self(child), line.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// An account, a cluster's Kubernetes, and the programs that speak to them.
struct Account {
    folder: tempfile::TempDir,
    url: String,
    _servers: [Server; 2],
}

impl Account {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut moto = checkers::python("moto_eks.py").unwrap();
        moto.args([at("kubernetes.json"), at("refused")]);
        let (moto, url) = Server::start(moto, &at("moto.log"));
        let mut cli = checkers::python("aws_cli.py").unwrap();
        cli.args([at("socket"), at("calls")]);
        let (cli, ready) = Server::start(cli, &at("cli.log"));
        let told = |log: &str| fs::read_to_string(at(log)).unwrap();
        assert!(!url.is_empty(), "moto does not start: {}", told("moto.log"));
        assert_eq!(ready, "ready", "the AWS CLI does not start: {}", told("cli.log"));

        fs::create_dir(at("bin")).unwrap();
        fs::create_dir(at("home")).unwrap();
        for tool in TOOLS {
            symlink(on_path(tool), at("bin").join(tool)).unwrap();
        }
        let account = Self { folder, url, _servers: [moto, cli] };
        let calls = account.at("calls");
        account.program("aws", "aws.py", &["-I", "-S"], &account.at("socket"), "");
        account.program(
            "kubectl",
            "kubectl.py",
            &[],
            &account.at("kubernetes.json"),
            &format!("echo \"kubectl $*\" >> {}\n", calls.display()),
        );
        account
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a Python program of the tests on PATH under another name, with a first argument.
    fn program(&self, name: &str, script: &str, python: &[&str], first: &Path, before: &str) {
        let interpreter = checkers::program("python").unwrap();
        let text = format!(
            "#!/bin/sh\n{before}exec {} {} {} {} \"$@\"\n",
            interpreter.get_program().to_str().unwrap(),
            python.join(" "),
            binaries::root().join("tests/python").join(script).display(),
            first.display(),
        );
        let path = self.at("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn without(&self, program: &str) {
        fs::remove_file(self.at("bin").join(program)).unwrap();
    }

    /// Runs `up` or `down` with these variables alone; its exit code, output and words.
    fn run_with(&self, script: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
        let output = Command::new(binaries::root().join("infra/eks").join(script))
            .args(arguments)
            .env_clear()
            .env("PATH", self.at("bin"))
            .env("HOME", self.at("home"))
            .env("TMPDIR", self.folder.path())
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_MAX_ATTEMPTS", "1")
            // Nobody is asked for credentials beyond the variables.
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn run(&self, script: &str, arguments: &[&str]) -> (i32, String, String) {
        let credentials =
            [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
        self.run_with(script, arguments, &credentials)
    }

    /// Runs it where it must succeed.
    fn good(&self, script: &str, arguments: &[&str]) -> (String, String) {
        let (code, output, words) = self.run(script, arguments);
        assert_eq!(code, 0, "{output}{words}{}", fs::read_to_string(self.at("moto.log")).unwrap());
        (output, words)
    }

    /// One call of the AWS CLI beside the scripts.
    fn aws(&self, arguments: &[&str]) -> String {
        let output = Command::new(self.at("bin/aws"))
            .args(arguments)
            .env_clear()
            .env("PATH", self.at("bin"))
            .env("HOME", self.at("home"))
            .env("AWS_ENDPOINT_URL", &self.url)
            .envs([
                ("AWS_DEFAULT_REGION", "eu-west-1"),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
            ])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn stacks(&self) -> Vec<String> {
        let text =
            self.aws(&["cloudformation", "describe-stacks", "--query", "Stacks[].StackName", "--output", "text"]);
        let mut names: Vec<String> =
            text.split_whitespace().filter(|name| *name != "None").map(str::to_owned).collect();
        names.sort();
        names
    }

    /// What kubectl finds.
    fn kubernetes(&self) -> serde_json::Value {
        let text = fs::read_to_string(self.at("kubernetes.json")).unwrap_or_else(|_| "{}".to_owned());
        serde_json::from_str(&text).unwrap()
    }

    fn put_kubernetes(&self, objects: &serde_json::Value) {
        fs::write(self.at("kubernetes.json"), objects.to_string()).unwrap();
    }

    /// The calls that change something, since the last time, each without what differs from run to run.
    fn changes(&self) -> Vec<String> {
        let changing = [
            "aws cloudformation deploy",
            "aws cloudformation delete-stack",
            "aws batch update-job-queue",
            "aws eks associate-access-policy",
            "aws eks delete-access-entry",
            "aws logs delete-log-group",
            "apply -f -",
            "delete -f -",
            "delete namespace",
        ];
        let calls = fs::read_to_string(self.at("calls")).unwrap_or_default();
        let changes = calls.lines().filter(|call| changing.iter().any(|word| call.contains(word))).map(|call| {
            let words: Vec<&str> = call.split(' ').filter(|word| !word.contains("kubeconfig")).collect();
            words.into_iter().take(5).collect::<Vec<_>>().join(" ")
        });
        let changes = changes.collect();
        fs::write(self.at("calls"), "").unwrap();
        changes
    }
}

fn on_path(tool: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|path| path.is_file()).unwrap()
}

fn folder() -> PathBuf {
    binaries::root().join("infra/eks")
}

#[test]
fn templates_pass_cfn_lint() {
    let paths = ["network.yaml", "cluster.yaml", "batch.yaml"].map(|name| folder().join(name));
    let output = checkers::program("cfn-lint").unwrap().args(paths).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn manifests_pass_kubernetes_schemas_with_namespaces_that_look_like_other_things() {
    let longest = "a".repeat(63);
    for namespace in ["jobwire-batch", "on", "1e3", "0x10", "null", "2026-11-21", &longest] {
        let mut command = checkers::python("manifests.py").unwrap();
        command.arg(folder().join("access.bash")).arg(folder()).arg(namespace);
        let kinds = checkers::printed(command).unwrap();
        let kinds: Vec<&str> = kinds.split_whitespace().collect();
        assert_eq!(kinds, ["Namespace", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"], "{namespace}");
    }
}

#[test]
fn up_makes_everything_in_order_and_says_how_to_use_it() {
    let account = Account::new();
    let (output, words) = account.good("up", &["--name", "farm", "--namespace", "crops"]);
    assert_eq!(
        account.changes(),
        [
            "aws cloudformation deploy --stack-name farm-network",
            "aws cloudformation deploy --stack-name farm-cluster",
            "kubectl apply -f -",
            "aws cloudformation deploy --stack-name farm-batch",
            "aws eks associate-access-policy --cluster-name farm",
        ]
    );
    assert!(words.contains("node-1   Ready") && words.contains("crops   Active"), "{words}");
    let commands: Vec<&str> = output.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let begins = [
        "aws eks update-kubeconfig --region eu-west-1 --name farm",
        "kubectl get nodes -w",
        "kubectl get pods -n crops -w",
        "JOB_ID=$(aws batch submit-job --region eu-west-1 --job-name hello-world --job-queue farm-on-demand ",
        "JOB_ID=$(aws batch submit-job --region eu-west-1 --job-name hello-world --job-queue farm-spot ",
        "aws batch describe-jobs --region eu-west-1 ",
        "aws batch describe-jobs --region eu-west-1 ",
        "POD=$(aws batch describe-jobs --region eu-west-1 ",
        "infra/eks/down --region eu-west-1 --name farm",
    ];
    assert_eq!(commands.len(), begins.len(), "{output}");
    for (command, begin) in commands.iter().zip(begins) {
        assert!(command.starts_with(begin), "{command}");
    }
    // They are commands of a shell, and their options are ones that the AWS CLI knows.
    let submitted = shell(&account, commands[3]);
    assert_eq!(submitted.len(), 36, "no job id: {submitted}");
    let environments = account.aws(&[
        "batch",
        "describe-compute-environments",
        "--query",
        "computeEnvironments[].computeResources.[type,allocationStrategy,minvCpus,maxvCpus]",
        "--output",
        "text",
    ]);
    let mut environments: Vec<&str> = environments.lines().collect();
    environments.sort_unstable();
    assert_eq!(environments, ["EC2\tBEST_FIT_PROGRESSIVE\t0\t256", "SPOT\tSPOT_PRICE_CAPACITY_OPTIMIZED\t0\t256"]);
    let retention =
        account.aws(&["logs", "describe-log-groups", "--query", "logGroups[].retentionInDays", "--output", "text"]);
    assert_eq!(retention, "30\t30\t30\t30");
}

/// Runs one of the printed commands as a person would.
fn shell(account: &Account, command: &str) -> String {
    let output = Command::new("bash")
        .args(["-euc", command])
        .env_clear()
        .env("PATH", account.at("bin"))
        .env("HOME", account.at("home"))
        .env("AWS_ENDPOINT_URL", &account.url)
        .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn up_again_changes_nothing_and_remembers_what_was_said() {
    let account = Account::new();
    account.good("up", &["--name", "farm", "--namespace", "crops"]);
    let describe = ["cloudformation", "describe-stack-resources", "--stack-name", "farm-batch", "--output", "text"];
    let before = (account.aws(&describe), account.kubernetes());
    let (output, _) = account.good("up", &["--name", "farm"]);
    assert!(output.contains("kubectl get pods -n crops -w"), "{output}");
    assert_eq!((account.aws(&describe), account.kubernetes()), before);
    let (code, _, words) = account.run("up", &["--name", "farm", "--namespace", "other"]);
    assert!(code == 2 && words.contains("--namespace is another one"), "{words}");
    let (code, _, words) = account.run("up", &["--name", "farm", "--identity", "aws-auth"]);
    assert!(code == 2 && words.contains("--identity is another one"), "{words}");
    let (code, _, words) = account.run("up", &["--name", "farm", "--subnets", "subnet-0a,subnet-0b"]);
    assert!(code == 2 && words.contains("--subnets is given"), "{words}");
    assert_eq!((account.aws(&describe), account.kubernetes()), before);
}

#[test]
fn down_removes_everything_in_order_and_names_the_logs_that_stay() {
    let account = Account::new();
    account.good("up", &["--name", "farm"]);
    for group in ["/aws/containerinsights/farm-2/application", "/aws/eks/farm/cluster", "/aws/eks/farm/cluster-2"] {
        account.aws(&["logs", "create-log-group", "--log-group-name", group]);
    }
    account.changes();
    let (output, _) = account.good("down", &["--name", "farm"]);
    assert_eq!(
        account.changes(),
        [
            "aws batch update-job-queue --job-queue farm-on-demand",
            "aws batch update-job-queue --job-queue farm-spot",
            "aws cloudformation delete-stack --stack-name farm-batch",
            "aws eks delete-access-entry --cluster-name farm",
            "kubectl delete namespace jobwire-batch --ignore-not-found",
            "aws cloudformation delete-stack --stack-name farm-cluster",
            "aws cloudformation delete-stack --stack-name farm-network",
        ]
    );
    assert_eq!(account.stacks(), Vec::<String>::new());
    let groups: Vec<&str> = output.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    let insights =
        ["application", "dataplane", "host", "performance"].map(|kind| format!("/aws/containerinsights/farm/{kind}"));
    assert_eq!(groups, [&insights[..], &["/aws/eks/farm/cluster".to_owned()]].concat());

    let (again, _) = account.good("down", &["--name", "farm"]);
    assert_eq!(again, output);
    assert_eq!(account.changes(), Vec::<String>::new());

    account.good("down", &["--name", "farm", "--logs"]);
    assert_eq!(account.changes().len(), 5);
    let left = account.aws(&["logs", "describe-log-groups", "--query", "logGroups[].logGroupName", "--output", "text"]);
    assert_eq!(left, "/aws/containerinsights/farm-2/application\t/aws/eks/farm/cluster-2");
    let (output, words) = account.good("down", &["--name", "farm", "--logs"]);
    assert!(output.is_empty() && words.contains("Nothing is left of farm."), "{output}{words}");
}

#[test]
fn with_aws_auth_roles_and_mapping_come_before_batch_and_go_after_it() {
    let account = Account::new();
    let nodes = "- groups:\n  - system:bootstrappers\n  - system:nodes\n  rolearn: arn:aws:iam::123456789012:role/nodes\n  username: system:node:{{EC2PrivateDNSName}}\n";
    let users = "- userarn: arn:aws:iam::123456789012:user/somebody\n";
    account.put_kubernetes(&serde_json::json!({ "ConfigMap/aws-auth": {
        "kind": "ConfigMap", "metadata": { "name": "aws-auth", "namespace": "kube-system" },
        "data": { "mapRoles": nodes, "mapUsers": users },
    } }));
    account.good("up", &["--identity", "aws-auth"]);
    assert_eq!(
        account.changes(),
        [
            "aws cloudformation deploy --stack-name jobwire-eks-network",
            "aws cloudformation deploy --stack-name jobwire-eks-cluster",
            "kubectl apply -f -", // the namespace
            "kubectl apply -f -", // ClusterRole and its binding
            "kubectl apply -f -", // Role and its binding
            "kubectl apply -f -", // the ConfigMap
            "aws cloudformation deploy --stack-name jobwire-eks-batch",
        ]
    );
    let mapped =
        format!("{nodes}- rolearn: arn:aws:iam::123456789012:role/AWSServiceRoleForBatch\n  username: aws-batch\n");
    let data = |account: &Account| account.kubernetes()["ConfigMap/aws-auth"]["data"].clone();
    assert_eq!(data(&account), serde_json::json!({ "mapRoles": mapped, "mapUsers": users }));
    account.good("up", &[]);
    assert_eq!(data(&account), serde_json::json!({ "mapRoles": mapped, "mapUsers": users }));

    // An earlier `down` may have come so far.
    account.aws(&["batch", "update-job-queue", "--job-queue", "jobwire-eks-spot", "--state", "DISABLED"]);
    account.changes();
    account.good("down", &[]);
    assert_eq!(
        account.changes(),
        [
            "aws batch update-job-queue --job-queue jobwire-eks-on-demand",
            "aws cloudformation delete-stack --stack-name jobwire-eks-batch",
            "kubectl apply -f -", // the ConfigMap
            "kubectl delete -f - --ignore-not-found",
            "kubectl delete -f - --ignore-not-found",
            "kubectl delete namespace jobwire-batch --ignore-not-found",
            "aws cloudformation delete-stack --stack-name jobwire-eks-cluster",
            "aws cloudformation delete-stack --stack-name jobwire-eks-network",
        ]
    );
}

#[test]
fn a_mapping_of_another_form_is_left_alone_and_shown() {
    let account = Account::new();
    let flow = "[{rolearn: 'arn:aws:iam::123456789012:role/nodes', username: nodes}]";
    account.put_kubernetes(&serde_json::json!({ "ConfigMap/aws-auth": {
        "kind": "ConfigMap", "metadata": { "name": "aws-auth", "namespace": "kube-system" }, "data": { "mapRoles": flow },
    } }));
    let (code, _, words) = account.run("up", &["--identity", "aws-auth"]);
    assert_eq!(code, 1, "{words}");
    assert!(words.contains("kubectl edit configmap aws-auth") && words.contains("  username: aws-batch"), "{words}");
    assert_eq!(account.kubernetes()["ConfigMap/aws-auth"]["data"]["mapRoles"], flow);
}

#[test]
fn what_failed_at_first_is_made_when_it_is_mended() {
    let account = Account::new();
    fs::write(account.at("refused"), "").unwrap();
    let (code, output, words) = account.run("up", &[]);
    assert_eq!((code, output.as_str()), (1, ""), "{words}");
    assert!(words.contains("no room for another compute environment"), "{words}");
    fs::remove_file(account.at("refused")).unwrap();
    let (_, words) = account.good("up", &[]);
    assert!(words.contains("jobwire-eks-batch is ROLLBACK_COMPLETE"), "{words}");
}

#[test]
fn a_half_made_cluster_is_removed_too_and_all_can_be_made_again() {
    let account = Account::new();
    fs::write(account.at("refused"), "").unwrap();
    assert_eq!(account.run("up", &[]).0, 1);
    fs::remove_file(account.at("refused")).unwrap();
    account.good("down", &[]);
    assert_eq!(account.stacks(), Vec::<String>::new());
    account.good("up", &["--namespace", "another"]);
    assert_eq!(account.stacks(), ["jobwire-eks-batch", "jobwire-eks-cluster", "jobwire-eks-network"]);
}

#[test]
fn given_subnets_take_the_place_of_a_network_and_are_remembered() {
    let account = Account::new();
    account.aws(&[
        "cloudformation",
        "deploy",
        "--stack-name",
        "own",
        "--template-file",
        folder().join("network.yaml").to_str().unwrap(),
        "--parameter-overrides",
        "Name=own",
    ]);
    let subnets = account.aws(&[
        "cloudformation",
        "describe-stacks",
        "--stack-name",
        "own",
        "--query",
        "Stacks[0].Outputs[?OutputKey=='PrivateSubnets'].OutputValue",
        "--output",
        "text",
    ]);
    account.good("up", &["--subnets", &subnets]);
    account.good("up", &[]);
    assert_eq!(account.stacks(), ["jobwire-eks-batch", "jobwire-eks-cluster", "own"]);
    let used = account.aws(&[
        "batch",
        "describe-compute-environments",
        "--query",
        "computeEnvironments[0].computeResources.subnets",
        "--output",
        "text",
    ]);
    assert_eq!(used.replace('\t', ","), subnets);
    account.good("down", &[]);
    assert_eq!(account.stacks(), ["own"]);
}

#[test]
fn what_up_did_not_make_is_left_alone() {
    let account = Account::new();
    account.aws(&[
        "cloudformation",
        "deploy",
        "--stack-name",
        "farm-network",
        "--template-file",
        folder().join("network.yaml").to_str().unwrap(),
        "--parameter-overrides",
        "Name=farm",
    ]);
    for script in ["up", "down"] {
        let (code, _, words) = account.run(script, &["--name", "farm"]);
        assert!(
            code == 1 && words.contains("the stack farm-network is there and was not made by infra/eks/up"),
            "{words}"
        );
    }
    assert_eq!(account.stacks(), ["farm-network"]);

    account.put_kubernetes(
        &serde_json::json!({ "Namespace/shared": { "kind": "Namespace", "metadata": { "name": "shared" } } }),
    );
    account.good("up", &["--namespace", "shared"]);
    account.changes();
    account.good("down", &[]);
    assert!(!account.changes().iter().any(|call| call.contains("delete namespace")));
}

#[test]
fn wrong_use_is_told_before_programs_are_looked_for_or_anything_is_asked_of_aws() {
    let account = Account::new();
    account.without("aws");
    account.without("kubectl");
    let long = "a".repeat(64);
    for (arguments, words) in [
        (["--namespace", "default"], "--namespace is 'default'"),
        (["--namespace", "kube-jobs"], "--namespace begins with 'kube'"),
        (["--namespace", &long], "--namespace has 64 characters"),
        (["--namespace", "Jobs"], "--namespace is not made of lower-case letters"),
        (["--namespace", "a\nb"], "--namespace is not made of lower-case letters"),
        (["--name", "9lives"], "--name is not a letter"),
        (["--subnets", "subnet-0a"], "--subnets is not two or more"),
        (["--identity", "oidc"], "--identity is neither"),
        (["--log-retention", "ever"], "--log-retention is not a number"),
        (
            ["--log-retention", "31"],
            "--log-retention is not a number of days that CloudWatch Logs takes: 1, 3, 5, 7, 14, 30,",
        ),
        (["--log-retention", "7 14"], "--log-retention is not a number"),
        (["--max-vcpus", "0"], "--max-vcpus is not a whole number from 1"),
        (["--max-vcpus", "1.5"], "--max-vcpus is not a whole number from 1"),
        (["--kubernetes-version", "1.3"], "--kubernetes-version is not a version of the form 1.NN"),
        (["--kubernetes-version", "v1.34"], "--kubernetes-version is not a version of the form 1.NN"),
        (["--public-access", "203.0.113.7"], "--public-access is not one or more CIDR blocks"),
        (["--public-access", "203.0.113.0/24,"], "--public-access is not one or more CIDR blocks"),
        (["--public-access", "203.0.113.256/24"], "--public-access is not one or more CIDR blocks"),
        (["--public-access", "203.0.113.0/33"], "--public-access is not one or more CIDR blocks"),
        (["--node-type", "m5"], "--node-type is not an instance type"),
        (["--instance-types", "m5.large c5"], "--instance-types is not optimal"),
        (["--region", "Frankfurt"], "--region is not a Region's name"),
        (["--region", "--name"], "--region needs a value"),
        (["--region=", "eu-west-1"], "--region needs a value"),
        (["--region=Frankfurt", "--help"], "--region is not a Region's name"),
        (["--colour", "blue"], "there is no option '--colour'"),
        (["--colour=blue", "--help"], "there is no option '--colour'"),
        (["--name=farm", "--nonsense"], "there is no option '--nonsense'"),
        (["eu-west-1", "--help"], "'eu-west-1' is no option"),
    ] {
        let (code, output, told) = account.run("up", &arguments);
        assert_eq!((code, output.as_str()), (2, ""), "{arguments:?} {told}");
        assert!(told.contains(words) && told.contains("--help"), "{arguments:?} {told}");
    }
    for (argument, words) in [
        ("--namespace", "there is no option '--namespace'"),
        ("--nonsense=x", "there is no option '--nonsense'"),
        ("--region=Frankfurt", "--region is not a Region's name"),
        ("--name=9lives", "--name is not a letter"),
        ("--name", "--name needs a value"),
        ("--logs=all", "--logs takes no value"),
    ] {
        let (code, _, told) = account.run("down", &[argument]);
        assert!(code == 2 && told.contains(words), "{argument} {told}");
    }
    assert_eq!(fs::read_to_string(account.at("calls")).unwrap_or_default(), "");
}

#[test]
fn options_reach_what_they_name_in_both_forms() {
    let account = Account::new();
    let options = [
        "--name=farm",
        "--max-vcpus=16",
        "--log-retention",
        "365",
        "--public-access",
        "203.0.113.0/24,198.51.100.7/32",
    ];
    let (output, _) = account.good("up", &options);
    assert!(output.contains("infra/eks/down --region eu-west-1 --name farm"), "{output}");
    let calls = fs::read_to_string(account.at("calls")).unwrap();
    for wanted in [" MaxvCpus=16", " PublicAccessCidrs=203.0.113.0/24,198.51.100.7/32", "--retention-in-days 365"] {
        assert!(calls.contains(wanted), "{wanted}: {calls}");
    }
}

#[test]
fn the_readme_numbers_the_steps_as_up_shows_them() {
    let steps = |file: &str, step: fn(&str) -> Option<(&str, &str)>| -> Vec<(String, String)> {
        let text = fs::read_to_string(folder().join(file)).unwrap();
        let steps = text.lines().filter_map(step).filter(|(number, _)| number.parse::<u8>().is_ok());
        let mut steps: Vec<_> = steps.map(|(number, name)| (number.to_owned(), name.to_owned())).collect();
        steps.dedup();
        steps
    };
    let told = steps("README.md", |line| {
        let (number, rest) = line.strip_prefix("| ")?.split_once(" | ")?;
        Some((number, rest.split_once(": ")?.0))
    });
    let shown = steps("up", |line| {
        let (number, rest) = line.trim_start().strip_prefix("step \"")?.split_once("/6 ")?;
        Some((number, rest.split_once(": ")?.0))
    });
    assert_eq!(shown.len(), 6, "{shown:?}");
    assert_eq!(told, shown);
}

#[test]
fn help_says_options_and_exit_codes() {
    let account = Account::new();
    for script in ["up", "down"] {
        let (output, words) = account.good(script, &["--help"]);
        for wanted in ["--region", "Exit code 0", "infra/eks/README.md"] {
            assert!(output.contains(wanted), "{output}");
        }
        assert_eq!(words, "");
    }
}

#[test]
fn missing_programs_region_and_credentials_are_said_in_a_sentence() {
    let account = Account::new();
    let credentials = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    for script in ["up", "down"] {
        let (code, _, words) = account.run_with(script, &[], &credentials);
        assert!(code == 2 && words.contains("no Region is known; give --region"), "{words}");
        let (code, _, words) = account.run_with(script, &["--region", "eu-west-1"], &[]);
        assert!(code == 1 && words.contains("AWS does not know who calls"), "{words}");
    }
    account.without("kubectl");
    let (code, _, words) = account.run("up", &[]);
    assert!(code == 1 && words.contains("kubectl is not on PATH"), "{words}");
    account.without("aws");
    let (code, _, words) = account.run("down", &[]);
    assert!(code == 1 && words.contains("aws, the AWS CLI, is not on PATH"), "{words}");
}

#[test]
fn on_a_terminal_the_region_is_asked_for() {
    let account = Account::new();
    let mut command = checkers::program("python").unwrap();
    let terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let mut child = command
        .args(["-c", terminal])
        .arg(folder().join("down"))
        .env_clear()
        .env("PATH", account.at("bin"))
        .env("HOME", account.at("home"))
        .env("TMPDIR", account.folder.path())
        .env("AWS_ENDPOINT_URL", &account.url)
        .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    keyboard.write_all(b"eu-west-1\n").unwrap();
    let output = child.wait_with_output().unwrap();
    drop(keyboard);
    let screen = String::from_utf8(output.stdout).unwrap();
    assert!(
        screen.contains("Region (such as us-east-1): ") && screen.contains("Nothing is left of jobwire-eks"),
        "{screen}"
    );
    assert!(output.status.success(), "{screen}");
}
