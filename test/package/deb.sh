#!/bin/bash
# `npm run test:deb`: the .deb in a Debian root without Node: installed, run with a key in a file and on a
# token, upgraded, removed, purged. Needs root and debootstrap; ROLESANYWHERE_DEBIAN_ROOT keeps the root.
#
# The services are tried by `npm run test:systemd`, which boots a system from the package.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
deb=$(ls "$project"/dist/rolesanywhere_*_amd64.deb)
base=${ROLESANYWHERE_DEBIAN_ROOT:-$(mktemp -d)/root}
[ -x "$base/usr/bin/dpkg" ] || debootstrap --variant=minbase bookworm "$base" >&2

work=$(mktemp -d)
root=$work/tree
trap 'umount -l "$root/proc" "$root" "$work/upper" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/upper" "$root"
mount -t tmpfs tmpfs "$work/upper"
mkdir "$work/upper/files" "$work/upper/work"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper/files,workdir=$work/upper/work" "$root"
mount -t proc proc "$root/proc"

in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }
step() { echo "== $*"; }

step "a root without Node"
! in_root sh -c 'command -v node'
in_root apt-get update -qq
in_root apt-get install -y -qq --no-install-recommends softhsm2 bash-completion zsh fish man-db >/dev/null

step "install"
cp "$deb" "$root/root/new.deb"
in_root find / -xdev -path /proc -prune -o -path /var/cache -prune -o -path /var/lib/dpkg -prune -o -print | sort >"$work/before"
before=$(date +%s%N)
in_root dpkg -i /root/new.deb
echo "took $((($(date +%s%N) - before) / 1000000)) ms; $(stat -c %s "$deb") bytes to download, $(in_root dpkg-query -Wf '${Installed-Size}' rolesanywhere) KiB on disk"

step "run"
mkdir "$root/root/try"
"$project/node_modules/.bin/node" "$project/test/systemd/make-identity.ts" "$root/root/try"
cp "$here/try.sh" "$root/root/try.sh"
in_root env SOFTHSM=1 /root/try.sh /root/try rolesanywhere
in_root rolesanywhere licenses | grep -c 'Apache License'
in_root sh -s <"$here/shells.sh"

step "upgrade from the version before, with a changed configuration"
echo '[profile mine]' >>"$root/etc/rolesanywhere/config"
mkdir "$work/old"
dpkg-deb -R "$deb" "$work/old"
sed -i 's/^Version: .*/Version: 0.0.9/' "$work/old/DEBIAN/control"
dpkg-deb --root-owner-group -Znone --build "$work/old" "$root/root/old.deb" >/dev/null
in_root dpkg -i --force-downgrade /root/old.deb >/dev/null 2>&1
in_root dpkg -i /root/new.deb
grep -q '^\[profile mine\]$' "$root/etc/rolesanywhere/config"

step "remove, purge"
in_root dpkg -r rolesanywhere
test -f "$root/etc/rolesanywhere/config"
echo key >"$root/etc/rolesanywhere/client.key"
in_root dpkg -P rolesanywhere
rm -rf "$root/root/try" "$root/root/try.sh" "$root/root/old.deb"
in_root find / -xdev -path /proc -prune -o -path /var/cache -prune -o -path /var/lib/dpkg -prune -o -print | sort >"$work/after"
left=$(comm -13 "$work/before" "$work/after" | grep -v '^/var/log' || true)
echo "left: $left"
[ "$left" = "/etc/rolesanywhere
/etc/rolesanywhere/client.key" ]
echo "ALL CLAIMS HOLD"
