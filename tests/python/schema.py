"""Checks trigger files against a JSON Schema: `schema.py SCHEMA FILE...` prints the files that do not fit, one a line."""

import json
import re
import sys

import jsonschema
import yaml

BOOLEAN = "tag:yaml.org,2002:bool"


class Yaml12(yaml.SafeLoader):
    """YAML as editors read it: `true` and `false` are booleans, and `on` is a word."""


Yaml12.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != BOOLEAN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Yaml12.add_implicit_resolver(BOOLEAN, re.compile("^(?:true|false)$"), list("tf"))

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        if not validator.is_valid(yaml.load(file, Loader=Yaml12)):
            print(path)
