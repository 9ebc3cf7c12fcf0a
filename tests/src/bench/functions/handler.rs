//! What is compared: our functions, and what people write today in their place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use jobwire_tests::binaries;

use super::host::{Host, Outcome};
use super::source::{SNS, SOURCES, Source};
use crate::program::released;

/// How many events there are for a process.
pub(crate) const WARM: usize = 2000;

/// A program that takes events from the Runtime API.
pub(crate) struct Handler {
    /// What tables call it.
    pub(crate) name: String,
    /// Who wrote it.
    pub(crate) kind: Kind,
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
    /// Its variables beside those that the host gives.
    pub(crate) variables: BTreeMap<&'static str, String>,
    /// Its events, one a line.
    pub(crate) events: PathBuf,
    /// Whether Batch and DynamoDB speak TLS.
    pub(crate) tls: bool,
    /// Whether it signs.
    pub(crate) signed: bool,
    /// What its zip holds.
    pub(crate) files: Vec<(&'static str, PathBuf)>,
    /// The definition of the job that its events start.
    definition: &'static str,
}

/// Who wrote a handler.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Nobody could do less.
    Floor,
    /// Jobwire.
    Ours,
    /// Jobwire, and every job is claimed in the ledger.
    OursWithLedger,
    /// The AWS SDK for Rust as its examples show it.
    Sdk,
    /// boto3 under awslambdaric.
    Boto3,
}

/// Every handler over plain HTTP, and over TLS one of each kind. Their files lie in `folder`.
pub(crate) fn all(host: &Host, folder: &Path) -> Result<Vec<Handler>> {
    let events = |source: &Source| source.write_events(folder, 1 + WARM);
    let sns = events(&SNS)?;
    let mut handlers = vec![floor(&sns)?];
    for kind in [Kind::Ours, Kind::OursWithLedger] {
        for source in &SOURCES {
            handlers.push(ours(kind, source, folder, &events(source)?)?);
        }
    }
    handlers.extend([sdk(&sns)?, boto3(&sns)?]);

    let own = host.certificate.to_string_lossy().into_owned();
    let floor = Handler { program: released("jobwire-bench-floor-tls")?, ..floor(&sns)? };
    handlers.push(floor.over_tls("AWS_CA_BUNDLE", own.clone()));
    for kind in [Kind::Ours, Kind::OursWithLedger] {
        handlers.push(ours(kind, &SNS, folder, &sns)?.over_tls("AWS_CA_BUNDLE", own.clone()));
    }
    handlers
        .push(sdk(&sns)?.over_tls("SSL_CERT_FILE", trusting(&host.certificate, &system_roots()?, folder, "system")?));
    handlers.push(
        boto3(&sns)?.over_tls("AWS_CA_BUNDLE", trusting(&host.certificate, &botocore_roots()?, folder, "botocore")?),
    );
    Ok(handlers)
}

impl Handler {
    /// A handler of SNS events that is one program, signs, and has Lambda's variables alone.
    fn new(name: &str, kind: Kind, program: PathBuf, events: &Path) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            files: vec![("bootstrap", program.clone())],
            program,
            arguments: Vec::new(),
            variables: lambda(),
            events: events.to_owned(),
            tls: false,
            signed: true,
            definition: SNS.definition,
        }
    }

    /// Runs it, and looks whether it did what it has to do.
    pub(crate) fn run(&self, host: &Host, invocations: usize) -> Result<Outcome> {
        let outcome = host.run(self, invocations)?;
        let wanted = invocations as u64;
        let items = if self.kind == Kind::OursWithLedger { 2 * wanted } else { 0 };
        ensure!(
            (outcome.jobs, outcome.items) == (wanted, items),
            "{}: {} jobs and {} items came of {wanted} events, and {items} items were expected",
            self.name,
            outcome.jobs,
            outcome.items
        );
        let definition = &outcome.request["jobDefinition"];
        ensure!(definition == self.definition, "{}: the job's definition is {definition}", self.name);
        ensure!(outcome.answer["jobId"].is_string(), "{}: the answer names no job", self.name);
        Ok(outcome)
    }

    /// The same over TLS, with the file of certificates that it trusts in a variable.
    fn over_tls(mut self, variable: &'static str, certificates: String) -> Self {
        self.variables.insert(variable, certificates);
        self.tls = true;
        self
    }
}

fn floor(events: &Path) -> Result<Handler> {
    let program = released("jobwire-bench-floor")?;
    Ok(Handler { signed: false, ..Handler::new("sockets alone, the floor", Kind::Floor, program, events) })
}

fn ours(kind: Kind, source: &Source, folder: &Path, events: &Path) -> Result<Handler> {
    let compiled = compiled(source, folder)?;
    let program = released(&format!("jobwire-{}", source.name))?;
    let mut handler = Handler::new(&format!("jobwire-{}", source.name), kind, program, events);
    handler.definition = source.definition;
    handler.variables.insert("JOBWIRE_FILE", compiled.to_string_lossy().into_owned());
    // A function lets its calls wait for their turn, so that an account's rate is kept; here none is to wait.
    handler.variables.insert("JOBWIRE_SUBMIT_RATE", "1000000000".to_owned());
    handler.files.push(("jobwire.json", compiled));
    if kind == Kind::OursWithLedger {
        handler.variables.insert("JOBWIRE_LEDGER_TABLE", "ledger".to_owned());
        handler.name += ", ledger";
    }
    Ok(handler)
}

fn sdk(events: &Path) -> Result<Handler> {
    Ok(Handler::new("AWS SDK for Rust, as in its examples", Kind::Sdk, released("jobwire-bench-sdk")?, events))
}

fn boto3(events: &Path) -> Result<Handler> {
    let program = binaries::root().join(".jobwire/bench/bin/python");
    ensure!(program.is_file(), "the peer's virtual environment is not there: `make bench` makes it");
    let folder = binaries::root().join("tests/bench");
    let mut handler = Handler::new("boto3 under awslambdaric", Kind::Boto3, program, events);
    handler.files = vec![("handler.py", folder.join("handler.py"))];
    handler.arguments = ["-m", "awslambdaric", "handler.lambda_handler"].map(str::to_owned).to_vec();
    handler.variables.insert("PYTHONPATH", folder.to_string_lossy().into_owned());
    handler.variables.insert("PYTHONDONTWRITEBYTECODE", "1".to_owned());
    Ok(handler)
}

/// What Lambda gives every function. <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
fn lambda() -> BTreeMap<&'static str, String> {
    let variables = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
        ("AWS_SESSION_TOKEN", "example"),
    ];
    variables.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// `events/jobwire.yaml` as `jobwire synth` puts it beside the function of a source.
fn compiled(source: &Source, folder: &Path) -> Result<PathBuf> {
    let file = binaries::root().join("events/jobwire.yaml");
    let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    let sources = [jobwire_scheduled::SOURCE, jobwire_sns::SOURCE, jobwire_s3::SOURCE, jobwire_job_state::SOURCE];
    let triggers = jobwire_core::trigger_file::read(&text, None, &sources);
    let triggers = triggers.with_context(|| format!("{} has problems", file.display()))?;
    let known = sources.iter().find(|known| known.name == source.name);
    let kind = known.with_context(|| format!("{} is the name of no source", source.name))?.kind;
    let path = folder.join(format!("{}.jobwire.json", source.name));
    fs::write(&path, triggers.of(kind).to_json()).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}

/// A file with the host's certificate behind those of `roots`, so that a handler reads as many as it does on AWS.
fn trusting(own: &Path, roots: &Path, folder: &Path, name: &str) -> Result<String> {
    let mut certificates = Vec::new();
    for path in [roots, own] {
        certificates.extend(fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?);
        certificates.push(b'\n');
    }
    let path = folder.join(format!("{name}.pem"));
    fs::write(&path, certificates).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path.to_string_lossy().into_owned())
}

/// Where Debian and Amazon Linux keep the certificates that the system trusts.
fn system_roots() -> Result<PathBuf> {
    let places = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];
    match places.iter().map(Path::new).find(|place| place.is_file()) {
        Some(place) => Ok(place.to_owned()),
        None => bail!("the system's certificates are not there (`{}`): install ca-certificates", places.join("`, `")),
    }
}

/// Where botocore brings its own.
fn botocore_roots() -> Result<PathBuf> {
    let lib = binaries::root().join(".jobwire/bench/lib");
    let pythons = fs::read_dir(&lib).with_context(|| format!("{} cannot be read", lib.display()))?;
    let mut places = pythons.flatten().map(|python| python.path().join("site-packages/botocore/cacert.pem"));
    places
        .find(|place| place.is_file())
        .with_context(|| format!("botocore's certificates are not in {}", lib.display()))
}
