#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a group built by build_sweep.sh: run_sweep.sh OUTPUT_FOLDER [--module NAME] [--case N] [--seed S]
# The seed of the stimuli is FINNR_SEED (default 1) unless --seed is given. Exit code 77: the group was not built.
set -eu
out=$1
shift
[ -x "$out/sweep" ] || { echo "SKIP: $out/sweep was not built"; exit 77; }
exec "$out/sweep" "$out/sweep.txt" --seed "${FINNR_SEED:-1}" "$@"
