#!/bin/bash
# `npm run test:image`: the emulator in one container, `serve` in another, both from dist/rolesanywhere-x64.oci.tar
# with a read-only root, as the image's user and without rights, and a client outside. Needs root; the
# containers are made with unshare, since runtimes want control groups that a test machine may lack.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
node=$project/node_modules/.bin/node
work=$(mktemp -d)
declare -A container
# unshare hands no signal on to the program that it waits for.
stop() {
  for unshare in "${container[@]}"; do kill $(cat "/proc/$unshare/task/$unshare/children") || true; done
  wait
}
trap 'stop 2>/dev/null; rm -rf "$work"' EXIT

mkdir "$work/oci" "$work/root" "$work/try"
tar -xf "$project/dist/rolesanywhere-x64.oci.tar" -C "$work/oci"
blob() { echo "$work/oci/blobs/${1/://}"; }
manifest=$(blob "$("$node" -p 'JSON.parse(fs.readFileSync(process.argv[1])).manifests[0].digest' "$work/oci/index.json")")
read -ra layers <<<"$("$node" -p 'JSON.parse(fs.readFileSync(process.argv[1])).layers.map((one) => one.digest).join(" ")' "$manifest")"
for layer in "${layers[@]}"; do tar -xzf "$(blob "$layer")" -C "$work/root"; done
echo "compressed: $(stat -c %s "$project/dist/rolesanywhere-x64.oci.tar") bytes; unpacked: $(du -sm "$work/root" | cut -f1) MB"

"$node" "$project/test/systemd/make-identity.ts" "$work/try"
chown -R 65532:65532 "$work/try"

# A command of the image in namespaces of its own, but for the network.
in_image() {
  exec unshare --mount --pid --fork --kill-child sh -ec '
    root=$1 shared=$2
    shift 2
    mount --bind "$root" "$root"
    mount -o remount,bind,ro "$root"
    mount -t proc proc "$root/proc"
    mount --bind -o ro "$shared" "$root/try"
    mount -t tmpfs -o mode=0700,uid=65532,gid=65532 tmpfs "$root/run/rolesanywhere"
    exec setpriv --no-new-privs chroot --userspec=65532:65532 "$root" "$@"
  ' sh "$work/root" "$work/try" /usr/bin/rolesanywhere "$@"
}
mkdir "$work/root/try" "$work/root/proc"
export PATH HOME=/home/rolesanywhere AWS_CONFIG_FILE=/try/config
unset AWS_CA_BUNDLE

start() {
  (in_image "${@:2}") >"$work/$1.log" 2>&1 &
  container[$1]=$!
}

until_line() {
  while ! grep -q "$1" "$work/$2.log"; do
    kill -0 "${container[$2]}" || { cat "$work/$2.log"; exit 1; }
    sleep 0.2
  done
}

start emulator emulator --trust-anchor /try/ca.pem --port 19000
until_line http emulator
start serve serve --profile onprem --certificate /try/client.pem --private-key /try/client.key --port 19911 --token-folder /run/rolesanywhere
until_line AUTHORIZATION_TOKEN_FILE serve

(in_image status --port 19911)
token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://127.0.0.1:19911/latest/api/token)
role=$(curl -sf -H "X-aws-ec2-metadata-token: $token" http://127.0.0.1:19911/latest/meta-data/iam/security-credentials/)
curl -sf -H "X-aws-ec2-metadata-token: $token" "http://127.0.0.1:19911/latest/meta-data/iam/security-credentials/$role" |
  grep -q '"AccessKeyId" *: *"ASIA'
echo "a client outside has credentials of $role"
echo "ALL CLAIMS HOLD"
