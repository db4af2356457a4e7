#!/bin/bash
# `npm run test:rpm`: the .rpm, installed into a scratch root by rpm itself and run there. Needs root, rpm and
# debootstrap (ROLESANYWHERE_DEBIAN_ROOT keeps the root: it lends the libraries that the .rpm asks for).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
rpm=$(ls "$project"/dist/rolesanywhere-*.x86_64.rpm)
base=${ROLESANYWHERE_DEBIAN_ROOT:-$(mktemp -d)/root}
[ -x "$base/usr/bin/dpkg" ] || debootstrap --variant=minbase bookworm "$base" >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -a "$base" "$work/root"

# glibc, libstdc++ and libgcc are there as Debian's packages, which rpm's database does not know.
rpm --root "$work/root" --nodeps -i "$rpm"
rpm --root "$work/root" -q --requires rolesanywhere | grep -q '^glibc >= 2.28'
mkdir "$work/root/root/try"
"$project/node_modules/.bin/node" "$project/test/systemd/make-identity.ts" "$work/root/root/try"
cp "$here/try.sh" "$work/root/root/try.sh"
chroot "$work/root" env -i PATH=/usr/bin:/bin HOME=/root /root/try.sh /root/try rolesanywhere
rpm --root "$work/root" --nodeps -e rolesanywhere
[ ! -e "$work/root/usr/bin/rolesanywhere" ] && [ ! -e "$work/root/usr/lib/rolesanywhere" ]
echo "ALL CLAIMS HOLD"
