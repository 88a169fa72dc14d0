#!/bin/sh
# The steps of the image, one a call, so that they run without Docker too:
#   image.sh model PYTHON WORK MODEL   export the encoder into MODEL, with what is in WORK/build
#   image.sh serve PYTHON VENV         what serves, without torch, in VENV; VENV/sbom.json lists it
set -eu
cd "$(dirname "$0")/.."

pip() { # PYTHON, arguments
  python=$1; shift
  "$python" -m pip --disable-pip-version-check -q install --no-cache-dir "$@"
}

step=$1 python=$2 place=$3
case $step in
  model)
    "$python" -m venv "$place/build"
    own="$place/build/bin/python"
    pip "$own" --no-deps --require-hashes -r requirements/run.lock
    pip "$own" --no-deps --no-build-isolation .
    FRONTLINE_MODEL__FOLDER=$4 "$place/build/bin/frontline" model build
    ;;
  serve)
    "$python" -m venv "$place"
    pip "$place/bin/python" --no-deps --require-hashes -r requirements/serve.lock
    pip "$place/bin/python" --no-deps .
    "$place/bin/python" -m pip check >/dev/null || echo "pip check: see the extras left out" >&2
    "$place/bin/python" deploy/sbom.py > "$place/sbom.json"
    if "$place/bin/python" -c 'import torch' 2>/dev/null; then
      echo "torch is in what serves" >&2; exit 1
    fi
    ;;
  *) echo "image.sh model|serve" >&2; exit 2 ;;
esac
