#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the exported digit networks with the qonnx executor and check them.

Needs: pip install qonnx onnx numpy

For each network: executes every test image, one at a time, prints the accuracy
and compares the scores with the expected ones written by train.py. Exits with
status 1 if a score differs by more than the tolerance or any label differs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes

TOLERANCE = 1e-3
NETWORKS = (
    ("digits-w2a2.onnx", "expected.npy"),
    ("digits-w1a1.onnx", "expected-w1a1.npy"),
    ("digits-cnn.onnx", "expected-cnn.npy"),
    ("digits-cnn-qcdq.onnx", "expected-cnn.npy"),
)


def run(path: Path, images: np.ndarray) -> np.ndarray:
    """Scores of the network for every image, one image per call."""
    model = ModelWrapper(str(path)).transform(InferShapes())
    name_in = model.graph.input[0].name
    name_out = model.graph.output[0].name
    shape = model.get_tensor_shape(name_in)
    frames = images.astype(np.float32).reshape(-1, *shape)
    return np.concatenate(
        [execute_onnx(model, {name_in: frame})[name_out] for frame in frames]
    )


def check(folder: Path, network: str, expected_file: str) -> bool:
    """Print the results for one network; true if they are the expected ones."""
    images = np.load(folder / "test_images.npy")
    labels = np.load(folder / "test_labels.npy")
    expected = np.load(folder / expected_file)
    scores = run(folder / network, images)
    predicted = scores.argmax(axis=1)
    correct = int((predicted == labels).sum())
    agree = int((predicted == expected.argmax(axis=1)).sum())
    error = float(np.abs(scores - expected).max())
    print(
        f"{network}: {correct} / {len(labels)} correct, "
        f"{agree} / {len(labels)} labels as expected, "
        f"largest score difference {error:.2e}"
    )
    return agree == len(labels) and error <= TOLERANCE


def main() -> None:
    parser = argparse.ArgumentParser(description="check the exported digit networks")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent)
    folder = parser.parse_args().folder
    sys.exit(0 if all([check(folder, *network) for network in NETWORKS]) else 1)


if __name__ == "__main__":
    main()
