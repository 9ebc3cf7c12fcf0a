"""The real AWS CLI, already started: `aws_cli.py SOCKET LOG`. It ends with its standard input.

Starting the CLI costs most of a second, and a script calls it dozens of times. So it is started once here, and forked for
each call that `aws.py` hands over: arguments, environment, folder and streams. LOG gets a line for each call.
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys
import traceback

import awscli.clidriver
import botocore.exceptions

path, log = sys.argv[1:]
# The CLI writes here, when it is loaded, where its own data lie.
data = os.environ["AWS_DATA_PATH"]
# Nobody waits for the children; the one that asked hears the outcome from the child itself.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
# What every call would read again: the models of the services that the scripts speak to.
driver = awscli.clidriver.create_clidriver()
loader = driver.session.get_component("data_loader")
for service in ["batch", "cloudformation", "eks", "logs", "sts"]:
    for kind in ["service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2"]:
        with contextlib.suppress(botocore.exceptions.DataNotFoundError):
            loader.load_service_model(service, kind)
for name in ["cli", "endpoints", "partitions", "sdk-default-configuration", "_retry"]:
    loader.load_data_with_path(name)
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
print("ready", flush=True)


def call(connection):
    """In the child: does what the caller would have done."""
    message, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    given = json.loads(message)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.environ.clear()
    os.environ.update(given["environment"], AWS_DATA_PATH=data)
    os.chdir(given["folder"])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(log, "a") as lines:
        lines.write("aws " + " ".join(given["arguments"]) + "\n")
    try:
        outcome = driver.main(given["arguments"])
    except SystemExit as ended:
        outcome = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(bytes([outcome or 0]))


while True:
    ready, _, _ = select.select([listener, sys.stdin], [], [])
    if sys.stdin in ready:
        break
    connection, _ = listener.accept()
    if os.fork() == 0:
        listener.close()
        try:
            call(connection)
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(1)
    connection.close()
