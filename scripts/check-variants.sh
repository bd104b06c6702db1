#!/usr/bin/env bash
# Runs the check as a pipeline would, on five exports of one PyTorch model, and compares exit codes with what they must be.
# Run: PYTHON=python scripts/check-variants.sh <folder>    (Python with torch, onnx, onnxscript and onnxruntime)
set -uo pipefail
folder=$1
root=$(cd "$(dirname "$0")/.." && pwd)
[[ -f "$folder/broken.onnx" ]] || "${PYTHON:-python3}" "$root/scripts/fixtures/check_variants.py" "$folder" || exit 2
cd "$folder" || exit 2
check() { node "$root/dist/cli/main.js" check "$@"; }
CI='' check accepted.onnx --baseline baseline.json --data data.npz --update-baseline || exit 2
wrong=0
gate() {
  local expected=$1 model=$2
  shift 2
  check "$model.onnx" --baseline baseline.json --junit "$model.xml" --markdown "$model.md" "$@" > "$model.txt"
  local code=$?
  echo "$model: exit code $code, $(tail -1 "$model.txt")"
  [[ $code == "$expected" ]] || { echo "  expected exit code $expected"; wrong=1; }
}
gate 0 reexport
gate 0 dynamo
gate 0 float16 --preset float16
gate 0 int8 --preset int8
gate 1 broken
exit $wrong
