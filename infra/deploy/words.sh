# What people read: words and tables. Words go to standard error, so that standard output holds results alone.
# shellcheck shell=bash

if ((BASH_VERSINFO[0] < 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] < 4))); then
  printf '%s\n' "error: this is bash $BASH_VERSION, and 4.4 or newer is needed: on macOS \`brew install bash\`" >&2
  exit 1
fi

# What stops a script without a sentence of its own is said to be so, beneath the words of the program that failed.
trap 'say "error: $0 ended at line $LINENO, where a command failed"' ERR

say() {
  printf '%s\n' "$*" >&2
}

# Something is not as it must be: nothing goes on after it.
stop() {
  say "error: $*"
  exit 1
}

# It was called in a way that nothing can be made of.
refuse() {
  say "error: $*"
  exit 2
}

# Says what takes its time now.
step() {
  say "==> $*"
}

# Prints rows of tab-separated values below this header, each column as wide as its widest value. AWS writes None for nothing.
table() {
  { (IFS=$'\t' && printf '%s\n' "$*") && cat; } | awk -F '\t' '
    { for (i = 1; i <= NF; i++) { if ($i == "None") $i = ""; cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) }
      if (NF > columns) columns = NF }
    END { for (row = 1; row <= NR; row++) {
      line = ""
      for (i = 1; i <= columns; i++) { line = line cell[row, i]; for (pad = length(cell[row, i]); pad < width[i] + 2; pad++) line = line " " }
      sub(/ +$/, "", line)
      print "  " line } }'
}

# Whether a person at the terminal says yes; YES=1 says it beforehand.
agreed() {
  local answer
  if [[ ${YES:-} == 1 ]]; then return 0; fi
  printf '%s [y/N] ' "$1" >&2
  read -r answer || answer=
  [[ $answer == [yY] || $answer == [yY][eE][sS] ]]
}

# What was asked for changes an account, so somebody must be there to look at it, or have said yes.
find_terminal() {
  [[ -z ${YES:-} || $YES == 1 ]] ||
    refuse "YES is neither 1 nor empty: YES=1 says yes to all that is asked, and without it you are asked before each change"
  if [[ ${YES:-} != 1 && ! -t 0 ]]; then
    missing+=("there is no terminal to ask at: run it in one and look at what is shown, or say yes to everything beforehand by YES=1")
  fi
}

# The words as a person lists them: `A`, `A and B`, `A, B and C`.
listed() {
  local text=$1
  shift
  while (($# > 1)); do
    text+=", $1"
    shift
  done
  printf '%s' "$text${1:+ and $1}"
}
