# What a script says to `--help`. It is told everything by variables, so an argument is a slip, and would be passed over in silence.
# shellcheck shell=bash

# A line for each variable.
declare -A variables=(
  [PIPELINE]='the folder of jobwire.yaml (default: infra/pipelines/feed)'
  [STAGE]='the stage of the trigger file, which becomes a part of the names of the stacks'
  [PARAMETERS]='NAME=VALUE … for the stacks of the pipeline; what was given once holds'
  [COMPUTE_PARAMETERS]='NAME=VALUE … for infra/batch.yaml, which pipelines share'
  [ARCH]='x86_64 (default) or arm64, the processor of the functions'
  [CODE_BUCKET]='a bucket of yours for the code of the functions'
  [STACK]='the name of the stack (default: jobwire-PIPELINE), without the stage'
  [COMPUTE_STACK]='the name of the stack of infra/batch.yaml (default: jobwire-batch)'
  [CODE_STACK]='the name of the stack of the bucket of code (default: jobwire-code)'
  [FUNCTIONS_DIR]='a folder of functions that are built already'
  [OUT]='where the template and the zips go (default: build/STACK)'
  [TAG]='the tag of the image (default: latest)'
  [BASE]='what the image is built on (default: as the Dockerfile says)'
  [PACKAGES]='packages that are added to it'
  [DATA]='keep (default), or delete for buckets, tables and logs too'
  [YES]='1 says yes to all that is asked'
)

# The script's own usage, when it is asked for: `answer_help WHAT_IT_DOES "VARIABLE…" ARGUMENT…`.
answer_help() {
  local what=$1 names=$2 name
  shift 2
  if [[ ${1:-} != --help && ${1:-} != -h ]]; then return; fi
  printf '%s\n\nUsage: [VARIABLE=VALUE]… %s%s\n\n' "$what" "$0" "${takes_name:+ [NAME:TAG]}"
  for name in $names; do printf '  %-18s  %s\n' "$name" "${variables[$name]}"; done
  printf '\nREADME.md, "On AWS", says more.\n\nExit code 0: it is done; 1: something failed or is missing; 2: wrong use.\n'
  exit 0
}

# The same for a script without arguments.
take_no_arguments() {
  answer_help "$@"
  shift 2
  (($# == 0)) || refuse "$0 takes no arguments, since it is told everything by variables: $0 --help names them"
}
