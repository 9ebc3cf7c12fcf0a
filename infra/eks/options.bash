# The values of options. All are looked at before anything is asked of AWS, which would tell some of it only minutes later.

# The value of an option, which must be there.
value_of() {
    [[ $# -ge 2 && -n $2 && $2 != --* ]] || wrong_use "$1 needs a value."
    printf '%s' "$2"
}

# What is neither an option nor the value of one.
no_option() {
    [[ $1 == -* ]] || wrong_use "'$1' is no option."
    wrong_use "there is no option '${1%%=*}'."
}

check_name() {
    [[ $1 =~ ^[A-Za-z][A-Za-z0-9-]{0,59}$ ]] ||
        wrong_use "--name is not a letter and up to 59 more letters, digits and hyphens, which stacks, cluster and queues can all be called; give another one."
}

# Of an option, or of where it came from.
check_region() {
    [[ $2 =~ ^[a-z]{2}(-[a-z]+)+-[0-9]$ ]] || wrong_use "$1 is not a Region's name, such as us-east-1."
}

# Batch's rules for a namespace.
check_namespace() {
    local rule="a namespace of Batch"
    [[ ${#1} -le 63 ]] || wrong_use "--namespace has ${#1} characters, and $rule has 63 at most; give a shorter one."
    [[ $1 =~ ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ ]] ||
        wrong_use "--namespace is not made of lower-case letters, digits and inner hyphens, as $rule is; give another one."
    [[ $1 != default ]] || wrong_use "--namespace is 'default', which Batch refuses; give one of the jobs' own."
    [[ $1 != kube* ]] || wrong_use "--namespace begins with 'kube', which belongs to Kubernetes and Batch refuses; give another one."
}

check_subnets() {
    [[ $1 =~ ^subnet-[0-9a-f]+(,subnet-[0-9a-f]+)+$ ]] ||
        wrong_use "--subnets is not two or more subnet ids with commas between them; a cluster needs two Availability Zones."
}

check_identity() {
    [[ $1 == access-entry || $1 == aws-auth ]] || wrong_use "--identity is neither access-entry nor aws-auth."
}

check_kubernetes_version() {
    [[ $1 =~ ^1\.[0-9][0-9]$ ]] || wrong_use "--kubernetes-version is not a version of the form 1.NN, such as 1.34."
}

# EKS takes blocks of IPv4 for a cluster such as this one.
check_public_access() {
    local byte='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
    local block="$byte(\.$byte){3}/(3[0-2]|[12]?[0-9])"
    [[ $1 =~ ^$block(,$block)*$ ]] ||
        wrong_use "--public-access is not one or more CIDR blocks of IPv4 with commas between them, such as 203.0.113.0/24,198.51.100.7/32."
}

check_node_type() {
    [[ $1 =~ ^[a-z][a-z0-9-]*\.[a-z0-9-]+$ ]] || wrong_use "--node-type is not an instance type, such as m5.large."
}

check_instance_types() {
    local type='[a-z][a-z0-9_-]*(\.[a-z0-9-]+)?'
    [[ $1 =~ ^$type(,$type)*$ ]] ||
        wrong_use "--instance-types is not optimal, or instance types or families with commas between them, such as m5.large,c5."
}

check_max_vcpus() {
    [[ $1 =~ ^[1-9][0-9]{0,8}$ ]] || wrong_use "--max-vcpus is not a whole number from 1 to 999999999."
}

# What PutRetentionPolicy of CloudWatch Logs takes.
retentions="1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653"

check_retention() {
    [[ $1 =~ ^[0-9]+$ && " $retentions " == *" $1 "* ]] ||
        wrong_use "--log-retention is not a number of days that CloudWatch Logs takes: ${retentions// /, }."
}
