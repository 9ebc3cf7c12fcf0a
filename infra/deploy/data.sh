# The data that stacks leave behind: buckets, tables, groups of logs.
# shellcheck shell=bash

# What these stacks have, and what stacks of these names left behind that were deleted in the last 90 days: type and name,
# separated by a tab. A stack that was deleted is found by its id alone, and what it left behind stands in its events.
resources_of() {
  local stack id ids
  for stack in "$@"; do
    ids=$(aws cloudformation list-stacks --output text --query "StackSummaries[?StackName=='$stack'].[StackId]") ||
      stop "CloudFormation does not say which stacks there were, so their data cannot be found"
    for id in $ids; do
      # What failed or was deleted is none of the stack's, and may be another's by now.
      aws cloudformation list-stack-resources --stack-name "$id" --output text \
        --query "StackResourceSummaries[?ends_with(ResourceStatus, '_COMPLETE') && ResourceStatus!='DELETE_COMPLETE'].[ResourceType,PhysicalResourceId]" 2>/dev/null || true
      aws cloudformation describe-stack-events --stack-name "$id" --output text \
        --query "StackEvents[?ResourceStatus=='DELETE_SKIPPED'].[ResourceType,PhysicalResourceId]" 2>/dev/null || true
    done
  done | sort -u
}

# Whether a stack of another name has it now: fixed names go from one stack to the next.
is_of_another() {
  local owner
  owner=$(aws cloudformation describe-stack-resources --physical-resource-id "$1" --query 'StackResources[0].StackName' --output text 2>/dev/null) ||
    return 1
  [[ $owner != None && $owner != "$STACK" && $owner != "$BATCH_STACK" ]]
}

# Of these resources the data that is there now: kind, name and what is in it, separated by tabs.
data_of() {
  local type name content
  while IFS=$'\t' read -r type name; do
    case $type in
      AWS::S3::Bucket | AWS::DynamoDB::Table | AWS::Logs::LogGroup) if is_of_another "$name"; then continue; fi ;;
    esac
    case $type in
      AWS::S3::Bucket) if content=$(in_bucket "$name"); then printf 'bucket\t%s\t%s\n' "$name" "$content"; fi ;;
      AWS::DynamoDB::Table) if content=$(in_table "$name"); then printf 'table\t%s\t%s\n' "$name" "$content"; fi ;;
      AWS::Logs::LogGroup) if content=$(in_log_group "$name"); then printf 'log group\t%s\t%s\n' "$name" "$content"; fi ;;
    esac
  done <<<"$1"
}

# What is in it, in words; false where it is not there, or is another account's.
in_bucket() {
  local count
  count=$(aws s3api list-objects-v2 --bucket "$1" --expected-bucket-owner "$account" --max-keys 1000 --no-paginate \
    --query 'length(Contents || `[]`)' --output text 2>/dev/null) || return
  if ((count == 1000)); then echo '1000 objects or more'; else echo "$count objects"; fi
}

in_table() {
  local count
  # DynamoDB counts some hours late.
  count=$(aws dynamodb describe-table --table-name "$1" --query Table.ItemCount --output text 2>/dev/null) || return
  echo "about $count items"
}

in_log_group() {
  aws logs describe-log-groups --log-group-name-prefix "$1" --query 'logGroups[].[logGroupName,storedBytes]' --output text |
    awk -F '\t' -v name="$1" '$1 == name { print $2 " bytes"; found = 1 } END { exit !found }'
}

# Removes one of them for good: `remove_data KIND NAME`.
remove_data() {
  case $1 in
    bucket)
      empty_bucket "$2"
      aws s3api delete-bucket --bucket "$2" --expected-bucket-owner "$account"
      ;;
    table) aws dynamodb delete-table --table-name "$2" >/dev/null ;;
    'log group') aws logs delete-log-group --log-group-name "$2" ;;
  esac
  say "  removed the $1 $2"
}

# Every version of every object, and the markers of those that were deleted, a thousand at once.
empty_bucket() {
  local batch refused
  batch=$(mktemp)
  while
    aws s3api list-object-versions --bucket "$1" --expected-bucket-owner "$account" --max-keys 1000 --no-paginate --output json \
      --query '{Quiet: `true`, Objects: [Versions, DeleteMarkers][][].{Key: Key, VersionId: VersionId}}' >"$batch"
    grep -q '"Key"' "$batch"
  do
    # It answers well also where objects may not be deleted.
    refused=$(aws s3api delete-objects --bucket "$1" --expected-bucket-owner "$account" --delete "file://$batch" --output text \
      --query 'Errors[0].[Code]')
    if [[ -n $refused && $refused != None ]]; then
      rm -f "$batch"
      stop "S3 does not delete what is in the bucket $1: $refused"
    fi
  done
  rm -f "$batch"
}
