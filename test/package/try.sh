#!/bin/sh
# The first minute of a new installation: credentials out of the emulator, `credential-process` and `serve`,
# all by the command that is given, in the folder of make-identity.ts.
#
#   try.sh FOLDER COMMAND…        (SOFTHSM=1: a key on a SoftHSM token too)
set -eu
folder=$1
shift
export AWS_CONFIG_FILE="$folder/config"
identity="--certificate $folder/client.pem --private-key $folder/client.key"

"$@" emulator --trust-anchor "$folder/ca.pem" --port 19000 >"$folder/emulator.log" 2>&1 &
emulator=$!
serving=
trap 'kill $emulator $serving 2>/dev/null || true' EXIT

# Waits for a line in a file; a process that ended will not write it any more.
until_line() {
  while ! grep -q "$1" "$2"; do
    kill -0 "$3" || { cat "$2"; exit 1; }
    sleep 0.1
  done
}
until_line http "$folder/emulator.log" $emulator

credentials() {
  "$@" | grep -q '^{"Version":1,"AccessKeyId":"ASIA' || { echo "no credentials: $*"; exit 1; }
}
credentials "$@" credential-process --profile onprem $identity
echo "credential-process: Version 1"

if [ "${SOFTHSM:-}" ]; then
  export SOFTHSM2_CONF="$folder/softhsm.conf"
  mkdir -p "$folder/tokens"
  echo "directories.tokendir = $folder/tokens" >"$SOFTHSM2_CONF"
  softhsm2-util --init-token --free --label try --so-pin 12345678 --pin 1234 >/dev/null
  softhsm2-util --import "$folder/client.key" --token try --label key --id 01 --pin 1234 >/dev/null
  echo 1234 >"$folder/pin"
  chmod 600 "$folder/pin"
  credentials "$@" credential-process --profile onprem --certificate "$folder/client.pem" \
    --private-key 'pkcs11:token=try;object=key' --pin "file:$folder/pin" \
    --pkcs11-lib /usr/lib/softhsm/libsofthsm2.so
  echo "credential-process with a token: Version 1"
fi

"$@" serve --profile onprem $identity --port 19911 --token-folder "$folder/endpoint" >"$folder/serve.log" 2>&1 &
serving=$!
until_line AUTHORIZATION_TOKEN_FILE "$folder/serve.log" $serving
"$@" status --port 19911
echo "ALL WORKS"
