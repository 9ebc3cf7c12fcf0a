# Where `up` and `down` work: programs, Region, account.

need_programs() {
    command -v aws >/dev/null ||
        fail "aws, the AWS CLI, is not on PATH; https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html says how to install it."
    command -v kubectl >/dev/null ||
        fail "kubectl is not on PATH; https://kubernetes.io/docs/tasks/tools/ says how to install it."
}

# The Region of the option, of the environment, of the profile, or of the one who sits there.
find_region() {
    local whose="the Region"
    region=$1
    [[ -z $region ]] || whose=--region
    [[ -n $region ]] || region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
    [[ -n $region ]] || region=$(aws configure get region || true)
    if [[ -z $region && -t 0 ]]; then
        read -r -p "Region (such as us-east-1): " region
    fi
    [[ -n $region ]] ||
        wrong_use "no Region is known; give --region, or set AWS_REGION, or give your profile one by 'aws configure'."
    check_region "$whose" "$region"
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
