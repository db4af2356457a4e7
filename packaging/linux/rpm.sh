#!/bin/bash
# `npm run build:rpm [-- x64 arm64]`: dist/rolesanywhere-VERSION-1.ARCHITECTURE.rpm from the tree of the .deb.
# Needs rpmbuild (Debian: rpm).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/epoch.sh"
cd "$here/../.."
version=$(node_modules/.bin/node -p 'require("./package.json").version')
[ $# -gt 0 ] || set -- x64

for architecture; do
  case $architecture in x64) machine=x86_64 ;; *) machine=aarch64 ;; esac
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  "$here/stage.sh" "$architecture" "$work/stage"
  # What Debian names otherwise.
  mv "$work/stage/usr/share/zsh/vendor-completions" "$work/stage/usr/share/zsh/site-functions"
  install -D -m 644 LICENSE "$work/stage/usr/share/licenses/rolesanywhere/LICENSE"
  install -D -m 644 "dist/rolesanywhere-linux-$architecture.licences.txt" \
    "$work/stage/usr/share/licenses/rolesanywhere/THIRD-PARTY-LICENSES.txt"
  rpmbuild --quiet -bb --target "$machine-linux" --buildroot "$work/root" \
    --define "_topdir $work/rpmbuild" --define "_rpmdir $work" --define "stage $work/stage" \
    --define "package_version $version" --define "_buildhost reproducible" \
    --define "source_date_epoch_from_changelog 0" --define "use_source_date_epoch_as_buildtime 1" \
    --define "clamp_mtime_to_source_date_epoch 1" "$here/rolesanywhere.spec" >&2
  cp "$work/$machine/"*.rpm dist/
  rm -rf "$work"
  echo "dist/rolesanywhere-$version-1.$machine.rpm"
done
