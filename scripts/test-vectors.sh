#!/usr/bin/env bash
# Runs the tests over data that other projects keep for theirs. It lies beside the clone and is no part of it;
# `npm run test:all` makes data of the same kinds itself and needs none of this.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -d ../shared/vectors ]; then
  echo "npm run test:vectors reads ../shared/vectors, which is not there; npm run test:all needs nothing of it" >&2
  exit 1
fi
npx vitest run --mode vectors "$@"
