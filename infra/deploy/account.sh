# The account and the Region, and whether the AWS CLI can speak to them.
# shellcheck shell=bash disable=SC2034

export AWS_PAGER=

missing=()

# Says all that is missing at once, a sentence for each, and what was not done because of it.
stop_if_missing() {
  local sentence
  if [[ ${#missing[@]} == 0 ]]; then return; fi
  for sentence in "${missing[@]}"; do say "error: $sentence"; done
  say "${1:-Nothing was built or changed.}"
  exit 1
}

find_account() {
  local words
  if ! command -v aws >/dev/null; then
    missing+=("the AWS CLI is not installed: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html says how")
    return
  fi
  # The first version of the AWS CLI reads one of these, and SDKs the other.
  region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
  if [[ -z $region ]]; then
    missing+=("no Region is chosen: set AWS_REGION, or run \`aws configure set region NAME\`")
    return
  fi
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region
  if words=$(aws sts get-caller-identity --query Account --output text 2>&1); then
    account=$words
  else
    missing+=("AWS knows no account by the credentials at hand ($(last_line "$words")): run \`aws configure\` or \`aws sso login\`, or set AWS_PROFILE")
  fi
}

last_line() {
  grep -v '^[[:space:]]*$' <<<"$1" | tail -n 1
}
