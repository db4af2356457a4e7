#!/bin/bash
# The image's base: of unpacked Debian packages, what the executable loads, and no shell.
#
#   pick-base.sh UNPACKED BASE
set -euo pipefail
from=$1
base=$2
mkdir -p "$base"/{etc/ssl/certs,tmp,run/rolesanywhere,home/rolesanywhere,usr/share/doc}

# Debian's own layout has /lib on top in some packages and in /usr in others; here all is below /usr.
mkdir -p "$base/usr/lib"
ln -s usr/lib "$base/lib"
if [ -e "$from/lib64" ] || [ -e "$from/usr/lib64" ]; then
  mkdir "$base/usr/lib64"
  ln -s usr/lib64 "$base/lib64"
fi
for folder in "$from/lib" "$from/usr/lib"; do
  [ -d "$folder" ] || continue
  (cd "$folder" && find . -regextype egrep \
    -regex '.*/(ld-linux-.*|lib(c|m|dl|pthread|rt|resolv|nss_dns|nss_files|gcc_s|stdc\+\+)\.so\..*)' \
    -exec cp -P --parents {} "$base/usr/lib/" \;)
done
for folder in "$from/lib64" "$from/usr/lib64"; do
  [ ! -d "$folder" ] || cp -P "$folder"/ld-linux-* "$base/usr/lib64/"
done

cat "$from"/usr/share/ca-certificates/mozilla/*.crt >"$base/etc/ssl/certs/ca-certificates.crt"
for package in libc6 libstdc++6 libgcc-s1 ca-certificates gcc-12-base; do
  [ ! -f "$from/usr/share/doc/$package/copyright" ] ||
    install -D -m 644 "$from/usr/share/doc/$package/copyright" "$base/usr/share/doc/$package/copyright"
done
echo 'rolesanywhere:x:65532:65532::/home/rolesanywhere:/nonexistent' >"$base/etc/passwd"
echo 'rolesanywhere:x:65532:' >"$base/etc/group"
echo 'hosts: files dns' >"$base/etc/nsswitch.conf"
chmod 1777 "$base/tmp" "$base/run/rolesanywhere"
