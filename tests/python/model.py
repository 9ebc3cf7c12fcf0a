"""Prints the fields of SubmitJob, as the service model that botocore ships has them."""

import json

import botocore.session


def described(shape):
    if shape.type_name == "structure":
        required = set(shape.required_members)
        return {
            "fields": {
                name: {"required": name in required, **described(member)}
                for name, member in shape.members.items()
            }
        }
    if shape.type_name == "list":
        return {"list": described(shape.member)}
    if shape.type_name == "map":
        return {"map": described(shape.value)}
    return {"type": shape.type_name, "enum": sorted(getattr(shape, "enum", []))}


batch = botocore.session.get_session().get_service_model("batch")
print(json.dumps(described(batch.operation_model("SubmitJob").input_shape)))
