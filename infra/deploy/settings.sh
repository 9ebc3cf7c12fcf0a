# What is deployed and under which names, from the environment that make hands on.
# shellcheck shell=bash disable=SC2034

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# The example that is deployed; name your own by PIPELINE=path/to/folder.
PIPELINE=${PIPELINE:-$root/infra/pipelines/feed}
# x86_64 or arm64: the processor of the functions.
ARCH=${ARCH:-x86_64}
STAGE=${STAGE:-}
TAG=${TAG:-latest}

[[ -f $PIPELINE/jobwire.yaml ]] || refuse "PIPELINE=$PIPELINE has no jobwire.yaml: name the folder of a trigger file"
PIPELINE=$(cd "$PIPELINE" && pwd)
[[ $ARCH == x86_64 || $ARCH == arm64 ]] || refuse "ARCH=$ARCH is neither x86_64 nor arm64, which are what Lambda has"
[[ -z $STAGE || $STAGE =~ ^[a-z0-9]([a-z0-9-]*[a-z0-9])?$ ]] ||
  refuse "STAGE=$STAGE is not made of lower-case letters, digits and hyphens: it becomes a part of buckets' names"

pipeline_name=$(basename "$PIPELINE")
# Stages do not meet, since the stage is a part of every stack's name, and the stack's name a part of its buckets' and topics'.
STACK=${STACK:-jobwire-$pipeline_name}${STAGE:+-$STAGE}
BATCH_STACK=$STACK-batch
# What several pipelines share: the network that their jobs run in, and the bucket of the functions' code.
COMPUTE_STACK=${COMPUTE_STACK:-jobwire-batch}
CODE_STACK=${CODE_STACK:-jobwire-code}
OUT=${OUT:-build/$STACK}

# A rule's name has 64 characters, of which its trigger's takes 32 at most.
[[ $STACK =~ ^[a-z][a-z0-9-]{0,30}$ ]] ||
  refuse "STACK=$STACK is not made of at most 31 lower-case letters, digits and hyphens: it becomes a part of buckets' and rules' names"
for shared in "$COMPUTE_STACK" "$CODE_STACK"; do
  [[ $STACK != "$shared" && $BATCH_STACK != "$shared" ]] ||
    refuse "the stack $shared is shared by all pipelines: give this one another name by STACK=NAME"
done

if [[ -f $PIPELINE/batch.yaml ]]; then batch_template=$PIPELINE/batch.yaml; else batch_template=; fi
compute_template=$root/infra/batch.yaml

# A pipeline's image is made by the Dockerfile beside its trigger file.
if [[ -f $PIPELINE/Dockerfile ]]; then dockerfile=$PIPELINE/Dockerfile
elif [[ -f $root/infra/images/$pipeline_name/Dockerfile ]]; then dockerfile=$root/infra/images/$pipeline_name/Dockerfile
else dockerfile=; fi

# What the image is called on this machine; jobwire.local.yaml knows it by that name.
case $pipeline_name in feed) image_name=feed-jobs ;; *) image_name=jobwire/$pipeline_name ;; esac

cd "$root" || exit
