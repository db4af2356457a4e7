#!/bin/bash
# `npm run sums`: dist/SHA256SUMS of everything that a release hands out.
set -euo pipefail
cd "$(dirname "$0")/../dist"
shopt -s nullglob
sha256sum rolesanywhere-linux-x64 rolesanywhere-linux-arm64 *.deb *.rpm *.oci.tar *.tgz *.cdx.json >SHA256SUMS
cat SHA256SUMS
