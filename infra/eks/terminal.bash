# What `up` and `down` say. Words go to standard error, results to standard output.

bold="" plain=""
if [[ -t 2 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    bold=$'\e[1m' plain=$'\e[0m'
fi

say() {
    printf '%s\n' "$*" >&2
}

# A part of the work, with the time since the beginning.
step() {
    printf '%s%3d:%02d  %s%s\n' "$bold" $((SECONDS / 60)) $((SECONDS % 60)) "$*" "$plain" >&2
}

# A line that takes the place of the one before it on a terminal; in a log it is a line of its own.
progress() {
    if [[ -t 2 ]]; then
        printf '\r\e[K       %s' "$*" >&2
    else
        printf '       %s\n' "$*" >&2
    fi
}

# Ends the line that `progress` goes on writing.
progress_ends() {
    if [[ -t 2 ]]; then
        printf '\r\e[K' >&2
    fi
}

# The program cannot go on.
fail() {
    say "error: $*"
    exit 1
}

# The program was called wrongly.
wrong_use() {
    say "error: $*"
    say "Try '$0 --help'."
    exit 2
}

# Between two looks at something. It holds none of the program's streams, so that nobody who reads them waits for it.
pause() {
    sleep "$1" >/dev/null 2>&1
}
