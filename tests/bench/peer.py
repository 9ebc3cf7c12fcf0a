"""What people write today in jobwire's place: PyYAML reads the trigger file, Jinja2 fills its templates.

    peer.py check FILE          read the file, compile every template of it
    peer.py render FILE EVENT   read the file, find the triggers of an SNS or S3 event, print their filled fields

It has what is fast: PyYAML's parser in C (the usual `safe_load` takes several times as long), one environment,
and `render` compiles the templates of the event's own triggers alone.

It leaves out what jobwire does besides: nothing is checked but the templates' syntax (no field, no type, no limit of
AWS Batch, no unknown name, no cycle), no line is remembered for messages, and a request gets no unique name and no
chain. So it does less work for the same answer.
"""

import json
import sys
from urllib.parse import unquote_plus

import yaml
from jinja2 import Environment, StrictUndefined

ENVIRONMENT = Environment(undefined=StrictUndefined)
# PyYAML reads YAML 1.1, in which the key `on` is the boolean.
ON = True


def filled(value, text):
    """The value with `text` applied to each of its strings."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [filled(item, text) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, text) for key, item in value.items()}
    return value


def read(path):
    """The file's triggers, their vars filled in."""
    with open(path, encoding="utf-8") as file:
        document = yaml.load(file, Loader=yaml.CSafeLoader)
    names = {"${vars." + name + "}": value for name, value in document["vars"].items()}

    def text(value):
        if "${vars." in value:
            for name, var in names.items():
                value = value.replace(name, var)
        return value

    return filled(document["triggers"], text)


def condition(trigger):
    return ENVIRONMENT.compile_expression(trigger["when"], undefined_to_none=False)


def check(path):
    templates = 0

    def compiled(value):
        nonlocal templates
        if "{{" in value:
            ENVIRONMENT.from_string(value)
            templates += 1
        return value

    triggers = read(path)
    for trigger in triggers.values():
        if "when" in trigger:
            condition(trigger)
            templates += 1
        filled(trigger["submit"], compiled)
    print(f"{len(triggers)} triggers, {templates} templates")


def names_of(record):
    """The names that templates see, and the kind of trigger that the record is for."""
    if "Sns" in record:
        names = {"sns": record["Sns"]}
        try:
            names["message"] = json.loads(record["Sns"]["Message"])
        except ValueError:
            pass
        return "topic", names
    thing = record["s3"]["object"]
    thing = {**thing, "key": unquote_plus(thing["key"])}
    return "bucket", {"bucket": record["s3"]["bucket"]["name"], "object": thing, "event_name": record["eventName"]}


def takes(on, kind, names):
    if kind == "topic":
        return on.get("topic") == names["sns"]["TopicArn"].rsplit(":", 1)[-1]
    key = names["object"]["key"]
    return (
        on.get("bucket") == names["bucket"]
        and names["event_name"].startswith("ObjectCreated:")
        and key.startswith(on["prefix"])
        and key.endswith(tuple(on["suffix"]))
    )


def render(path, event):
    triggers = read(path)
    with open(event, encoding="utf-8") as file:
        records = json.load(file)["Records"]
    planned = []
    for record in records:
        kind, names = names_of(record)
        for name, trigger in triggers.items():
            if not takes(trigger[ON], kind, names):
                continue
            own = {**names, "trigger": name}
            if "when" in trigger and not condition(trigger)(**own):
                continue
            request = filled(
                trigger["submit"],
                lambda value: ENVIRONMENT.from_string(value).render(own) if "{{" in value else value,
            )
            planned.append({"trigger": name, "request": request})
    print(json.dumps(planned, indent=2))


if __name__ == "__main__":
    {"check": check, "render": render}[sys.argv[1]](*sys.argv[2:])
