//! What `up` remembers for the other commands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use jobwire_core::key::hash16;
use jobwire_core::trigger::Triggers;
use serde::{Deserialize, Serialize};

use super::REGION;
use super::process::Started;
use crate::aws::LocalCloud;

/// What runs, and where.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct State {
    /// The endpoint of everything but Batch.
    pub(crate) endpoint: String,
    /// The endpoint of Batch.
    pub(crate) batch_endpoint: String,
    /// The endpoints of services that were asked for, by name.
    #[serde(default)]
    pub(crate) services: BTreeMap<String, String>,
    /// The stack of the functions.
    pub(crate) stack: String,
    /// The stack's outputs: function names, topics, buckets and queues.
    pub(crate) outputs: BTreeMap<String, String>,
    /// Where the built functions lie.
    pub(crate) functions: PathBuf,
    /// The hash of the triggers that were deployed.
    pub(crate) triggers: String,
    /// What was started, in order.
    pub(crate) processes: Vec<Started>,
}

impl State {
    fn file(folder: &Path) -> PathBuf {
        folder.join("local.json")
    }

    /// What `up` left, if it left anything.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>> {
        let file = Self::file(folder);
        match std::fs::read(&file) {
            Ok(bytes) => {
                let state = serde_json::from_slice(&bytes)
                    .with_context(|| format!("{} is not as `jobwire local up` writes it", file.display()))?;
                Ok(Some(state))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
        }
    }

    /// The state of a local cloud that is up.
    pub(crate) fn of_running(folder: &Path) -> Result<Self> {
        match Self::read(folder)? {
            Some(state) if state.processes.iter().all(Started::is_alive) => Ok(state),
            Some(_) => bail!(
                "a part of the local cloud has ended by itself: see the logs in {}, then `jobwire local down` and `jobwire local up`",
                folder.display()
            ),
            None => bail!("{}, or start one by `jobwire local up`", Self::none(folder)),
        }
    }

    /// What is said where no local cloud is up.
    pub(crate) fn none(folder: &Path) -> String {
        format!(
            "no local cloud is up in {}: name the trigger file of another one by --file, or its state folder by --state",
            folder.display()
        )
    }

    /// Keeps the state. Written beside and renamed, so that no reader sees half of it.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let file = Self::file(folder);
        let beside = file.with_extension("new");
        std::fs::write(&beside, serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("{} cannot be written", beside.display()))?;
        std::fs::rename(&beside, &file).with_context(|| format!("{} cannot be written", file.display()))
    }

    /// Forgets the state.
    pub(crate) fn remove(folder: &Path) -> Result<()> {
        match std::fs::remove_file(Self::file(folder)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context("the state cannot be removed")
            }
            _ => Ok(()),
        }
    }

    /// Whether these triggers are the ones that were deployed.
    pub(crate) fn has_deployed(&self, triggers: &Triggers) -> bool {
        self.triggers == Self::hash_of(triggers)
    }

    /// What stands for triggers that were deployed.
    pub(crate) fn hash_of(triggers: &Triggers) -> String {
        hash16(&[&triggers.to_json()])
    }

    /// Clients of everything but Batch.
    pub(crate) fn cloud(&self) -> LocalCloud {
        LocalCloud::at(&self.endpoint, REGION)
    }

    /// A client of Batch.
    pub(crate) fn batch(&self) -> aws_sdk_batch::Client {
        LocalCloud::at(&self.batch_endpoint, REGION).batch()
    }
}
