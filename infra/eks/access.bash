# How Batch may use the cluster: the namespace, and who Batch is there.

# kubectl speaks by a file of its own, so that the caller's kubeconfig and context stay as they are.
open_cluster() {
    aws eks update-kubeconfig --name "$name" --kubeconfig "$scratch/kubeconfig" >/dev/null
}

kube() {
    kubectl --kubeconfig "$scratch/kubeconfig" "$@"
}

# A manifest for the namespace, which was checked: in quotes it is a string, whatever it looks like.
manifest() {
    local text
    text=$(<"$here/kubernetes/$1.yaml")
    printf '%s\n' "${text//\"NAMESPACE\"/\"$namespace\"}"
}

# `ours`, `foreign`, or nothing where there is no such namespace.
whose_namespace() {
    local found
    found=$(kube get namespace "$namespace" --ignore-not-found -o 'jsonpath={.metadata.name} {.metadata.labels.app\.kubernetes\.io/managed-by}')
    case $found in
    "$namespace jobwire-eks") printf 'ours' ;;
    "$namespace "*) printf 'foreign' ;;
    esac
}

make_namespace() {
    if [[ $(whose_namespace) == foreign ]]; then
        say "       The namespace $namespace is there already and stays as it is; down will leave it too."
    else
        manifest namespace | kube apply -f - >&2
    fi
}

# A namespace takes its volumes with it, which the cluster alone would leave behind to be paid for.
remove_namespace() {
    if [[ $(whose_namespace) == ours ]]; then
        kube delete namespace "$namespace" --ignore-not-found --timeout=5m >&2
    fi
}

# With an access entry. Batch makes the entry itself when its first compute environment is made, with a policy to see
# the cluster; the policy to run pods in the namespace is for us to add, and without it jobs stay RUNNABLE.
associate_namespace_policy() {
    local principal="arn:$partition:iam::$account:$batch_role" tries=0
    until aws eks describe-access-entry --cluster-name "$name" --principal-arn "$principal" >/dev/null 2>"$scratch/error"; do
        grep -q ResourceNotFoundException "$scratch/error" || fail "the access entry cannot be read: $(tr -s '\n' ' ' <"$scratch/error")"
        ((++tries < 60)) || fail "Batch has made itself no access entry within five minutes; the caller needs eks:CreateAccessEntry and eks:AssociateAccessPolicy. Run this again, or use --identity aws-auth."
        progress "waiting for Batch's access entry"
        pause 5
    done
    progress_ends
    aws eks associate-access-policy --cluster-name "$name" --principal-arn "$principal" \
        --policy-arn "arn:$partition:eks::aws:cluster-access-policy/AWSBatchNamespacePolicy" \
        --access-scope "type=namespace,namespaces=$namespace" >/dev/null
}

# Deleting the compute environments leaves the entry.
remove_access_entry() {
    aws eks delete-access-entry --cluster-name "$name" --principal-arn "arn:$partition:iam::$account:$batch_role" >/dev/null 2>"$scratch/error" ||
        grep -q ResourceNotFoundException "$scratch/error" || fail "the access entry cannot be deleted: $(tr -s '\n' ' ' <"$scratch/error")"
}

# With the ConfigMap aws-auth. It knows a role by its ARN without the path.
# https://github.com/kubernetes-sigs/aws-iam-authenticator/issues/268
mapped_arn() {
    printf 'arn:%s:iam::%s:role/AWSServiceRoleForBatch' "$partition" "$account"
}

read_mapping() {
    kube get configmap aws-auth -n kube-system --ignore-not-found -o 'jsonpath={.data.mapRoles}'
}

# kubectl writes the ConfigMap, so that no YAML is put together here; applying one key leaves the others as they are.
write_mapping() {
    kube create configmap aws-auth -n kube-system --from-file=mapRoles=/dev/stdin --dry-run=client -o yaml | kube apply -f - >&2
}

map_batch() {
    local mapping lines
    mapping=$(read_mapping)
    [[ $mapping != *"$(mapped_arn)"* ]] || return 0
    lines=$(printf -- '- rolearn: %s\n  username: aws-batch' "$(mapped_arn)")
    # EKS writes a list with a hyphen at the beginning of a line. Lines can be added to that and to nothing else.
    if [[ -n ${mapping//[[:space:]]/} && $mapping != "- "* ]]; then
        say "$lines"
        fail "mapRoles of the ConfigMap aws-auth is not a list as EKS writes it; add the two lines above by 'kubectl edit configmap aws-auth -n kube-system', and run this again."
    fi
    printf '%s\n' ${mapping:+"$mapping"} "$lines" | write_mapping
}

unmap_batch() {
    local mapping
    mapping=$(read_mapping)
    [[ $mapping == *"$(mapped_arn)"* ]] || return 0
    printf '%s\n' "$mapping" | remove_entry "$(mapped_arn)" | write_mapping
}

# Leaves out the entry that `map_batch` added.
remove_entry() {
    local line skip=""
    while IFS= read -r line; do
        if [[ $line == "- rolearn: $1" ]]; then
            skip=yes
        elif [[ -n $skip && $line == "  username: aws-batch" ]]; then
            skip=""
        else
            skip=""
            printf '%s\n' "$line"
        fi
    done
}

apply_roles() {
    manifest cluster-role | kube apply -f - >&2
    manifest namespace-role | kube apply -f - >&2
}

remove_roles() {
    manifest namespace-role | kube delete -f - --ignore-not-found >&2
    manifest cluster-role | kube delete -f - --ignore-not-found >&2
}
