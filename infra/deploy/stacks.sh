# CloudFormation's stacks: their state, their change sets, what happens to them, and what they give.
# shellcheck shell=bash

# What CloudFormation takes in a request; a longer template goes through the bucket of code.
longest_body=51200
# That bucket; deploy finds it.
code_bucket=

# The stack's id and status, separated by a tab; nothing where there is no such stack.
stack_state() {
  local words
  if words=$(aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].[StackId,StackStatus]' --output text 2>&1); then
    if [[ $words != *$'\t'DELETE_COMPLETE ]]; then printf '%s' "$words"; fi
  elif [[ $words != *"does not exist"* ]]; then
    stop "the stack $1 cannot be looked at: $(last_line "$words")"
  fi
}

# What the stack gives: names and values, separated by tabs. Nothing where it is not there.
outputs_of() {
  local words
  if words=$(aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]' --output text 2>&1); then
    grep $'\t' <<<"$words" || true
  elif [[ $words != *"does not exist"* ]]; then
    stop "the stack $1 cannot be looked at: $(last_line "$words")"
  fi
}

# The value of one of such rows; nothing where there is none.
value_in() {
  awk -F '\t' -v name="$2" '$1 == name { print $2 }' <<<"$1"
}

# The value that a parameter of the stack has now; false where the stack is not there, or has no such parameter.
parameter_now() {
  local value
  value=$(aws cloudformation describe-stacks --stack-name "$1" \
    --query "Stacks[?StackStatus!='REVIEW_IN_PROGRESS'].Parameters[] | [?ParameterKey=='$2'].[ParameterKey,ParameterValue]" \
    --output text 2>/dev/null) || return 1
  if [[ $value != "$2"* ]]; then return 1; fi
  printf '%s' "${value#*$'\t'}"
}

# Calls the AWS CLI with the template of this file.
in_template() {
  local template=$1 key
  shift
  if (($(wc -c <"$template") <= longest_body)); then
    aws "$@" --template-body "file://$template"
  else
    key=templates/$(sha256sum "$template" | cut -c 1-32)
    aws s3 cp --quiet "$template" "s3://$code_bucket/$key" || return
    aws "$@" --template-url "https://$code_bucket.s3.$AWS_REGION.$(dns_suffix)/$key"
  fi
}

dns_suffix() {
  case $AWS_REGION in cn-*) echo amazonaws.com.cn ;; *) echo amazonaws.com ;; esac
}

# Whether a change may begin, and in whose words it may not.
can_change() {
  local stack=$1 status=$2
  case $status in
    '' | REVIEW_IN_PROGRESS | CREATE_COMPLETE | UPDATE_COMPLETE | UPDATE_ROLLBACK_COMPLETE | IMPORT_COMPLETE | IMPORT_ROLLBACK_COMPLETE) ;;
    ROLLBACK_COMPLETE | ROLLBACK_FAILED | CREATE_FAILED | DELETE_FAILED)
      say_what_failed "$stack" ''
      stop "the stack $stack is in $status and takes no change: mend what failed, remove it by \`aws cloudformation delete-stack --stack-name $stack\`, and deploy again"
      ;;
    UPDATE_ROLLBACK_FAILED)
      say_what_failed "$stack" ''
      stop "the stack $stack is in $status: mend what failed, run \`aws cloudformation continue-update-rollback --stack-name $stack\`, and deploy again"
      ;;
    *) stop "the stack $stack is in $status: somebody else changes it now; deploy again when that has ended" ;;
  esac
}

# Changes the stack to this template, after its changes were shown: `deploy_stack STACK TEMPLATE [NAME=VALUE…]`.
deploy_stack() {
  local stack=$1 template=$2 state words change_set last
  shift 2
  state=$(stack_state "$stack") || exit
  can_change "$stack" "${state##*$'\t'}"
  local arguments=(--stack-name "$stack" --template-file "$template" --no-execute-changeset --no-fail-on-empty-changeset)
  arguments+=(--capabilities CAPABILITY_IAM CAPABILITY_NAMED_IAM CAPABILITY_AUTO_EXPAND)
  if (($(wc -c <"$template") > longest_body)); then arguments+=(--s3-bucket "$code_bucket" --s3-prefix templates --force-upload); fi
  if (($# > 0)); then arguments+=(--parameter-overrides "$@"); fi
  words=$(aws cloudformation deploy "${arguments[@]}" 2>&1) || [[ $words == *"No updates are to be performed"* ]] || {
    say_what_is_not_valid "$stack"
    state=$(stack_state "$stack") && drop_empty "$stack" "$state"
    stop "CloudFormation makes no change set of $template for the stack $stack: $(last_line "$words")"
  }
  if [[ $words == *"No changes to deploy"* || $words == *"No updates are to be performed"* ]]; then
    say "The stack $stack has no changes."
    return
  fi
  change_set=$(grep -o -- '--change-set-name [^ ]*' <<<"$words" | cut -d ' ' -f 2 | tail -n 1) || true
  [[ -n $change_set ]] || stop "the AWS CLI named no change set: $(last_line "$words")"

  say "The stack $stack would change so:"
  aws cloudformation describe-change-set --change-set-name "$change_set" --stack-name "$stack" --output text \
    --query 'Changes[].ResourceChange.[Action,LogicalResourceId,ResourceType,Replacement]' |
    table ACTION 'LOGICAL ID' TYPE REPLACEMENT >&2
  if ! agreed "Change the stack $stack?"; then
    aws cloudformation delete-change-set --change-set-name "$change_set" --stack-name "$stack"
    state=$(stack_state "$stack") && drop_empty "$stack" "$state"
    stop "the stack $stack was left as it is, and nothing after it was changed"
  fi
  last=
  if [[ -n $state ]]; then last=$(last_event "$stack"); fi
  aws cloudformation execute-change-set --change-set-name "$change_set" --stack-name "$stack" >/dev/null ||
    stop "CloudFormation does not execute the change set of the stack $stack"
  follow "$stack" "$stack" "$last" || {
    say_what_failed "$stack" "$last"
    stop "the stack $stack did not change; CloudFormation put back what had been"
  }
}

# A stack that only a change set made, which nobody executed, holds nothing and is taken away.
drop_empty() {
  if [[ ${2##*$'\t'} == REVIEW_IN_PROGRESS ]]; then aws cloudformation delete-stack --stack-name "$1"; fi
}

# The newest events, oldest first: id, status, type, logical id and reason, separated by tabs.
events() {
  aws cloudformation describe-stack-events --stack-name "$1" --max-items 300 --output text \
    --query 'StackEvents[].[EventId,ResourceStatus,ResourceType,LogicalResourceId,ResourceStatusReason]' |
    awk -F '\t' 'NF >= 5 { line[++count] = $0 } END { while (count > 0) print line[count--] }'
}

last_event() {
  events "$1" | tail -n 1 | cut -f 1
}

# Those that came after the event of this id; all where the id is empty.
events_after() {
  events "$1" | awk -F '\t' -v last="$2" 'last == "" || found { print } $1 == last { found = 1 }'
}

# Shows what happens to the stack until that has ended; false where it ended badly: `follow NAME ID LAST_EVENT`.
follow() {
  local name=$1 id=$2 last=$3 new event status type logical end=
  while [[ -z $end ]]; do
    new=$(events_after "$id" "$last") || stop "the events of the stack $name cannot be read: what was begun goes on"
    while IFS=$'\t' read -r event status type logical _; do
      if [[ -z $event ]]; then continue; fi
      last=$event
      if [[ $type == AWS::CloudFormation::Stack && $logical == "$name" ]]; then
        case $status in
          *_CLEANUP_IN_PROGRESS) ;;
          *_COMPLETE | *_FAILED) end=$status ;;
        esac
      elif [[ $status == *_COMPLETE || $status == *_FAILED || $status == DELETE_SKIPPED ]]; then
        say "  $status $logical ($type)"
      fi
    done <<<"$new"
    if [[ -z $end ]]; then sleep "${POLL_SECONDS:-3}"; fi
  done
  say "  $end $name"
  [[ $end == CREATE_COMPLETE || $end == UPDATE_COMPLETE || $end == DELETE_COMPLETE ]]
}

# What failed, the first one first: what was cancelled because of it says nothing.
say_what_failed() {
  local failed
  say_what_is_not_valid "$1"
  failed=$(events_after "$1" "$2" | awk -F '\t' '$2 ~ /_FAILED$/ && $5 !~ /cancelled/ { print $4 "\t" $3 "\t" $2 "\t" $5 }')
  if [[ -z $failed ]]; then return; fi
  say "What failed in the stack $1, the first one first:"
  table 'LOGICAL ID' TYPE STATUS REASON <<<"$failed" >&2
}

# What CloudFormation found before it began, such as a name that is taken; an older AWS CLI cannot ask for it.
say_what_is_not_valid() {
  local found
  found=$(aws cloudformation describe-events --stack-name "$1" --filters FailedEvents=true --output text \
    --query "OperationEvents[?EventType=='VALIDATION_ERROR'].[LogicalResourceId,ResourceType,ValidationStatusReason]" 2>/dev/null || true)
  if [[ $found != *$'\t'* ]]; then return; fi
  say "What CloudFormation found wrong in the stack $1 before it began:"
  table 'LOGICAL ID' TYPE REASON <<<"$found" >&2
}

# What the stacks give, as a table on standard output.
show_outputs() {
  local stack name value
  for stack in "$@"; do
    while IFS=$'\t' read -r name value; do
      if [[ -n $name ]]; then printf '%s\t%s\t%s\n' "$stack" "$name" "$value"; fi
    done <<<"$(outputs_of "$stack")"
  done | table STACK OUTPUT VALUE
}
