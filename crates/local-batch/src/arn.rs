//! The ARNs and names that AWS Batch would give.

use uuid::Uuid;

use crate::job_id::JobId;

/// Makes ARNs of one account in one Region.
#[derive(Debug, Clone)]
pub(crate) struct Arns {
    region: String,
    account: String,
}

impl Arns {
    pub(crate) fn new(region: &str, account: &str) -> Self {
        Self { region: region.to_owned(), account: account.to_owned() }
    }

    pub(crate) fn job(&self, id: &JobId) -> String {
        self.batch("job", &id.to_string())
    }

    pub(crate) fn queue(&self, name: &str) -> String {
        self.batch("job-queue", name)
    }

    pub(crate) fn compute_environment(&self, name: &str) -> String {
        self.batch("compute-environment", name)
    }

    pub(crate) fn definition(&self, name: &str, revision: u32) -> String {
        self.batch("job-definition", &format!("{name}:{revision}"))
    }

    pub(crate) fn definition_without_revision(&self, name: &str) -> String {
        self.batch("job-definition", name)
    }

    /// What stands for a job that has no id yet.
    pub(crate) fn any_job(&self) -> String {
        self.batch("job", "*")
    }

    /// The name in an ARN of this kind, or the text itself where it is no ARN. An ARN of another account or Region
    /// names nothing here.
    pub(crate) fn name_of<'a>(&self, kind: &str, text: &'a str) -> Option<&'a str> {
        if text.starts_with("arn:") { text.strip_prefix(&self.batch(kind, "")) } else { Some(text) }
    }

    pub(crate) fn cluster(&self, name: &str) -> String {
        let Self { region, account } = self;
        format!("arn:{}:ecs:{region}:{account}:cluster/{name}", partition(region))
    }

    /// A task or a container instance of a cluster.
    pub(crate) fn ecs(&self, kind: &str, cluster: &str, id: Uuid) -> String {
        let Self { region, account } = self;
        format!("arn:{}:ecs:{region}:{account}:{kind}/{cluster}/{}", partition(region), id.simple())
    }

    fn batch(&self, kind: &str, name: &str) -> String {
        let Self { region, account } = self;
        format!("arn:{}:batch:{region}:{account}:{kind}/{name}", partition(region))
    }
}

/// The partition that a Region belongs to.
pub(crate) fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}
