//! The command line as the user types it, and the way from it to the two commands.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::attribute::Attribute;
use crate::error::{Error, program};
use crate::fetch_and_run::NAMES;
use crate::topic::TopicArn;
use crate::{fetch_and_run, publish};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failure: AWS, the network, the message, the temporary folder
  2  wrong use: the arguments or the environment
`fetch-and-run` exits with the script's own code, or 128 + N when signal N ended it.";

const PUBLISH_NOTES: &str = "\
Environment:
  JOBWIRE_CHAIN_ID     sent as the attribute jobwire.chain, where set
  JOBWIRE_CHAIN_DEPTH  sent as jobwire.depth: the depth of the job that publishes
  AWS_BATCH_JOB_ID     sent as jobwire.parent
  AWS_*                credentials and endpoints, as the AWS SDKs read them; the Region is the topic's own

Message and attributes together may have 256 KiB. A publish whose answer gets lost is sent again, so a
subscriber may see it twice. The message id goes to standard output.

Exit codes: 0 published; 1 failure; 2 wrong use.";

const FETCH_AND_RUN_NOTES: &str = "\
Environment:
  BATCH_FILE_TYPE           script, zip, tar.gz or tgz
  BATCH_FILE_S3_URL         s3://BUCKET/KEY of the script or archive
  BATCH_FILE_S3_VERSION_ID  the version of that object; else the latest one
  BATCH_FILE_SHA256         64 hexadecimal digits that the object's SHA-256 must be
  BATCH_FILE_MAX_MIB        the most MiB of the object, and of all that it unpacks to (10240)
  BATCH_FILE_MAX_ENTRIES    the most files, folders and links in an archive (100000)
  BATCH_FILE_MAX_RATIO      the most unpacked bytes for a byte of the archive, beyond 64 MiB (200)
  KEEP_BATCH_FILE_CONTENTS  when set, the temporary folder stays
  TMPDIR                    where the temporary folder is made; its file system must allow execution
  AWS_*                     credentials, Region and endpoints, as the AWS SDKs read them

A script gets this program's environment, working directory and standard streams; one from an archive works in
the folder that the archive is unpacked to. Signals (TERM, INT, HUP, QUIT, USR1, USR2) are passed on to it. An
archive with a path, a link or a device that leaves its folder is refused.

Called by the name fetch_and_run.sh, this program is `fetch-and-run`.

Exit codes: the script's own, or 128 + N when signal N ended it; 1 when it could not be fetched, unpacked or
started; 2 wrong use.";

/// The container's side of jobwire: publish to SNS, or fetch a script from S3 and run it.
#[derive(Debug, Parser)]
#[command(name = "jobwire-runner", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Publish a message to an SNS topic, so that the job's chain goes on.
    #[command(after_help = PUBLISH_NOTES)]
    Publish(PublishArgs),
    /// Download a script, or an archive with one, from S3 and run it with the arguments.
    #[command(after_help = FETCH_AND_RUN_NOTES)]
    FetchAndRun(FetchAndRunArgs),
}

/// What `publish` is asked to do, each value checked on its own.
#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// The topic, which may be in any Region: arn:aws:sns:REGION:ACCOUNT:NAME
    #[arg(long, value_name = "ARN")]
    pub(crate) topic: TopicArn,
    /// The message; `-`, or none where standard input is no terminal, reads it from standard input
    #[arg(long, value_name = "TEXT|-")]
    pub(crate) message: Option<String>,
    /// The subject that e-mail subscribers see
    #[arg(long)]
    pub(crate) subject: Option<String>,
    /// A message attribute of type String; may be given several times
    #[arg(long = "attribute", value_name = "NAME=VALUE")]
    pub(crate) attributes: Vec<Attribute>,
}

/// What `fetch-and-run` hands to the script.
#[derive(Debug, Args)]
pub(crate) struct FetchAndRunArgs {
    /// The script's name (it is dropped) or the archive's file to run, and then what that gets as $1, $2, …
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<OsString>,
}

/// Parses this process's command line and does what it says; clap itself ends the process for `--help` and wrong use.
pub(crate) async fn run() -> Result<ExitCode, Error> {
    if NAMES.contains(&program().as_str()) {
        return fetch_and_run::run(&std::env::args_os().skip(1).collect::<Vec<_>>()).await;
    }
    match Cli::parse().command {
        Command::Publish(args) => publish::run(args).await,
        Command::FetchAndRun(args) => fetch_and_run::run(&args.args).await,
    }
}
