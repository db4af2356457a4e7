#!/usr/bin/env bash
# Installs what a bare Debian machine lacks, then runs every test and allows no skip for a missing program.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A package_of=(
  [openssl]=openssl
  [aws]=awscli
  [softhsm2-util]=softhsm2
  [pkcs11-tool]=opensc
  [p11-kit]=p11-kit
  [gcc]=gcc
  [g++]=g++
  [make]=make
  [python3]=python3
  [ps]=procps
  [setsid]=util-linux
  [strace]=strace
  [faketime]=faketime
  [swtpm]=swtpm
  [tpm2_create]=tpm2-tools
  [keytool]=default-jre-headless
  [ssh-agent]=openssh-client
  [zsh]=zsh
  [fish]=fish
  [man]=man-db
  [mandoc]=mandoc
  [certtool]=gnutls-bin
  [p11tool]=gnutls-bin
  [pk12util]=libnss3-tools
  [certutil]=libnss3-tools
  [botan]=botan
  [pinentry-tty]=pinentry-tty
)

missing=()
for program in "${!package_of[@]}"; do
  command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done
# What is tested with Python runs in the distribution's own interpreter.
/usr/bin/python3 -c 'import boto3' 2>/dev/null || missing+=(python3-boto3)
/usr/bin/python3 -c 'import cryptography' 2>/dev/null || missing+=(python3-cryptography)
/usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
# The crate of test/support/kryoptic is built with cargo, whose own test names it when it is missing.
[ -e /usr/include/sqlite3.h ] || missing+=(libsqlite3-dev)
compgen -G '/usr/lib/llvm-*/lib/libclang.so*' >/dev/null || missing+=(libclang-dev)
/usr/bin/ruby -e 'require "aws-sdk-core"' 2>/dev/null || missing+=(ruby-aws-sdk-core)

if ((${#missing[@]})); then
  echo "installing: ${missing[*]}" >&2
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

# What only PyPI has, in an environment that is gone afterwards. Without PyPI its tests are skipped by name.
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
if /usr/bin/python3 -m venv "$tools" &&
  "$tools/bin/pip" install --quiet --disable-pip-version-check cfn-lint==1.58.0 python-hcl2==8.1.4; then
  export ROLESANYWHERE_PYPI_TOOLS=$tools
else
  echo 'PyPI is out of reach: cfn-lint and python-hcl2 check no template in this run' >&2
fi

export ROLESANYWHERE_TEST_REQUIRE_ALL=1
npx vitest run "$@"
