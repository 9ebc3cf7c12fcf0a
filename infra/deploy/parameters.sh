# The parameters of the stacks: PARAMETERS and COMPUTE_PARAMETERS hold words as a shell writes them, `'Name=a value' Other=x`.
# shellcheck shell=bash

# Reads the words of this variable into this array: `read_parameters ARRAY VARIABLE`. xargs reads the quotes, and nothing in
# the words is run.
read_parameters() {
  local -n into=$1
  local words word count=0
  into=()
  words=$(printf '%s' "${!2:-}" | xargs -r printf '%s\n' 2>/dev/null) ||
    refuse "$2 has a quote without its other: write $2=\"'NAME=VALUE' …\""
  while IFS= read -r word; do
    if [[ -z $word ]]; then continue; fi
    count=$((count + 1))
    [[ $word == *=* ]] || refuse "word $count of $2 is no NAME=VALUE: put quotes around a value with spaces in it"
    [[ $word =~ ^[A-Za-z0-9]+= ]] ||
      refuse "word $count of $2 has a name that is not made of letters and digits alone, as the names of parameters are: write NAME=VALUE"
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

# A template's parameters, one a line: the name, and behind a tab `string` where it has a default, and `null` where it has none.
parameters_of() {
  local rows
  rows=$(in_template "$1" cloudformation get-template-summary --query 'Parameters[].[ParameterKey,type(DefaultValue)]' --output text) ||
    stop "CloudFormation cannot read $1"
  printf '%s\n' "$rows"
}

# A parameter that no template has is a slip of the pen, and would be passed over in silence: `all_are_known ARRAY VARIABLE ROWS`.
all_are_known() {
  local -n asked=$1
  local known word
  known=$(awk -F '\t' '$1 != "" { print $1 }' <<<"$3" | sort -u)
  for word in "${asked[@]}"; do
    grep -qx -- "${word%%=*}" <<<"$known" ||
      refuse "no template has the parameter ${word%%=*} of $2: there are $(paste -sd ' ' - <<<"$known")"
  done
}

# Parameters that have no value from anywhere are missing: `find_wanted STACK TEMPLATE ROWS FILLED…`, where deploy itself gives a
# value to those that are filled.
find_wanted() {
  local stack=$1 template=$2 rows=$3 name default wanted=()
  shift 3
  while IFS=$'\t' read -r name default; do
    if [[ $default != null || " $* " == *" $name "* ]] || value_of "$name" >/dev/null; then continue; fi
    if ! parameter_now "$stack" "$name" >/dev/null; then wanted+=("$name"); fi
  done <<<"$rows"
  if ((${#wanted[@]} == 0)); then return; fi
  local has=has them=it
  if ((${#wanted[@]} > 1)); then has=have them=them; fi
  missing+=("$(listed "${wanted[@]}") $has no default: give $them by PARAMETERS=\"$(printf '%s=… ' "${wanted[@]}" | sed 's/ $//')\" (${template#"$root/"} says more)")
}
