//! What a job definition runs on, which decides the overrides that fit it.

use serde::{Deserialize, Serialize};

use crate::request::JobRequest;

/// What a job definition runs on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// One container on EC2 or Fargate: `containerOverrides`.
    #[default]
    Container,
    /// One container on EC2, whose vCPUs are then whole: `containerOverrides`.
    Ec2,
    /// One container on Fargate, whose pairs of vCPU and memory are then checked: `containerOverrides`.
    Fargate,
    /// An ECS task of several containers: `ecsPropertiesOverride`.
    Ecs,
    /// A pod: `eksPropertiesOverride`.
    Eks,
    /// Several nodes: `nodeOverrides`.
    Multinode,
}

/// The blocks of overrides.
pub const BLOCKS: [&str; 4] = ["containerOverrides", "ecsPropertiesOverride", "eksPropertiesOverride", "nodeOverrides"];

impl Platform {
    /// Every platform by its word in the trigger file.
    pub const ALL: [(&'static str, Self); 6] = [
        ("container", Self::Container),
        ("ec2", Self::Ec2),
        ("fargate", Self::Fargate),
        ("ecs", Self::Ecs),
        ("eks", Self::Eks),
        ("multinode", Self::Multinode),
    ];

    /// The word for it in the trigger file.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, platform)| *platform == self).map_or("", |(name, _)| name)
    }

    /// The block of a job request that holds its overrides.
    #[must_use]
    pub fn block(self) -> &'static str {
        match self {
            Self::Container | Self::Ec2 | Self::Fargate => "containerOverrides",
            Self::Ecs => "ecsPropertiesOverride",
            Self::Eks => "eksPropertiesOverride",
            Self::Multinode => "nodeOverrides",
        }
    }

    /// The platform that the request is for: the block that it has says so, and `self` where it has none.
    #[must_use]
    pub fn of(self, request: &JobRequest) -> Self {
        match blocks(request).first() {
            Some(block) if *block != self.block() => {
                Self::ALL.into_iter().map(|(_, platform)| platform).find(|one| one.block() == *block).unwrap_or(self)
            }
            _ => self,
        }
    }
}

/// The override blocks that the request has.
#[must_use]
pub fn blocks(request: &JobRequest) -> Vec<&'static str> {
    [
        (Platform::Container, request.container_overrides.is_some()),
        (Platform::Ecs, request.ecs_properties_override.is_some()),
        (Platform::Eks, request.eks_properties_override.is_some()),
        (Platform::Multinode, request.node_overrides.is_some()),
    ]
    .into_iter()
    .filter(|(_, written)| *written)
    .map(|(platform, _)| platform.block())
    .collect()
}
