#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/diagnostics.md from finnr/base/codes.inc; with --check only tells whether it is up to date."""
import os
import re
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
HEAD = """# Diagnostics

Everything finnr can tell a user has a code: `F` and four digits. A code keeps its meaning; a number is never used twice.
`finnr explain CODE` prints the texts below, `finnr explain` lists all codes. With `--json` diagnostics stand in the
member `diagnostics` of the result, each with `code`, `severity`, `message`, `cause`, `way_out` and `places`.

```
error F0304: 1e+09 frames a second at 100 MHz cannot be reached      severity, code, sentence
  digits-w2a2.onnx: node '/1/MatMul'                                 place: file, node of the model, operand
  cause: that leaves 0 cycles a frame, and layer fc0 needs 1 ...
  way out: at most 1e+08 frames a second at this clock, or ...
  finnr explain F0304
```

| numbers | about |
|---|---|
| F01xx | the model file |
| F02xx | the network's meaning, and what stands between it and hardware |
| F03xx | hardware and folding |
| F04xx | data, options and folders |
| F05xx | simulation and verification |
| F09xx | bugs of finnr |

Exit statuses: 0 good (warnings and notes included), 1 the model or the options are at fault, 2 the command line cannot be
read, 3 a verification failed (F0503, F0504, F0505), 4 a bug of finnr (F0901).

<!-- Written by tools/diagnostics_doc.py from finnr/base/codes.inc. Edit the table there. -->
"""


def document():
    with open(os.path.join(ROOT, "finnr/base/codes.inc"), encoding="utf-8") as file:
        rows = re.findall(r'^FINNR_CODE\((\w+), (\d+), "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\)', file.read(), re.M)
    text = HEAD
    for _, number, title, body in rows:
        body = body.replace('\\"', '"').replace("\\\\", "\\")
        text += f"\n## F0{number}: {title}\n\n{body}\n"
    return text


def main():
    path = os.path.join(ROOT, "docs/diagnostics.md")
    text = document()
    if "--check" not in sys.argv[1:]:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return
    with open(path, encoding="utf-8") as file:
        if file.read() != text:
            sys.exit("docs/diagnostics.md is not what finnr/base/codes.inc says; run tools/diagnostics_doc.py")


main()
