"""The function for a topic's messages as it is written with boto3: the first record's message becomes a job's variable.

It leaves out what Jobwire does besides: no trigger file, no templates, no condition, no check of the request, no
protection against a second delivery, no metrics.
"""

import json

import boto3

batch = boto3.client("batch")


def lambda_handler(event, context):
    print("Received event: " + json.dumps(event, indent=2))
    message = event["Records"][0]["Sns"]["Message"]
    overrides = {
        "environment": [
            {"name": "DOWNLOAD_MESSAGE", "value": message},
            # A text, since boto3 takes no numbers here.
            {"name": "PARALLELISM", "value": "15"},
        ]
    }
    try:
        answer = batch.submit_job(
            jobName="lambda-feed-consumer",
            jobQueue="feeds",
            jobDefinition="FeedConsumer",
            containerOverrides=overrides,
        )
        print("Response: " + json.dumps(answer, indent=2))
        return {"jobId": answer["jobId"]}
    except Exception as error:
        print(error)
        raise Exception("Error submitting Batch Job") from error
