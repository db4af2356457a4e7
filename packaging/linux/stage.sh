#!/bin/bash
# Lays out the files of a Linux package, as they will lie on the machine; the .deb, the .rpm and the image are
# made from it.
#
#   stage.sh ARCHITECTURE FOLDER        (x64 or arm64)
set -euo pipefail
project=$(cd "$(dirname "$0")/../.." && pwd)
architecture=$1
root=$2
doc=$root/usr/share/doc/rolesanywhere
cd "$project"

put() { install -D -m "$1" "$2" "$3"; }

put 755 "dist/rolesanywhere-linux-$architecture" "$root/usr/bin/rolesanywhere"
for addon in pkcs11.node koffi.node; do
  put 644 "dist/native-linux-$architecture/$addon" "$root/usr/lib/rolesanywhere/$addon"
done

for unit in packaging/systemd/*.{service,socket,timer}; do
  put 644 "$unit" "$root/usr/lib/systemd/system/${unit##*/}"
done
put 644 packaging/systemd/user/rolesanywhere@.service "$root/usr/lib/systemd/user/rolesanywhere@.service"
# The template of each service is the service itself, with the profile's name in place of "onprem".
for unit in rolesanywhere.service rolesanywhere-update.service rolesanywhere-update.timer; do
  sed -E 's/\bonprem\b/%i/g; s#/etc/rolesanywhere/client\.#/etc/rolesanywhere/%i.#; s#^Description=.*#& (profile %i)#
    s#^((Runtime|State)Directory=rolesanywhere)$#\1-%i#; s#/var/lib/rolesanywhere/#/var/lib/rolesanywhere-%i/#
    s#systemctl edit rolesanywhere#systemctl edit rolesanywhere@%i#' \
    "packaging/systemd/$unit" >"$root/usr/lib/systemd/system/${unit%.*}@.${unit##*.}"
done

put 644 packaging/linux/config "$root/etc/rolesanywhere/config"

for file in README.md SECURITY.md docs/*.md docs/*.svg; do put 644 "$file" "$doc/${file##*/}"; done
cp -r docs/recipes examples "$doc/"
[ ! -f "dist/rolesanywhere-linux-$architecture.cdx.json" ] ||
  put 644 "dist/rolesanywhere-linux-$architecture.cdx.json" "$doc/sbom.cdx.json"
gzip -9n <CHANGELOG.md >"$doc/CHANGELOG.md.gz"
gzip -9n <"dist/rolesanywhere-linux-$architecture.licences.txt" >"$doc/licences.txt.gz"

for page in dist/man/man*/*; do
  mkdir -p "$root/usr/share/man/man${page##*.}"
  gzip -9n <"$page" >"$root/usr/share/man/man${page##*.}/${page##*/}.gz"
done
put 644 dist/completions/rolesanywhere.bash "$root/usr/share/bash-completion/completions/rolesanywhere"
put 644 dist/completions/rolesanywhere.zsh "$root/usr/share/zsh/vendor-completions/_rolesanywhere"
put 644 dist/completions/rolesanywhere.fish "$root/usr/share/fish/vendor_completions.d/rolesanywhere.fish"
chmod -R u=rwX,go=rX "$root"
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
