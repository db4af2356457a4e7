#!/bin/bash
# `npm run build:image [-- x64 arm64]`: dist/rolesanywhere-ARCHITECTURE.oci.tar, an OCI archive, made without a
# daemon and without root: `podman load -i`, `docker load -i` and `skopeo copy oci-archive:` read it.
#
# Two layers: what the executable needs of Debian (C library, C++ library, certificates), and the executable.
# Needs apt with Debian's sources; for another processor `dpkg --add-architecture` first.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../linux/epoch.sh"
cd "$here/../.."
[ $# -gt 0 ] || set -- x64

# Same files, same bytes: names sorted, one time, one owner, no name and time in gzip's header.
layer() {
  tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=gnu -C "$1" -c . >"$2"
}

for architecture; do
  case $architecture in x64) debian=amd64 ;; *) debian=$architecture ;; esac
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/packages" "$work/unpacked" "$work/base" "$work/program"

  (cd "$work/packages" && apt-get download -qq "libc6:$debian" "libstdc++6:$debian" "libgcc-s1:$debian" ca-certificates)
  for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$work/unpacked"; done
  "$here/pick-base.sh" "$work/unpacked" "$work/base"
  ls "$work/packages" >"$work/base/usr/share/doc/packages"
  layer "$work/base" "$work/base.tar"

  program=$work/program
  install -D -m 755 "dist/rolesanywhere-linux-$architecture" "$program/usr/bin/rolesanywhere"
  for addon in pkcs11.node koffi.node; do
    install -D -m 644 "dist/native-linux-$architecture/$addon" "$program/usr/lib/rolesanywhere/$addon"
  done
  install -D -m 644 "dist/rolesanywhere-linux-$architecture.cdx.json" "$program/usr/share/doc/rolesanywhere/sbom.cdx.json"
  layer "$program" "$work/program.tar"

  gzip -n "$work/base.tar" "$work/program.tar" --keep
  image=dist/rolesanywhere-$architecture.oci.tar
  node_modules/.bin/node "$here/layout.ts" "$work/oci" "$debian" "$SOURCE_DATE_EPOCH" "$work/base.tar" "$work/program.tar"
  layer "$work/oci" "$image"
  rm -rf "$work"
  echo "$image"
done
