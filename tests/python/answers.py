"""Says what is wrong with answers of AWS's services, which come as JSON lists of service, operation and answer, a list a
line: fields that the service model of botocore does not have, wrong types, and words that no enum has. That a field is
required says nothing of answers: Batch calls startedAt so, which a job that waits does not have."""

import json
import sys

import botocore.session

TYPES = {"string": str, "integer": int, "long": int, "boolean": bool, "structure": dict, "map": dict, "list": list}


def faults_of(value, shape, path):
    wanted = TYPES[shape.type_name]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        yield f"{path}: is a {type(value).__name__}, and {shape.type_name} in the model"
    elif shape.type_name == "structure":
        for name, member in value.items():
            if name in shape.members:
                yield from faults_of(member, shape.members[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}: is no field of {shape.name}"
    elif shape.type_name == "list":
        for index, member in enumerate(value):
            yield from faults_of(member, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map":
        for name, member in value.items():
            yield from faults_of(member, shape.value, f"{path}.{name}")
    elif getattr(shape, "enum", []) and value not in shape.enum:
        yield f"{path}: {value!r} is none of {shape.enum}"


session = botocore.session.get_session()
faults = []
for line in sys.stdin:
    service, operation, answer = json.loads(line)
    shape = session.get_service_model(service).operation_model(operation).output_shape
    faults.extend(faults_of(answer, shape, operation))
sys.exit("\n".join(faults) or None)
