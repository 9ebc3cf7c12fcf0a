"""Deploys templates by moto's CloudFormation, and prints what is there then, as the services themselves describe it.

Standard input: a list of accounts, each a list of stacks `{"template": PATH, "stack": NAME, "after": NAME, "parameters": {NAME:
VALUE}}` that are deployed one after another. As `make deploy` does it, a stack gets the outputs of the one that it comes after as
its parameters of the same names. Standard output: an object for each account; in it, a stack that was not created has an `error`.
"""

import json
import os
import sys
import urllib.request
import warnings

import boto3
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError as ParseError
from cfnlint.decode import decode
from moto.batch import models as batch_models
from moto.batch.models import ComputeEnvironment, JobDefinition, JobQueue, SchedulingPolicy, batch_backends
from moto.batch.utils import lowercase_first_key
from moto.core.common_models import CloudFormationModel
from moto.ecr.models import Repository
from moto.iam.models import Role, iam_backends
from moto.server import ThreadedMotoServer
from moto.utilities.utils import get_partition

# The policies that AWS manages are there only when they are asked for.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
# A type that moto's CloudFormation does not know would be left out with a warning alone.
warnings.filterwarnings("error", message="Tried to parse")


def create_compute_environment(resource_name, cloudformation_json, account_id, region_name, **_):
    """moto wants resources and a role always; Batch wants resources of MANAGED ones, and makes MANAGED ones a role."""
    properties = cloudformation_json["Properties"]
    role = properties.get("ServiceRole")
    if role is None and properties["Type"].upper() == "MANAGED":
        roles = iam_backends[account_id][get_partition(region_name)]
        name = "AWSServiceRoleForBatch"
        linked = [known for known in roles.get_roles() if known.name == name]
        role = (linked or [roles.create_role(name, "{}", "/", None, "", [], 3600)])[0].arn
    resources = properties.get("ComputeResources")
    if (resources is None) == (properties["Type"].upper() == "MANAGED"):
        raise batch_models.ClientException("ComputeResources are for MANAGED environments, and for all of them")
    return batch_backends[account_id][region_name].create_compute_environment(
        resource_name, properties["Type"], properties.get("State", "ENABLED"), resources and lowercase_first_key(resources), role
    )


def create_job_queue(resource_name, cloudformation_json, account_id, region_name, **_):
    """moto's own forgets the scheduling policy."""
    properties = cloudformation_json["Properties"]
    return batch_backends[account_id][region_name].create_job_queue(
        queue_name=resource_name,
        priority=properties["Priority"],
        state=properties.get("State", "ENABLED"),
        compute_env_order=[lowercase_first_key(one) for one in properties["ComputeEnvironmentOrder"]],
        schedule_policy=properties.get("SchedulingPolicyArn"),
    )


def register_job_definition(resource_name, cloudformation_json, account_id, region_name, **_):
    """moto's own takes every definition for one in a container, and forgets platforms."""
    properties = cloudformation_json["Properties"]
    converted = {name: value and lowercase_first_key(value) for name, value in properties.items() if isinstance(value, dict)}
    return batch_backends[account_id][region_name].register_job_definition(
        def_name=resource_name,
        parameters=properties.get("Parameters", {}),
        _type=properties["Type"],
        tags=properties.get("Tags", {}),
        retry_strategy=converted.get("RetryStrategy"),
        container_properties=converted.get("ContainerProperties"),
        node_properties=converted.get("NodeProperties"),
        eks_properties=converted.get("EksProperties"),
        timeout=converted.get("Timeout"),
        platform_capabilities=properties.get("PlatformCapabilities"),
        propagate_tags=properties.get("PropagateTags"),
    )


class FairShare(SchedulingPolicy, CloudFormationModel):
    """moto has scheduling policies, but not in its CloudFormation."""

    # By it moto finds which service a model belongs to.
    __module__ = SchedulingPolicy.__module__
    cloudformation_type = staticmethod(lambda: "AWS::Batch::SchedulingPolicy")
    cloudformation_name_type = staticmethod(lambda: "Name")
    physical_resource_id = property(lambda self: self.arn)

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name):
        return self.arn

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        backend = batch_backends[account_id][region_name]
        policy = lowercase_first_key(cloudformation_json["Properties"].get("FairsharePolicy", {}))
        made = cls(account_id, region_name, resource_name, policy, backend, {})
        backend._scheduling_policies[made.arn] = made
        return made


moto_create_role = Role.create_from_cloudformation_json.__func__


def create_role(cls, resource_name, cloudformation_json, account_id, region_name, **more):
    """moto's own forgets managed policies, and keeps a policy's document in Python's spelling."""
    for policy in cloudformation_json["Properties"].get("Policies", []):
        policy["PolicyDocument"] = json.dumps(policy["PolicyDocument"])
    role = moto_create_role(cls, resource_name, cloudformation_json, account_id, region_name, **more)
    for arn in cloudformation_json["Properties"].get("ManagedPolicyArns", []):
        iam_backends[account_id][get_partition(region_name)].attach_role_policy(arn, role.name)
    return role


moto_create_repository = Repository.create_from_cloudformation_json.__func__


def create_repository(cls, resource_name, cloudformation_json, account_id, region_name, **more):
    """moto's own makes names up in letters that ECR does not take."""
    return moto_create_repository(cls, resource_name.lower(), cloudformation_json, account_id, region_name, **more)


moto_describe = JobDefinition.describe


def describe_job_definition(self):
    """moto's own leaves out the nodes."""
    return moto_describe(self) | ({"nodeProperties": self.node_properties} if self.node_properties else {})


ComputeEnvironment.create_from_cloudformation_json = create_compute_environment
JobQueue.create_from_cloudformation_json = create_job_queue
JobDefinition.create_from_cloudformation_json = register_job_definition
JobDefinition.describe = describe_job_definition
Repository.create_from_cloudformation_json = classmethod(create_repository)
Role.create_from_cloudformation_json = classmethod(create_role)


def role(iam, name):
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
    return {
        "trust": iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"],
        "managed": [policy["PolicyName"] for policy in attached],
        "inline": [iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"] for one in inline],
    }


def deploy(cloudformation, wanted, handed):
    """Creates a stack, and gives its outputs and exports."""
    # moto takes the default of a list or a number for a text, so each is given.
    declared = decode(wanted["template"])[0].get("Parameters", {})
    values = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
    values |= {name: value for name, value in handed.items() if name in declared} | wanted.get("parameters", {})
    with open(wanted["template"], encoding="utf-8") as file:
        body = file.read()
    cloudformation.create_stack(
        StackName=wanted["stack"],
        TemplateBody=body,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    stack = cloudformation.describe_stacks(StackName=wanted["stack"])["Stacks"][0]
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise RuntimeError(stack["StackStatus"])
    outputs = stack.get("Outputs", [])
    return {
        "outputs": {one["OutputKey"]: one["OutputValue"] for one in outputs},
        "exports": [one["ExportName"] for one in outputs if "ExportName" in one],
    }


def account(client, stacks):
    cloudformation, batch, iam, ec2 = (client(name) for name in ("cloudformation", "batch", "iam", "ec2"))
    made = {}
    for wanted in stacks:
        handed = made[wanted["after"]]["outputs"] if "after" in wanted else {}
        try:
            made[wanted["stack"]] = deploy(cloudformation, wanted, handed)
        except (ClientError, ParseError, RuntimeError) as error:
            made[wanted["stack"]] = {"error": str(error)}
    policies = [policy["arn"] for policy in batch.list_scheduling_policies()["schedulingPolicies"]]
    return {
        "stacks": made,
        "queues": batch.describe_job_queues()["jobQueues"],
        "environments": batch.describe_compute_environments()["computeEnvironments"],
        "definitions": batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"],
        "policies": batch.describe_scheduling_policies(arns=policies)["schedulingPolicies"],
        "roles": {one["Arn"]: role(iam, one["RoleName"]) for one in iam.list_roles()["Roles"]},
        "profiles": {
            one["Arn"]: [held["Arn"] for held in one["Roles"]] for one in iam.list_instance_profiles()["InstanceProfiles"]
        },
        "inbound": {group["GroupId"]: group["IpPermissions"] for group in ec2.describe_security_groups()["SecurityGroups"]},
        "networks": [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]],
        "gateways": [one["NatGatewayId"] for one in ec2.describe_nat_gateways()["NatGateways"]],
        "instances": [one["ReservationId"] for one in ec2.describe_instances()["Reservations"]],
    }


def reset(url):
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()


def main():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"

    def client(service):
        return boto3.client(
            service, endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )

    answers = []
    for stacks in json.load(sys.stdin):
        reset(url)
        answers.append(account(client, stacks))
    server.stop()
    json.dump(answers, sys.stdout, default=str)


main()
