#!/bin/bash
# Grades a class as a Slurm array of 16 parts. Once: sbatch slurm.sh. Then: sockeye merge parts/*/gradebook.sqlite -o …
# A part that was ended, however, is handed in again with --array=N, and goes on where it was.
#SBATCH --job-name=sockeye
#SBATCH --array=1-16
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --requeue
PARTS=16 # as in --array; SLURM_ARRAY_TASK_COUNT is another number when only some are handed in again
: "${CLASS:=class.zip}" "${SEED:=5eed}"

export SOCKEYE_CACHE="${TMPDIR:-/tmp}/sockeye-cache-$USER" # on the node's own disk
exec sockeye grade "$CLASS" -o "parts/$SLURM_ARRAY_TASK_ID" --seed "$SEED" --shard "$SLURM_ARRAY_TASK_ID/$PARTS"
