# Where `up` and `down` work: programs, names, Region, account.

# The value of an option, which must be there.
value_of() {
    [[ $1 == --* ]] || wrong_use "'$1' is no option."
    [[ $# -ge 2 && -n $2 && $2 != --* ]] || wrong_use "$1 needs a value."
    printf '%s' "$2"
}

check_name() {
    [[ $1 =~ ^[A-Za-z][A-Za-z0-9-]{0,59}$ ]] ||
        wrong_use "--name is not a letter and up to 59 more letters, digits and hyphens, which stacks, cluster and queues can all be called; give another one."
}

# Batch's rules for a namespace, which it would only tell some twenty minutes later.
check_namespace() {
    local rule="a namespace of Batch"
    [[ ${#1} -le 63 ]] || wrong_use "--namespace has ${#1} characters, and $rule has 63 at most; give a shorter one."
    [[ $1 =~ ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ ]] ||
        wrong_use "--namespace is not made of lower-case letters, digits and inner hyphens, as $rule is; give another one."
    [[ $1 != default ]] || wrong_use "--namespace is 'default', which Batch refuses; give one of the jobs' own."
    [[ $1 != kube* ]] || wrong_use "--namespace begins with 'kube', which belongs to Kubernetes and Batch refuses; give another one."
}

need_programs() {
    command -v aws >/dev/null ||
        fail "aws, the AWS CLI, is not on PATH; https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html says how to install it."
    command -v kubectl >/dev/null ||
        fail "kubectl is not on PATH; https://kubernetes.io/docs/tasks/tools/ says how to install it."
}

# The Region of the option, of the environment, of the profile, or of the one who sits there.
find_region() {
    region=${1:-${AWS_REGION:-${AWS_DEFAULT_REGION:-}}}
    [[ -n $region ]] || region=$(aws configure get region || true)
    if [[ -z $region && -t 0 ]]; then
        read -r -p "Region (such as us-east-1): " region
    fi
    [[ -n $region ]] ||
        wrong_use "no Region is known; give --region, or set AWS_REGION, or give your profile one by 'aws configure'."
    [[ $region =~ ^[a-z]{2}(-[a-z]+)+-[0-9]$ ]] || wrong_use "--region is not a Region's name, such as us-east-1."
    # The first version of the AWS CLI reads the one, the second both.
    export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER=""
}

# Who calls, by which the ARNs below are made.
find_account() {
    local arn
    arn=$(aws sts get-caller-identity --query Arn --output text 2>"$scratch/error") ||
        fail "AWS does not know who calls; give credentials by 'aws configure', 'aws sso login' or AWS_PROFILE. The AWS CLI says: $(tr -s '\n' ' ' <"$scratch/error")"
    IFS=: read -r _ partition _ _ account _ <<<"$arn"
    batch_role="role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
}
