# The data that stacks leave behind: buckets, tables, groups of logs.
# shellcheck shell=bash

# The data of all stacks of these names, also of those that were deleted in the last 90 days, as far as it is still there:
# kind, name and what is in it, separated by tabs.
data_of() {
  local stack id
  for stack in "$@"; do
    # A stack that was deleted is found by its id alone.
    for id in $(aws cloudformation list-stacks --output text --query "StackSummaries[?StackName=='$stack'].StackId"); do
      aws cloudformation describe-stack-resources --stack-name "$id" --output text \
        --query 'StackResources[].[ResourceType,PhysicalResourceId]' 2>/dev/null || true
    done
  done | sort -u | while IFS=$'\t' read -r type name; do
    case $type in
      AWS::S3::Bucket) content=$(in_bucket "$name") && printf 'bucket\t%s\t%s\n' "$name" "$content" ;;
      AWS::DynamoDB::Table) content=$(in_table "$name") && printf 'table\t%s\t%s\n' "$name" "$content" ;;
      AWS::Logs::LogGroup) content=$(in_log_group "$name") && printf 'log group\t%s\t%s\n' "$name" "$content" ;;
    esac
  done
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
  local batch
  batch=$(mktemp)
  while
    aws s3api list-object-versions --bucket "$1" --expected-bucket-owner "$account" --max-keys 1000 --no-paginate --output json \
      --query '{Quiet: `true`, Objects: [Versions, DeleteMarkers][][].{Key: Key, VersionId: VersionId}}' >"$batch"
    grep -q '"Key"' "$batch"
  do
    aws s3api delete-objects --bucket "$1" --expected-bucket-owner "$account" --delete "file://$batch" >/dev/null
  done
  rm -f "$batch"
}
