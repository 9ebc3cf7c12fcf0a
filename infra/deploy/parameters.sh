# The parameters of the stacks: PARAMETERS and COMPUTE_PARAMETERS hold words as a shell writes them, `'Name=a value' Other=x`.
# shellcheck shell=bash

# Reads the words of this variable into this array: `read_parameters ARRAY VARIABLE`. xargs reads the quotes, and nothing in
# the words is run.
read_parameters() {
  local -n into=$1
  local words word
  into=()
  words=$(printf '%s' "${!2:-}" | xargs -r printf '%s\n') ||
    refuse "$2 has a quote without its other: write $2=\"'NAME=VALUE' …\""
  while IFS= read -r word; do
    if [[ -z $word ]]; then continue; fi
    [[ $word =~ ^[A-Za-z0-9]+= ]] || refuse "$2 has a word that is no NAME=VALUE: put quotes around a value with spaces in it"
    into+=("$word")
  done <<<"$words"
}

# The value that was given for the parameter; false where none was.
value_of() {
  local word
  for word in "${given[@]}"; do
    if [[ ${word%%=*} == "$1" ]]; then printf '%s' "${word#*=}"; return 0; fi
  done
  return 1
}

# Whether the parameter was given a value that is not empty.
has_value() {
  local value
  value=$(value_of "$1") && [[ -n $value ]]
}

# The names of a template's parameters, one a line.
parameters_of() {
  local names
  names=$(in_template "$1" cloudformation get-template-summary --query 'Parameters[].[ParameterKey]' --output text) ||
    stop "CloudFormation cannot read $1"
  printf '%s\n' "$names"
}

# A parameter that no template has is a slip of the pen, and would be passed over in silence.
all_are_known() {
  local known=$1 word
  for word in "${given[@]}"; do
    grep -qx -- "${word%%=*}" <<<"$known" ||
      refuse "no template has the parameter ${word%%=*}: there are $(sort -u <<<"$known" | grep . | paste -sd ' ' -)"
  done
}
