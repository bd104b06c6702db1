#!/bin/bash
# A trace in four shards: docs/shards.md, section Slurm.
#
#   shards=$(sbatch --parsable shards.sh)
#   sbatch --dependency=afterok:"$shards" --kill-on-invalid-dep=yes merge.sh
#
# Some of them again, such as two that ran out of time: sbatch --array=2,3 --time=04:00:00 shards.sh
# Replace what is in capital letters: each SHARED, a folder that all machines see; s3://bucket/… does as well.
#
#SBATCH --job-name=why-shards
#SBATCH --array=1-4
#SBATCH --cpus-per-task=1
#SBATCH --mem=4G
#SBATCH --time=01:00:00
#SBATCH --requeue
set -euo pipefail

# As many as the array has when it is whole: SLURM_ARRAY_TASK_COUNT is another number where some are computed again.
SHARDS=4

exec onnx-explain trace /SHARED/run --input=/SHARED/photos@0-9 \
  --shard="$SLURM_ARRAY_TASK_ID/$SHARDS" --out=/SHARED/why.parts --quiet
