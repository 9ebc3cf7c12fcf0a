//! Names and ids of resources that are not created here but that Batch resources refer to.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::arn::partition;

/// Whether resources of this type may stand in a template without being created.
pub(super) fn is_passed_over(resource_type: &str) -> bool {
    const SERVICES: [&str; 6] =
        ["AWS::IAM::", "AWS::EC2::", "AWS::ECR::", "AWS::Logs::", "AWS::DynamoDB::", "AWS::S3::"];
    SERVICES.iter().any(|service| resource_type.starts_with(service))
}

/// Whether another local service makes it, under a name that only its own property tells.
pub(super) fn is_store(resource_type: &str) -> bool {
    resource_type.starts_with("AWS::DynamoDB::") || resource_type.starts_with("AWS::S3::")
}

/// The property that gives a resource its fixed name: `RoleName` for `AWS::IAM::Role`.
pub(super) fn name_property(resource_type: &str) -> String {
    format!("{}Name", resource_type.rsplit("::").next().unwrap_or_default())
}

/// What the ids of an EC2 resource start with; resources of the other services have names.
pub(super) fn id_prefix(resource_type: &str) -> Option<&'static str> {
    Some(match resource_type.strip_prefix("AWS::EC2::")? {
        "VPC" => "vpc",
        "Subnet" => "subnet",
        "SecurityGroup" => "sg",
        "InternetGateway" => "igw",
        "RouteTable" => "rtb",
        "LaunchTemplate" => "lt",
        "NatGateway" => "nat",
        "VPCEndpoint" => "vpce",
        _ => "ec2",
    })
}

/// An id that stays the same for one resource of one stack.
pub(super) fn made_up_id(prefix: &str, stack: &str, logical_id: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (stack, logical_id).hash(&mut hasher);
    format!("{prefix}-0{:016x}", hasher.finish())
}

/// An attribute of a resource whose `Ref` is `name`; none if it cannot be guessed rightly.
pub(super) fn attribute(
    region: &str,
    account: &str,
    resource_type: &str,
    name: &str,
    attribute: &str,
) -> Option<String> {
    let partition = partition(region);
    match (resource_type, attribute) {
        ("AWS::Logs::LogGroup", "Arn") => Some(format!("arn:{partition}:logs:{region}:{account}:log-group:{name}:*")),
        ("AWS::EC2::LaunchTemplate", "LatestVersionNumber" | "DefaultVersionNumber") => Some("1".to_owned()),
        ("AWS::DynamoDB::Table", "Arn") => Some(format!("arn:{partition}:dynamodb:{region}:{account}:table/{name}")),
        ("AWS::S3::Bucket", "Arn") => Some(format!("arn:{partition}:s3:::{name}")),
        ("AWS::ECR::Repository", "RepositoryUri") => {
            Some(format!("{account}.dkr.ecr.{region}.amazonaws.com/{}", name.to_lowercase()))
        }
        (_, "Arn") if resource_type.starts_with("AWS::IAM::") => {
            let kind = match resource_type {
                "AWS::IAM::Role" => "role",
                "AWS::IAM::InstanceProfile" => "instance-profile",
                "AWS::IAM::User" => "user",
                "AWS::IAM::Group" => "group",
                _ => "policy",
            };
            Some(format!("arn:{partition}:iam::{account}:{kind}/{name}"))
        }
        (_, "GroupId" | "VpcId" | "SubnetId" | "RouteTableId" | "InternetGatewayId" | "LaunchTemplateId" | "Id") => {
            resource_type.starts_with("AWS::EC2::").then(|| name.to_owned())
        }
        _ => None,
    }
}
