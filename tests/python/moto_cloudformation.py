"""Serves moto on a free port of loopback, for stacks with Batch's resources, and prints its address.

It ends with its standard input.
"""

import sys

from moto.batch.models import ComputeEnvironment, JobDefinition, batch_backends
from moto.batch.utils import lowercase_first_key
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap
from moto.ecr.models import Repository
from moto.iam.models import iam_backends
from moto.server import ThreadedMotoServer
from moto.utilities.utils import get_partition

load_parameters = ResourceMap.load_parameters


def load_with_defaults(self):
    """moto takes the default of a list or a number for a text; a value that was given it reads as what it is."""
    declared = self._template.get("Parameters", {})
    defaults = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
    self.input_parameters = {**defaults, **(self.input_parameters or {})}
    load_parameters(self)


create_repository = Repository.create_from_cloudformation_json.__func__


def create_named(cls, resource_name, *rest, **more):
    """moto makes up names in letters that its own ECR does not take."""
    return create_repository(cls, resource_name.lower(), *rest, **more)


def create_compute_environment(resource_name, cloudformation_json, account_id, region_name, **_):
    """moto wants a role always, where Batch takes the one that is linked to its service."""
    properties = cloudformation_json["Properties"]
    role = properties.get("ServiceRole")
    if role is None:
        roles = iam_backends[account_id][get_partition(region_name)]
        role = roles.create_role(f"linked-{resource_name}"[:64], "{}", "/", None, "", [], 3600).arn
    return batch_backends[account_id][region_name].create_compute_environment(
        resource_name,
        properties["Type"],
        properties.get("State", "ENABLED"),
        lowercase_first_key(properties["ComputeResources"]),
        role,
    )


register = JobDefinition.create_from_cloudformation_json.__func__


def register_job_definition(cls, resource_name, cloudformation_json, *rest, **more):
    """moto wants what Batch does not, and registers nothing of Fargate's without it."""
    defaults = {"RetryStrategy": {}, "Timeout": {}, "Parameters": {}, "Tags": {}, "NodeProperties": {}}
    properties = {**defaults, **cloudformation_json["Properties"]}
    return register(cls, resource_name, {**cloudformation_json, "Properties": properties}, *rest, **more)


execute_change_set = CloudFormationBackend.execute_change_set


def execute(self, change_set_name, stack_name=None):
    """moto's own forgets the outputs and the parameters that the stack has then."""
    execute_change_set(self, change_set_name, stack_name)
    changes = [one for one in self.change_sets.values() if change_set_name in (one.change_set_name, one.change_set_id)]
    stack = self.stacks[changes[0].stack_id]
    stack.parameters = changes[0].parameters
    stack._parse_template()
    stack.output_map = stack._create_output_map()


def stack_parameters(self):
    """moto hands lists out in Python's spelling."""
    values = self.resource_map.resolved_parameters
    return {name: ",".join(value) if isinstance(value, list) else value for name, value in values.items()}


def parameter_list(self):
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in self.stack_parameters.items()]


Stack.stack_parameters = property(stack_parameters)
Stack.parameter_list = property(parameter_list)
CloudFormationBackend.execute_change_set = execute
ComputeEnvironment.create_from_cloudformation_json = create_compute_environment
JobDefinition.create_from_cloudformation_json = classmethod(register_job_definition)
ResourceMap.load_parameters = load_with_defaults
Repository.create_from_cloudformation_json = classmethod(create_named)

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
print(f"http://{host}:{port}", flush=True)
sys.stdin.read()
server.stop()
