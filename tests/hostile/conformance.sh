#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Single operators against the numbers of the ONNX and QONNX projects: conformance.sh FINNR [FOLDER]
# FOLDER (default ../shared beside the repository) holds conformance/<case>/ and check/check.py. A case may be refused with
# a code, never answered wrongly; the counts are printed.
set -u
finnr=$(realpath "$1")
shared=${2:-${FINNR_SHARED:-$(dirname "$0")/../../../shared}}
[ -d "$shared/conformance" ] && [ -e "$shared/check/check.py" ] || { echo "SKIP: no conformance cases at $shared"; exit 77; }
counts=$(FINNR=$finnr python3 "$shared/check/check.py" conformance "$shared/conformance")
echo "$counts"
tail -n 1 <<< "$counts" | grep -q ", 0 wrong$"
