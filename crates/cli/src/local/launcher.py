"""Starts ministack as the local AWS, with the gaps closed that would hide a fault until deployment.

Run with a clean environment, since ministack hands its whole environment on to the functions.
BIND_HOST and GATEWAY_PORT say where it listens. Every patch below reaches into ministack's insides,
which is why one version alone is accepted. Exit code 3: it cannot start, and why is on standard error.
"""

import asyncio
import contextvars
import json
import os
import socket
import sys
import uuid
from datetime import datetime, timezone
from importlib import metadata
from types import SimpleNamespace

MINISTACK = "1.5.33"


def refuse(reason):
    print(f"launcher: {reason}", file=sys.stderr)
    sys.exit(3)


try:
    found = metadata.version("ministack")
except metadata.PackageNotFoundError:
    refuse(f"ministack {MINISTACK} is not installed for {sys.executable}")
if found != MINISTACK:
    refuse(f"ministack {MINISTACK} is needed, found {found}")

from ministack import app as gateway  # noqa: E402  (only once the version is known)
from ministack.core import iam_evaluator, responses  # noqa: E402
from ministack.services import eventbridge, lambda_svc, scheduler, sns  # noqa: E402

ministack_app = gateway.app
invoke_target = eventbridge._invoke_target
cron_next_fire = eventbridge._cron_next_fire
sqs_concurrency = lambda_svc._sqs_esm_concurrency
enforce, evaluate = iam_evaluator.enforce, iam_evaluator.evaluate
EVALUATIONS = contextvars.ContextVar("evaluations", default=None)
# Beside this file, in the folder of the local cloud's state.
CALLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "calls.jsonl")


def dispatch_to_lambda(arn, payload):
    """Rules and schedules invoke a function asynchronously: AWS retries, then sends the event to the OnFailure
    destination, where ministack tries once and loses it. What is not JSON is wrapped as ministack does."""
    try:
        event = json.loads(payload)
    except (TypeError, ValueError):
        event = {"body": payload}
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        return eventbridge.logger.warning("function %s not found", name)
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)


def fill_placeholders(target, event, rule, view=None):
    """Scheduler fills these in a target's Input; ministack leaves them, so a local event would have no time.
    The time is the moment that was due and not that of the tick, since the occurrence's key is made of it."""
    if event.get("Source") == "aws.scheduler" and "GroupName" in rule and target.get("Input"):
        expression, now = rule["ScheduleExpression"], event["Time"]
        due = scheduler._at_time_epoch(expression)
        if due is None:
            due = now - now % 60 if expression.strip().startswith("cron(") else now
        time = datetime.fromtimestamp(int(due), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = target["Input"]
        for name, value in (("scheduled-time", time), ("schedule-arn", rule["Arn"]),
                            ("execution-id", uuid.uuid4().hex[:16]), ("attempt-number", "1")):
            text = text.replace(f"<aws.scheduler.{name}>", value)
        target = {**target, "Input": text}
    return invoke_target(target, event, rule, view)


def next_fire_or_never(fields, after):
    """An expression such as `cron(0 20-8 * * ? *)` raises in here, and the exception would end the sweep
    before the schedules created after it were looked at. A schedule that cannot be read never fires."""
    try:
        return cron_next_fire(fields, after)
    except (ValueError, OverflowError):
        return None


def queue_concurrency(mapping, *rest):
    """CloudFormation hands a parameter on as text, and ministack compares it with a number: the queue before the
    function would never be read."""
    scaling = mapping.get("ScalingConfig") or {}
    if isinstance(scaling.get("MaximumConcurrency"), str):
        scaling["MaximumConcurrency"] = int(scaling["MaximumConcurrency"])
    return sqs_concurrency(mapping, *rest)


def put_batch_event(event):
    """What `_put_events(…, allow_aws_source=True)` does, except that the event keeps its own id and time,
    of which PutEvents makes new ones: services' events, unlike ours, do not come by that way."""
    moment = datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    account, region = event.get("account") or "000000000000", event.get("region") or responses.get_region()
    record = {
        "EventId": event.get("id") or str(uuid.uuid4()), "Source": event["source"], "EventBusName": "default",
        "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"]), "Time": int(moment.timestamp()),
        "Resources": event.get("resources", []), "Account": account, "Region": region,
    }
    responses.set_request_account_id(account)
    responses.set_request_region(region)
    eventbridge._events_log_list().append(record)
    view = eventbridge._pattern_event_view(record)
    eventbridge._dispatch_event(record, view)
    eventbridge._archive_event(record, view)
    return record["EventId"]


def put_batch_events(body):
    """Only `aws.batch` is let in: local batch stands in for that service and for no other. Nothing is put
    before the whole body has been found good, so that a sender may repeat a refused request."""
    try:
        events = json.loads(body)
        events = events if isinstance(events, list) else [events]
        for event in events:
            if event["source"] != "aws.batch":
                return 400, {"error": f"source {event['source']!r} is not aws.batch"}
            if not isinstance(event["detail-type"], str) or not isinstance(event["detail"], dict):
                return 400, {"error": "an event needs a text detail-type and an object detail"}
            datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        return 400, {"error": f"not an EventBridge event: {type(fault).__name__}: {fault}"}
    return 200, {"ids": [put_batch_event(event) for event in events]}


def may(access_key, need):
    """Whether the key's principal may do something in a service that is not ministack's, and by which statement."""
    principal = iam_evaluator.resolve_principal(access_key, responses.get_account_id())
    if isinstance(principal, iam_evaluator.AuthError):
        return access_key, False
    if principal.policies is None:
        return principal.arn, True
    context = {key.lower(): value for key, value in need.get("context", {}).items()}
    question = iam_evaluator.EvalContext(
        principal_arn=principal.arn, principal_type=principal.type, principal_account=principal.account,
        action=need["action"], resource_arn=need["resource"], region=responses.get_region(),
        service_context=context, principal_keys=principal.keys,
    )
    result = iam_evaluator.evaluate(question, principal.policies, *principal.limits)
    record(question, result, result.decision == "Allow")
    return principal.arn, result.decision == "Allow"


def authorize(body):
    """local batch asks here: it knows Batch, and ministack knows roles and policies."""
    try:
        question = json.loads(body)
        answers = [may(question["accessKey"], need) for need in question["needs"]]
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        return 400, {"error": f"no question about needs: {type(fault).__name__}: {fault}"}
    caller = answers[0][0] if answers else ""
    return 200, {"caller": caller, "allowed": [allowed for _, allowed in answers]}


def record(question, result, allowed):
    """Keeps which statement of a role allowed a call, so that a statement that nothing needs can be found."""
    if question.principal_type == "AssumedRole":
        line = {"caller": question.principal_arn, "action": question.action, "resource": question.resource_arn,
                "allowed": allowed, "sid": result.matched_sid}
        try:
            with open(CALLS, "a", encoding="utf-8") as calls:
                calls.write(json.dumps(line) + "\n")
        except OSError as fault:
            print(f"launcher: a call is not kept: {fault}", file=sys.stderr)


def enforce_and_record(*arguments, **named):
    """The first evaluation is that of the caller's own policies; a resource's own come after it."""
    evaluations = []
    token = EVALUATIONS.set(evaluations)
    try:
        denied = enforce(*arguments, **named)
    finally:
        EVALUATIONS.reset(token)
    if evaluations:
        record(*evaluations[0], denied is None)
    return denied


def evaluate_and_note(question, *policies):
    result = evaluate(question, *policies)
    evaluations = EVALUATIONS.get()
    if evaluations is not None:
        evaluations.append((question, result))
    return result


def end_functions():
    """ministack leaves its functions' processes behind. New invocations are refused first, or a retry that
    is waiting in the background would start a process after the last one was ended."""
    lambda_svc._execute_function = lambda *_, **__: {"error": True, "body": {"errorMessage": "shutting down"}}
    lambda_svc.reset()


async def refuse_page(scope, send):
    if scope["type"] == "websocket":
        return await send({"type": "websocket.close", "code": 1008})
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"requests from web pages are refused"})


async def app(scope, receive, send):
    async def receive_until_shutdown():
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await asyncio.to_thread(end_functions)
        return message

    if scope["type"] == "lifespan":
        return await ministack_app(scope, receive_until_shutdown, send)
    # Only a web page sends an Origin, and any page that is open in a browser could otherwise start programs here.
    if any(name == b"origin" for name, _ in scope.get("headers", ())):
        return await refuse_page(scope, send)
    private = {"/_jobwire/events": put_batch_events, "/_jobwire/authorize": authorize}.get(scope.get("path"))
    if scope["type"] != "http" or private is None:
        return await ministack_app(scope, receive, send)
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    status, answer = 405, {"error": "POST only"}
    if scope["method"] == "POST":
        status, answer = await asyncio.to_thread(private, body)
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


def main():
    eventbridge._dispatch_to_lambda = dispatch_to_lambda
    # SNS, too, tries once only. It keeps its own way of building the event; what it calls with that retries.
    retrying = {**vars(lambda_svc), "_execute_function_with_config_scope": lambda_svc.invoke_async_with_retry}
    sns._lambda_svc = SimpleNamespace(**retrying)
    eventbridge._invoke_target = fill_placeholders
    iam_evaluator.enforce, iam_evaluator.evaluate = enforce_and_record, evaluate_and_note
    eventbridge._cron_next_fire = next_fire_or_never
    lambda_svc._sqs_esm_concurrency = queue_concurrency
    # Ten seconds as shipped: a schedule would fire up to ten seconds late.
    eventbridge._SCHEDULER_TICK_INTERVAL = scheduler._SCHEDULE_TICK_INTERVAL = 1
    gateway.app = app

    host, port = os.environ.get("BIND_HOST", "127.0.0.1"), int(gateway._resolve_port())
    os.environ["BIND_HOST"] = host
    # ministack probes by connecting and reports a taken port on standard output with exit code 1.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            refuse(f"cannot listen on {host}:{port}: {fault.strerror}")
    gateway.main()


if __name__ == "__main__":
    main()
