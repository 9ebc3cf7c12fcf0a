# What the functions are built with, and whether it is here or can be had.
# shellcheck shell=bash

# cargo-lambda and Zig of the versions in requirements.txt, in an environment of their own.
tools=.jobwire/lambda

zig_is_there() {
  command -v zig >/dev/null || python3 -m ziglang version >/dev/null 2>&1
}

find_tools() {
  if ! command -v "${CARGO:-cargo}" >/dev/null; then
    missing+=("Rust is not installed: https://rustup.rs says how")
  elif [[ $ARCH == arm64 && $(uname -m) != aarch64 ]] && command -v rustup >/dev/null &&
    ! rustup target list --installed | grep -qx aarch64-unknown-linux-gnu; then
    missing+=("Rust cannot build for arm64 yet: run \`rustup target add aarch64-unknown-linux-gnu\`")
  fi
  if command -v cargo-lambda >/dev/null && zig_is_there; then return; fi
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null && [[ ! -f $tools/installed ]]; then
    missing+=("neither cargo-lambda with Zig is here, nor Python with its venv module to install them by: on Debian and Ubuntu \`apt-get install python3-venv\`")
  fi
}

# Puts the tools on PATH; those that a person installed come first.
take_tools() {
  local wanted=infra/deploy/requirements.txt
  if command -v cargo-lambda >/dev/null && zig_is_there; then return; fi
  if ! cmp -s "$wanted" "$tools/installed"; then
    step "installing cargo-lambda and Zig into $tools, once"
    python3 -m venv --clear "$tools"
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r "$wanted" ||
      stop "cargo-lambda and Zig cannot be installed: is PyPI, or the mirror that pip is set to, within reach?"
    cp "$wanted" "$tools/installed"
  fi
  PATH=$root/$tools/bin:$PATH
}
