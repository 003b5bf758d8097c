#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train and export the three digit classifiers of this folder.

Needs: pip install torch brevitas scikit-learn onnx onnxoptimizer
(the files shipped here were made with torch 2.13.0 and brevitas 0.13.4)

Data: the UCI optical digits bundled with scikit-learn, 1,797 images of 8x8
pixels with integer values 0..16. A stratified split with a fixed seed keeps
360 images for testing; neither the weights nor the hyperparameters were
chosen by looking at them. The networks take the pixel values directly, as
floats, one image per call: input [1, 64], for the convolutional one
[1, 1, 8, 8], output [1, 10] (one score per digit).

  w2a2  64-64-64-10, 2-bit weights (-1, 0, +1 times a learned scale) and
        2-bit unsigned activations; unsigned 8-bit input with a learned scale
  w1a1  64-128-128-10, bipolar (-1 / +1) weights and activations; unsigned
        8-bit input with the fixed scale 1, that is the pixel itself
  cnn   four 3x3 convolutions with 3-bit weights and 4-bit activations, two of
        them in a residual block whose branches share one quantizer; max
        pooling, global average pooling, linear; input as of w1a1

Writes into --out:
  digits-w2a2.onnx, digits-w1a1.onnx,
  digits-cnn.onnx                     the networks, as QONNX
  digits-cnn-qcdq.onnx                the last one with QuantizeLinear, Clip and
                                      DequantizeLinear
  test_images.npy                     uint8   [360, 64], values 0..16
  test_labels.npy                     int64   [360]
  expected.npy, expected-w1a1.npy,
  expected-cnn.npy                    float32 [360, 10], the outputs of the
                                      Brevitas models in evaluation mode,
                                      computed one image at a time

Expected accuracy on the test images, with the default arguments: 353 of 360
(98.1 %) for w2a2 and for w1a1, 354 (98.3 %) for cnn. Other versions of PyTorch
may give slightly different numbers. The run takes about a minute on one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from brevitas.export import export_onnx_qcdq, export_qonnx
from brevitas.inject.enum import ScalingImplType
from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear, QuantReLU
from brevitas.quant import (
    Int8ActPerTensorFloat,
    Int8WeightPerTensorFloat,
    SignedBinaryActPerTensorConst,
    SignedBinaryWeightPerTensorConst,
    Uint8ActPerTensorFloat,
    Uint8ActPerTensorFloatMaxInit,
)
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

SIDE = 8
PIXELS = SIDE * SIDE
CLASSES = 10
TEST_SIZE = 360
SPLIT_SEED = 2024
BATCH_SIZE = 32


class Uint8PixelInput(Uint8ActPerTensorFloatMaxInit):
    """Unsigned 8 bits with the scale fixed to one: integer pixels pass unchanged."""

    scaling_impl_type = ScalingImplType.CONST
    max_val = 255.0


def w2a2_model() -> nn.Sequential:
    """64-64-64-10 with 2-bit weights and 2-bit unsigned activations."""

    def linear(inputs: int, outputs: int, bias: bool = False) -> QuantLinear:
        return QuantLinear(
            inputs,
            outputs,
            bias=bias,
            weight_quant=Int8WeightPerTensorFloat,
            weight_bit_width=2,
        )

    def hidden(inputs: int, outputs: int) -> list[nn.Module]:
        return [
            linear(inputs, outputs),
            nn.BatchNorm1d(outputs),
            QuantReLU(bit_width=2),
        ]

    return nn.Sequential(
        QuantIdentity(act_quant=Uint8ActPerTensorFloat),
        *hidden(PIXELS, 64),
        *hidden(64, 64),
        linear(64, CLASSES, bias=True),
    )


def w1a1_model() -> nn.Sequential:
    """64-128-128-10 with bipolar weights and activations."""

    def linear(inputs: int, outputs: int, bias: bool = False) -> QuantLinear:
        return QuantLinear(
            inputs, outputs, bias=bias, weight_quant=SignedBinaryWeightPerTensorConst
        )

    def hidden(inputs: int, outputs: int) -> list[nn.Module]:
        return [
            linear(inputs, outputs),
            nn.BatchNorm1d(outputs),
            QuantIdentity(act_quant=SignedBinaryActPerTensorConst),
        ]

    return nn.Sequential(
        QuantIdentity(act_quant=Uint8PixelInput),
        *hidden(PIXELS, 128),
        *hidden(128, 128),
        linear(128, CLASSES, bias=True),
    )


class Residual(nn.Module):
    """Two 3x3 convolutions and the input beside them, added on one grid."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(*convolution(channels, channels), QuantReLU(bit_width=4))
        self.outer = nn.Sequential(*convolution(channels, channels))
        self.join = QuantIdentity(act_quant=Int8ActPerTensorFloat, bit_width=4)
        self.activation = QuantReLU(bit_width=4)

    def forward(self, x: Tensor) -> Tensor:
        branch = self.join(self.outer(self.inner(x)))
        return self.activation(branch + self.join(x))


def convolution(inputs: int, outputs: int) -> list[nn.Module]:
    """3x3, the same size, 3-bit weights; then batch normalization."""
    return [
        QuantConv2d(
            inputs,
            outputs,
            kernel_size=3,
            padding=1,
            bias=False,
            weight_quant=Int8WeightPerTensorFloat,
            weight_bit_width=3,
        ),
        nn.BatchNorm2d(outputs),
    ]


def cnn_model() -> nn.Sequential:
    """Four 3x3 convolutions, two of them in a residual block; max and average pooling."""
    return nn.Sequential(
        QuantIdentity(act_quant=Uint8PixelInput),
        *convolution(1, 8),
        QuantReLU(bit_width=4),
        Residual(8),
        nn.MaxPool2d(2),
        *convolution(8, 16),
        QuantReLU(bit_width=4),
        nn.AdaptiveAvgPool2d(1),
        QuantIdentity(act_quant=Uint8ActPerTensorFloat, bit_width=4),
        nn.Flatten(),
        QuantLinear(
            16,
            CLASSES,
            bias=True,
            weight_quant=Int8WeightPerTensorFloat,
            weight_bit_width=3,
        ),
    )


def load_split() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return train images, test images, train labels and test labels."""
    images, labels = load_digits(return_X_y=True)
    parts = train_test_split(
        images.astype(np.float32),
        labels.astype(np.int64),
        test_size=TEST_SIZE,
        random_state=SPLIT_SEED,
        stratify=labels,
    )
    return tuple(torch.from_numpy(part) for part in parts)


def train(model: nn.Module, images: Tensor, labels: Tensor, epochs: int) -> None:
    """Train in place: Adam, cosine learning rate, no early stopping."""
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    batches = len(images) // BATCH_SIZE
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * batches)
    loss_function = nn.CrossEntropyLoss()
    model.train()
    for epoch in range(1, epochs + 1):
        total = 0.0
        order = torch.randperm(len(images))[: batches * BATCH_SIZE]
        for batch in order.split(BATCH_SIZE):
            optimizer.zero_grad()
            loss = loss_function(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        if epoch % 10 == 0 or epoch == epochs:
            print(f"  epoch {epoch:3d}  mean loss {total / batches:.4f}")


def predict(model: nn.Module, images: Tensor) -> np.ndarray:
    """Scores of the model in evaluation mode, one image at a time."""
    model.eval()
    with torch.no_grad():
        return np.concatenate([model(image[None]).numpy() for image in images])


def export(model: nn.Module, frame: Tensor, path: Path, writer=export_qonnx) -> None:
    """Write the model in evaluation mode, for one image per call."""
    model.eval()
    writer(
        model,
        args=torch.zeros_like(frame[None]),
        export_path=str(path),
        input_names=["pixels"],
        output_names=["scores"],
        opset_version=17,
        dynamo=False,  # one self-contained file, without traces of the script in it
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="train and export the digit networks")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    train_x, test_x, train_y, test_y = load_split()
    np.save(arguments.out / "test_images.npy", test_x.numpy().astype(np.uint8))
    np.save(arguments.out / "test_labels.npy", test_y.numpy())

    for name, build, frame, expected_file in (
        ("w2a2", w2a2_model, (PIXELS,), "expected.npy"),
        ("w1a1", w1a1_model, (PIXELS,), "expected-w1a1.npy"),
        ("cnn", cnn_model, (1, SIDE, SIDE), "expected-cnn.npy"),
    ):
        print(f"digits-{name}")
        torch.manual_seed(arguments.seed)
        model = build()
        train(model, train_x.reshape(-1, *frame), train_y, arguments.epochs)
        test_frames = test_x.reshape(-1, *frame)
        scores = predict(model, test_frames)
        correct = int((scores.argmax(axis=1) == test_y.numpy()).sum())
        print(
            f"  test accuracy {correct} / {len(test_y)} = {correct / len(test_y):.1%}"
        )
        np.save(arguments.out / expected_file, scores)
        export(model, test_frames[0], arguments.out / f"digits-{name}.onnx")
        if name == "cnn":
            path = arguments.out / "digits-cnn-qcdq.onnx"
            export(model, test_frames[0], path, export_onnx_qcdq)


if __name__ == "__main__":
    main()
