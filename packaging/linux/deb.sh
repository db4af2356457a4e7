#!/bin/bash
# `npm run build:deb [-- x64 arm64]`: dist/rolesanywhere_VERSION_ARCHITECTURE.deb, without root.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/epoch.sh"
cd "$here/../.."
version=$(node_modules/.bin/node -p 'require("./package.json").version')
maintainer='rolesanywhere maintainers <rolesanywhere@users.noreply.github.com>'
[ $# -gt 0 ] || set -- x64

for architecture; do
  case $architecture in x64) debian=amd64 ;; *) debian=$architecture ;; esac
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  root=$work/root
  "$here/stage.sh" "$architecture" "$root"
  install -D -m 644 "$here/lintian-overrides" "$root/usr/share/lintian/overrides/rolesanywhere"
  install -m 644 "$here/copyright" "$root/usr/share/doc/rolesanywhere/copyright"
  cat >"$work/changelog" <<CHANGELOG
rolesanywhere ($version) stable; urgency=medium

  * See CHANGELOG.md.gz in this folder.

 -- $maintainer  $(date -R --date="@$SOURCE_DATE_EPOCH")
CHANGELOG
  gzip -9n <"$work/changelog" >"$root/usr/share/doc/rolesanywhere/changelog.gz"
  mkdir "$root/DEBIAN"
  for script in postinst prerm postrm; do install -m 755 "$here/$script" "$root/DEBIAN/$script"; done
  echo /etc/rolesanywhere/config >"$root/DEBIAN/conffiles"
  (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
  cat >"$root/DEBIAN/control" <<CONTROL
Package: rolesanywhere
Version: $version
Architecture: $debian
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)
Depends: libc6 (>= 2.28), libgcc-s1 | libgcc1, libstdc++6 (>= 8)
Suggests: opensc-pkcs11, softhsm2
Section: admin
Priority: optional
Description: temporary AWS credentials from an X.509 certificate
 A signing helper for AWS IAM Roles Anywhere: it takes a certificate and its
 private key from files, a PKCS#11 token or HSM, or a TPM 2.0, and hands
 temporary credentials to AWS SDKs and the AWS CLI as a credential_process,
 through a local endpoint, or in the shared credentials file.
 .
 It is one executable with Node.js inside, and needs no Node.js.
CONTROL
  find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  deb=dist/rolesanywhere_${version}_$debian.deb
  dpkg-deb --root-owner-group --uniform-compression -Zxz -z6 --build "$root" "$deb" >&2
  rm -rf "$work"
  echo "$deb"
done
