# CloudFormation stacks: what one is, deploying it, deleting it.

# Sets `status` (NONE without a stack), and from the tags that `up` writes `owner`, `recorded_namespace` and
# `recorded_identity`.
read_stack() {
    local answer tag="Tags[?Key=='jobwire:%s']|[0].Value" query
    # shellcheck disable=SC2059 # The format is the line above.
    query="Stacks[0].[StackStatus,$(printf "$tag,$tag,$tag" eks namespace identity)]"
    status=NONE owner="" recorded_namespace="" recorded_identity=""
    if answer=$(aws cloudformation describe-stacks --stack-name "$1" --query "$query" --output text 2>"$scratch/error"); then
        read -r status owner recorded_namespace recorded_identity <<<"$answer"
        [[ $owner != None ]] || owner=""
        [[ $recorded_namespace != None ]] || recorded_namespace=""
        [[ $recorded_identity != None ]] || recorded_identity=""
    elif ! grep -q 'does not exist' "$scratch/error"; then
        fail "CloudFormation cannot be asked for the stack $1: $(tr -s '\n' ' ' <"$scratch/error")"
    fi
    [[ $status == NONE || $owner == "$name" ]] ||
        fail "the stack $1 is there and was not made by infra/eks/up, so it is left alone; give another --name."
}

# The output of a stack.
output() {
    aws cloudformation describe-stacks --stack-name "$1" --query "Stacks[0].Outputs[?OutputKey=='$2']|[0].OutputValue" --output text
}

# Says every few seconds how far a stack is, until it is ended.
tell_progress() {
    local line last="" query
    query="join(' of ',[to_string(length(StackResources[?ends_with(ResourceStatus,'_COMPLETE')])),to_string(length(StackResources))])"
    # An interrupted program does not end what it started in the background.
    while pause 5 && kill -0 $$ 2>/dev/null; do
        line=$(aws cloudformation describe-stack-resources --stack-name "$1" --query "$query" --output text 2>/dev/null) || continue
        [[ $line != "$last" || -t 2 ]] || continue
        last=$line
        progress "$1: $line resources after $((SECONDS / 60)) min $((SECONDS % 60)) s"
    done
}

# Runs a command, whose own words go to a file, and tells a stack's progress meanwhile.
while_telling() {
    local stack=$1 teller outcome=0
    shift
    tell_progress "$stack" &
    teller=$!
    "$@" >"$scratch/said" 2>&1 || outcome=$?
    kill "$teller" 2>/dev/null || true
    wait "$teller" 2>/dev/null || true
    progress_ends
    return "$outcome"
}

# An interrupted `up` or `down` leaves a stack at work; it is waited for.
settle_stack() {
    read_stack "$1"
    while [[ $status == *_IN_PROGRESS && $status != REVIEW_IN_PROGRESS ]]; do
        progress "$1 is still at work: $status"
        pause 10
        read_stack "$1"
    done
    progress_ends
}

# Which resources failed, and why.
show_failures() {
    local query="StackEvents[?ends_with(ResourceStatus,'_FAILED')].[LogicalResourceId,ResourceStatusReason]"
    tail -n 3 "$scratch/said" >&2
    aws cloudformation describe-stack-events --stack-name "$1" --query "$query" --output text 2>/dev/null | head -n 8 >&2 || true
}

# deploy_stack STACK TEMPLATE PARAMETER=VALUE…: makes the stack, or brings it to these parameters; others stay as they are.
deploy_stack() {
    local stack=$1 template=$2
    shift 2
    settle_stack "$stack"
    case $status in
    ROLLBACK_COMPLETE | ROLLBACK_FAILED | CREATE_FAILED | DELETE_FAILED)
        # What is left of a first try that failed cannot be updated, and holds nothing that ever worked.
        say "       The stack $stack is $status, so it is removed and made again."
        delete_stack "$stack"
        ;;
    *_ROLLBACK_FAILED)
        fail "the stack $stack is $status; see its events, then run 'aws cloudformation continue-update-rollback --stack-name $stack' and this again."
        ;;
    esac
    while_telling "$stack" aws cloudformation deploy --stack-name "$stack" --template-file "$here/$template" \
        --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset \
        --tags "jobwire:eks=$name" "jobwire:namespace=$namespace" "jobwire:identity=$identity" \
        --parameter-overrides "$@" || {
        show_failures "$stack"
        fail "the stack $stack was not deployed; the lines above say why. Mend it and run this again: what is done stays."
    }
}

# Deletes a stack, if it is there.
delete_stack() {
    local stack=$1
    settle_stack "$stack"
    [[ $status != NONE ]] || return 0
    aws cloudformation delete-stack --stack-name "$stack"
    while_telling "$stack" aws cloudformation wait stack-delete-complete --stack-name "$stack" || {
        show_failures "$stack"
        fail "the stack $stack was not deleted; the lines above say why. Mend it and run this again."
    }
}
