"""Serves moto's Batch on a free port of loopback, without Docker: `moto_batch.py QUEUE,… DEFINITION,…`.

Queues and job definitions of these names are there (`name:3` has three revisions) when it prints its address. It ends
with its standard input.
"""

import json
import sys
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://{host}:{port}"
config = json.dumps({"batch": {"use_docker": False}}).encode()
urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/config", data=config, method="POST")).close()

place = {
    "endpoint_url": url,
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}
role = boto3.client("iam", **place).create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
batch = boto3.client("batch", **place)
environment = batch.create_compute_environment(
    computeEnvironmentName="environment", type="UNMANAGED", state="ENABLED", serviceRole=role
)["computeEnvironmentArn"]
for queue in filter(None, sys.argv[1].split(",")):
    batch.create_job_queue(
        jobQueueName=queue,
        state="ENABLED",
        priority=1,
        computeEnvironmentOrder=[{"order": 1, "computeEnvironment": environment}],
    )
for definition in filter(None, sys.argv[2].split(",")):
    name, _, revision = definition.partition(":")
    for _ in range(int(revision or 1)):
        batch.register_job_definition(
            jobDefinitionName=name,
            type="container",
            containerProperties={
                "image": "none",
                "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}],
            },
        )
print(url, flush=True)
sys.stdin.read()
server.stop()
