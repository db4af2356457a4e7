#!/bin/bash
# Boots a systemd of its own in a container made from Debian packages, and runs probe.sh in it.
# Needs root, debootstrap and systemd-nspawn. ROLESANYWHERE_SYSTEMD_ROOT keeps the base system between runs;
# ROLESANYWHERE_DEB=FILE tries the units, and the systemd-run lines of the docs, from the package.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
base=${ROLESANYWHERE_SYSTEMD_ROOT:-$(mktemp -d)/root}
for program in debootstrap systemd-nspawn; do
  command -v $program >/dev/null || { echo "skipped: $program is missing"; exit 77; }
done
[ -x "$base/lib/systemd/systemd" ] ||
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus bookworm "$base" >&2

root=$(mktemp -d)
trap 'umount -l "$root/tree" 2>/dev/null || true; rm -rf "$root"' EXIT
mkdir "$root/upper" "$root/work" "$root/tree"
mount -t tmpfs tmpfs "$root/upper"
mkdir "$root/upper/u" "$root/upper/w"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$root/upper/u,workdir=$root/upper/w" "$root/tree"
trap 'umount -l "$root/tree" "$root/upper" 2>/dev/null || true; rm -rf "$root"' EXIT
tree=$root/tree

if [ -n "${ROLESANYWHERE_DEB:-}" ]; then
  # As it is packaged, in a system without Node.
  cp "$ROLESANYWHERE_DEB" "$tree/root/rolesanywhere.deb"
  chroot "$tree" dpkg -i /root/rolesanywhere.deb >&2
  install -D -m 755 "$(readlink -f "$project/node_modules/.bin/node")" "$tree/opt/probe/node"
else
  install -D -m 755 "$(readlink -f "$project/node_modules/.bin/node")" "$tree/usr/bin/node"
  mkdir -p "$tree/usr/lib/node_modules/rolesanywhere/node_modules"
  cp -r "$project/bin" "$project/package.json" "$tree/usr/lib/node_modules/rolesanywhere/"
  mkdir "$tree/usr/lib/node_modules/rolesanywhere/dist"
  cp -r "$project"/dist/{chunks,*.cjs} "$tree/usr/lib/node_modules/rolesanywhere/dist/"
  cp -r "$project/node_modules/koffi" "$project/node_modules/@koromix" "$tree/usr/lib/node_modules/rolesanywhere/node_modules/"
  ln -s ../lib/node_modules/rolesanywhere/bin/rolesanywhere.js "$tree/usr/bin/rolesanywhere"
  cp "$project"/packaging/systemd/*.{service,socket,timer} "$tree/etc/systemd/system/"
fi
install -m 755 "$here/probe.sh" "$tree/usr/local/bin/probe.sh"
mkdir -p "$tree/etc/rolesanywhere"
"$project/node_modules/.bin/node" "$here/make-identity.ts" "$tree/etc/rolesanywhere"
cat > "$tree/etc/systemd/system/probe.service" <<'UNIT'
[Unit]
After=multi-user.target dbus.service
[Service]
Type=oneshot
ExecStart=/bin/bash -c '/usr/local/bin/probe.sh > /probe.log 2>&1'
ExecStopPost=systemctl poweroff
[Install]
WantedBy=default.target
UNIT
mkdir -p "$tree/etc/systemd/system/multi-user.target.wants"
cat > "$tree/etc/systemd/system/start-probe.timer" <<'UNIT'
[Timer]
OnBootSec=1s
AccuracySec=100ms
Unit=probe.service
UNIT
mkdir -p "$tree/etc/systemd/system/timers.target.wants"
ln -s ../start-probe.timer "$tree/etc/systemd/system/timers.target.wants/start-probe.timer"

timeout -k 10 240 systemd-nspawn --quiet --directory="$tree" --boot --register=no --keep-unit \
  --private-network --link-journal=no --console=pipe > "$root/console.log" 2>&1 < /dev/null || true
if [ ! -s "$tree/probe.log" ]; then
  echo "the container did not boot:"
  tail -20 "$root/console.log"
  exit 1
fi
cat "$tree/probe.log"
grep -q '^ALL CLAIMS HOLD$' "$tree/probe.log"
