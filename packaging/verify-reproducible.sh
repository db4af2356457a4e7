#!/bin/bash
# `npm run verify:reproducible`: builds everything in two clones in two folders, and compares the bytes.
# Needs what the builds need (see packaging/executable/build.ts, packaging/linux/rpm.sh).
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# One commit for both: the branch may move meanwhile.
commit=$(git -C "$project" rev-parse HEAD)
for copy in first a-second/with-a-longer-name; do
  mkdir -p "$work/$copy"
  git clone --quiet "$project" "$work/$copy"
  (
    cd "$work/$copy"
    git checkout --quiet --detach "$commit"
    npm ci --no-audit --no-fund --silent
    npm run --silent build:binary
    for kind in deb rpm image; do npm run --silent "build:$kind"; done
    npm pack --silent --ignore-scripts --pack-destination dist
    find dist -type f -not -path 'dist/SHA256SUMS' -print0 | sort -z | xargs -0 sha256sum >"$work/${copy%%/*}.sums"
  ) >&2
done
cat "$work/first.sums" | grep -E 'dist/(cli|index|rolesanywhere)'
diff "$work/first.sums" "$work/a-second.sums" && echo "SAME: $(wc -l <"$work/first.sums") files"
