#!/bin/sh
# Says what it was given, works for $1 seconds, and ends well.
date
echo "arguments: $*"
echo "job $AWS_BATCH_JOB_ID, queue $AWS_BATCH_JQ_NAME, compute environment $AWS_BATCH_CE_NAME"
echo "user $(id -u), working directory $(pwd)"
sleep "${1:-1}"
date
echo "done"
