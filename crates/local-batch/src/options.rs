//! What the caller decides: names, images, where jobs live and whom they may reach.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

/// How one server behaves; it reads nothing from its own environment.
#[derive(Debug, Clone)]
pub struct Options {
    /// The Region in ARNs, in events, and in the jobs' `AWS_REGION`.
    pub region: String,
    /// The account number in ARNs and events.
    pub account: String,
    /// What runs a job.
    pub executor: Executor,
    /// The socket of Docker's engine, `unix:///PATH`.
    pub docker_host: String,
    /// A program, with its arguments, that ends this server's containers when its standard input ends without a word, by
    /// [`crate::remove_containers`]; the server's id comes behind the arguments. Without one, containers outlive a
    /// server that is killed.
    pub watchdog: Vec<OsString>,
    /// How each image string of a job definition is run here as a process. A job whose image is missing FAILS, as with an image
    /// that cannot be pulled.
    pub images: BTreeMap<String, Image>,
    /// Directories that come first on the PATH of every job.
    pub path: Vec<PathBuf>,
    /// The local cloud: jobs get it as `AWS_ENDPOINT_URL`, and their output goes to its `CloudWatch` Logs.
    pub aws_endpoint: Option<String>,
    /// Local services with an address of their own, by the name that the SDKs' variables have for them: jobs get
    /// `rekognition` as `AWS_ENDPOINT_URL_REKOGNITION`.
    pub services: BTreeMap<String, String>,
    /// An `http://` address that gets each event as the body of a POST request, one JSON object.
    pub events_url: Option<String>,
    /// An `http://` address that decides whether a caller may do something: it gets `{accessKey, needs: [{action, resource,
    /// context}]}` and answers `{caller, allowed: [bool]}`. Without one every call is allowed.
    pub authority_url: Option<String>,
    /// A file to which each call is appended, a JSON object a line for every action that it needs: `{caller, action,
    /// resource, allowed}`.
    pub calls: Option<PathBuf>,
    /// Each job gets `work_dir/<jobId>/` as HOME and TMPDIR; its output is also kept there in `log`.
    pub work_dir: PathBuf,
    /// How long a terminated job may take between SIGTERM and SIGKILL.
    pub stop_grace: Duration,
    /// `CloudFormation` YAML files whose Batch resources exist from the start, each a stack of its own.
    pub resources: Vec<PathBuf>,
    /// Values for the parameters of [`Options::resources`]; they win over the file's defaults.
    pub parameters: BTreeMap<String, String>,
    /// What `AWS::StackName` means in [`Options::resources`].
    pub stack_name: String,
    /// The exports that `Fn::ImportValue` in [`Options::resources`] may name.
    pub exports: BTreeMap<String, String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            executor: Executor::Process,
            docker_host: "unix:///var/run/docker.sock".to_owned(),
            watchdog: Vec::new(),
            images: BTreeMap::new(),
            path: Vec::new(),
            aws_endpoint: None,
            services: BTreeMap::new(),
            events_url: None,
            authority_url: None,
            calls: None,
            work_dir: PathBuf::from(".jobwire/jobs"),
            stop_grace: Duration::from_secs(30),
            resources: Vec::new(),
            parameters: BTreeMap::new(),
            stack_name: "batch".to_owned(),
            exports: BTreeMap::new(),
        }
    }
}

/// What runs jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Executor {
    /// Every job is a process, which [`Options::images`] describes.
    Process,
    /// Every job is a container of Docker's.
    Docker,
    /// A job is a container where Docker is there and either has its image or [`Options::images`] has none; else it is a
    /// process.
    Auto,
}

/// What stands in for a container image on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The arguments that come before the job's command; the first one is the program.
    #[serde(default)]
    pub entrypoint: Vec<String>,
    /// The working directory; without one a job works in its own directory under [`Options::work_dir`].
    #[serde(default)]
    pub dir: Option<PathBuf>,
}

/// The content of `jobwire.local.yaml`, which is for a laptop alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalConfig {
    /// How each image is run here, for [`Options::images`].
    #[serde(default)]
    pub images: BTreeMap<String, Image>,
}

impl LocalConfig {
    /// Reads the file's text; a relative `dir` is taken from `base`, the directory that the file lies in.
    ///
    /// # Errors
    /// The text is not YAML, or has a member that is unknown or of the wrong type; the message names the line.
    pub fn parse(text: &str, base: &Path) -> Result<Self, LocalConfigError> {
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Self::default());
        }
        let mut config: Self = serde_saphyr::from_str(text).map_err(|error| LocalConfigError(error.to_string()))?;
        for image in config.images.values_mut() {
            image.dir = image.dir.take().map(|dir| base.join(dir));
        }
        Ok(config)
    }
}

/// The text of `jobwire.local.yaml` cannot be read; only editing the file helps.
#[derive(Debug, thiserror::Error)]
#[error("jobwire.local.yaml: {0}")]
pub struct LocalConfigError(String);

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_relative_dir_is_taken_from_the_files_directory() {
        let text = "images:\n  feeds:1: { entrypoint: [python3, main.py], dir: app }\n  abs: { dir: /srv }\n";
        let config = LocalConfig::parse(text, Path::new("/home/me")).unwrap();
        assert_eq!(config.images["feeds:1"].entrypoint, ["python3", "main.py"]);
        assert_eq!(config.images["feeds:1"].dir.as_deref(), Some(Path::new("/home/me/app")));
        assert_eq!(config.images["abs"].dir.as_deref(), Some(Path::new("/srv")));
    }

    #[test]
    fn a_file_of_comments_alone_has_no_images() {
        assert_eq!(LocalConfig::parse("# nothing yet\n", Path::new("/")).unwrap(), LocalConfig::default());
    }

    #[test]
    fn an_unknown_member_is_named_with_its_line() {
        let text = "images:\n  a:\n    entrypoint: [x]\n    entrypont: [y]\n";
        let message = LocalConfig::parse(text, Path::new("/")).unwrap_err().to_string();
        assert!(message.contains("entrypont") && message.contains("line 4"), "{message}");
    }
}
