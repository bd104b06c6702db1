#!/usr/bin/env bash
# What the composite action runs: inputs come as variables, so that none of them is read as a command.
set -euo pipefail
arguments=(check "$CHECK_MODEL" --baseline "$CHECK_BASELINE" --preset "${CHECK_PRESET:-re-export}")
if [[ -n "${CHECK_DATA:-}" ]]; then arguments+=(--data "$CHECK_DATA"); fi
if [[ -n "${CHECK_JUNIT:-}" ]]; then arguments+=(--junit "$CHECK_JUNIT"); fi
if [[ -n "${CHECK_MARKDOWN:-}" ]]; then arguments+=(--markdown "$CHECK_MARKDOWN"); fi
read -r -a further <<< "${CHECK_ARGUMENTS:-}"
node "$ACTION_PATH/dist/cli/main.js" "${arguments[@]}" ${further[@]+"${further[@]}"}
