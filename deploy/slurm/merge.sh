#!/bin/bash
# The result of the shards of shards.sh, once they are all there.
#
# Replace what is in capital letters: each SHARED.
#
#SBATCH --job-name=why-merge
#SBATCH --cpus-per-task=1
#SBATCH --mem=8G
#SBATCH --time=01:00:00
set -euo pipefail

exec onnx-explain merge /SHARED/why.parts --out=/SHARED/why --force --quiet
