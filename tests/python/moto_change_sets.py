"""Mends moto's change sets, by which `aws cloudformation deploy` works.

In moto 5.2 a stack made by a change set has no outputs and keeps to no DependsOn, a failing one is an internal error, and
previous parameters count as changed ones.
"""

from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack
from moto.cloudformation.responses import CloudFormationResponse

execute = CloudFormationBackend.execute_change_set


def as_given(value):
    """A list's value is text with commas when it is given, and a list afterwards."""
    return ",".join(value) if isinstance(value, list) else value


def has_parameters(self, other_parameters):
    there = self.stack_parameters
    return all(there.get(name) == as_given(value) for name, value in other_parameters.items())


def apply(self):
    stack = self.stack
    if self.change_set_type == "UPDATE":
        stack.update(self.template, self.role_arn, self.parameters, self.tags)
        return
    stack.template = self.template
    stack._parse_template()
    stack.parameters = self.parameters
    stack.resource_map = stack._create_resource_map()
    stack.create_resources()
    stack.output_map = stack._create_output_map()


def execute_change_set(self, change_set_name, stack_name=None):
    change_set = self.change_sets[change_set_name]
    try:
        execute(self, change_set_name, stack_name)
    except Exception as refused:
        stack = change_set.stack
        stack._add_stack_event("CREATE_FAILED", resource_status_reason=str(refused))
        stack.resource_map.delete()
        created = change_set.change_set_type == "CREATE"
        stack.status = "ROLLBACK_COMPLETE" if created else "UPDATE_ROLLBACK_COMPLETE"


def mend():
    ChangeSet.apply = apply
    CloudFormationBackend.execute_change_set = execute_change_set
    Stack.has_parameters = has_parameters
    # It refuses a change set without changes at once, and AWS makes one that fails.
    CloudFormationResponse._validate_different_update = lambda *_: None
    Stack.stack_parameters = property(
        lambda self: {name: as_given(value) for name, value in self.resource_map.resolved_parameters.items()}
    )
