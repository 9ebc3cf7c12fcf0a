#!/bin/sh
# What people write today in the place of `jobwire-runner fetch-and-run`: the steps of AWS's sample of that name, with the
# AWS CLI. It leaves out what the sample and jobwire do besides: it checks no variable, looks for no program, passes on no
# signal, and its temporary folder stays.
set -eu
file="$(mktemp -d)/script"
# To standard output, as in the sample: to a file the CLI would print its progress before the script's first line.
aws s3 cp "$BATCH_FILE_S3_URL" - >"$file"
chmod u+x "$file"
exec "$file"
