#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The fast emulator beside other engines, in one run: peers.py BENCH [MODEL ...].

BENCH is build/release/bench/finnr_fast_bench (`make bench` builds it). Models are files; without any, those of FIGURES in the
folder FINNR_SHARED (default ../shared beside the repository). The peers need packages of their own, which nothing else uses:

    python3 -m venv build/peers && build/peers/bin/pip install onnxruntime onnx qonnx
    build/peers/bin/python bench/peers.py build/release/bench/finnr_fast_bench

What runs, each on one thread, on the same batches of BATCH frames:
  finnr  the network itself, from bytes to its results
  fp32   onnxruntime on the same topology in float32: weights are the quantized ones, quantizers of activations become ReLU, and
         batch normalizations go into the weights
  int8   onnxruntime on that, quantized statically to 8 bits (QDQ, activations unsigned, weights signed and symmetric)
  qonnx  the Python executor of QONNX on the network itself, which is frame by frame for a network of one frame; and, as
         "batched", on the network made into one of BATCH frames
Frames are bytes for finnr, the same numbers as floats for the others. Only the frames are timed, by the time that the process
spent on the processor, so that other work on the machine does not count; every engine is warm. The engines take turns, round by
round; the table has medians, and a ratio is the median of the ratios of the rounds. Where a figure is wanted, it stands beside.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import onnx
import onnxruntime
import qonnx.core.onnx_exec
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.fold_constants import FoldConstants
from qonnx.util.cleanup import cleanup_model

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
SHARED = os.environ.get("FINNR_SHARED", os.path.join(ROOT, "..", "shared"))
BATCH = 64
SECONDS = 0.3  # of an engine in a round
QUANTIZERS = {"Quant", "IntQuant", "BipolarQuant", "MultiThreshold", "Trunc"}
ENGINES = {"finnr": "finnr", "fp32": "onnxruntime, float32", "int8": "onnxruntime, int8 QDQ", "qonnx": "QONNX executor",
           "batched": "QONNX executor, batched"}
LAYERS = {"Conv", "Gemm", "MatMul"}
# How many times as fast finnr should be at least.
FIGURES = {
    "cnv-w1a1-cifar10": {"fp32": 13, "int8": 3.9, "qonnx": 500},
    "lfc-w1a1": {"fp32": 15},
    "tfc-w1a1": {"fp32": 4},
}


def one_thread(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class OneThread:
    """onnxruntime as the executor of QONNX uses it, which makes a session for every node of every run."""

    @staticmethod
    def InferenceSession(model):
        return one_thread(model)


def data_input(model):
    constants = {tensor.name for tensor in model.graph.initializer}
    return next(value for value in model.graph.input if value.name not in constants)


def for_frames(path, frames):
    """The network for so many frames at once, what is constant folded, quantizers still there."""
    model = ModelWrapper(path)
    name = data_input(model.model).name
    del model.graph.value_info[:]
    model.set_tensor_shape(name, [frames, *model.get_tensor_shape(name)[1:]])
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    return cleanup_model(model)


def fold_normalizations(graph):
    """Batch normalizations behind layers go into their weights and biases: y = a (W x + b) + c."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    array = lambda name: onnx.numpy_helper.to_array(constants[name])
    made_by = {node.output[0]: node for node in graph.node}
    added = []
    for norm in [node for node in graph.node if node.op_type == "BatchNormalization"]:
        layer = made_by.get(norm.input[0])
        if layer is None or layer.op_type not in LAYERS or layer.input[1] not in constants:
            continue
        gamma, beta, mean, variance = (array(name) for name in norm.input[1:5])
        epsilon = next((each.f for each in norm.attribute if each.name == "epsilon"), 1e-5)
        scale = gamma / np.sqrt(variance + epsilon)
        weights = array(layer.input[1])
        transposed = any(each.name == "transB" and each.i for each in layer.attribute)
        rows_first = layer.op_type == "Conv" or transposed
        weights = weights * (scale.reshape([-1] + [1] * (weights.ndim - 1)) if rows_first else scale)
        bias = beta + scale * ((array(layer.input[2]) if len(layer.input) > 2 else 0) - mean)
        names = [norm.output[0] + "_weights", norm.output[0] + "_bias"]
        added += [onnx.numpy_helper.from_array(np.asarray(each, np.float32), name) for each, name in zip((weights, bias), names)]
        kept = layer.input[0]
        del layer.input[:]
        layer.input.extend([kept, *names])
        if layer.op_type == "MatMul":
            layer.op_type = "Gemm"
        layer.output[0] = norm.output[0]
        graph.node.remove(norm)
    graph.initializer.extend(added)


def float_twin(model):
    """The same topology in float32."""
    model = model.transform(FoldConstants(exclude_op_types=[]))
    name = data_input(model.model).name
    from_input = {name}  # as it comes, moved or scaled: no layer yet
    for node in model.graph.node:
        if any(each in from_input for each in node.input) and node.op_type not in LAYERS:
            from_input.update(node.output)
        if node.op_type not in QUANTIZERS:
            continue
        kept = [node.input[0]]
        del node.input[:]
        node.input.extend(kept)
        node.op_type = "Identity" if kept[0] in from_input else "Relu"
        node.domain = ""
        del node.attribute[:]
    twin = onnx.ModelProto()
    twin.CopyFrom(model.model)
    fold_normalizations(twin.graph)
    used = {each for node in twin.graph.node for each in node.input}
    kept = [tensor for tensor in twin.graph.initializer if tensor.name in used]
    del twin.graph.initializer[:], twin.graph.value_info[:]
    twin.graph.initializer.extend(kept)
    name = data_input(twin).name
    inputs = [value for value in twin.graph.input if value.name == name]
    del twin.graph.input[:]
    twin.graph.input.extend(inputs)
    standard = [each for each in twin.opset_import if each.domain == ""]
    version = max(standard[0].version, 13)
    del twin.opset_import[:]
    twin.opset_import.extend([onnx.helper.make_opsetid("", standard[0].version)])
    twin.ir_version = min(twin.ir_version, 10)
    twin = onnx.version_converter.convert_version(twin, version)
    onnx.checker.check_model(twin)
    return twin


class Batches(CalibrationDataReader):
    def __init__(self, feeds):
        self.left = list(feeds)

    def get_next(self):
        return self.left.pop() if self.left else None


def quantized_twin(twin, feeds, folder):
    paths = [os.path.join(folder, name) for name in ("float.onnx", "ready.onnx", "int8.onnx")]
    onnx.save(twin, paths[0])
    quant_pre_process(paths[0], paths[1])
    quantize_static(paths[1], paths[2], Batches(feeds), quant_format=QuantFormat.QDQ, activation_type=QuantType.QUInt8,
                    weight_type=QuantType.QInt8, op_types_to_quantize=[*LAYERS, "MaxPool", "Relu", "Flatten", "Reshape"])
    return paths[2]


def rate(work, frames):
    """Frames a second of processor time; `work` computes so many frames."""
    start = time.process_time()
    calls = 0
    while True:
        work()
        calls += 1
        spent = time.process_time() - start
        if spent >= SECONDS:
            return calls * frames / spent


def finnr_rate(bench, path):
    done = subprocess.run([bench, path, f"--benchmark_filter=network/.*/batch_{BATCH}$", "--benchmark_format=json",
                           f"--benchmark_min_time={SECONDS}"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{bench} {path}: {done.stderr}")
    (run,) = json.loads(done.stdout)["benchmarks"]
    if run.get("error_occurred"):
        sys.exit(f"{bench} {path}: {run['error_message']}")
    return run["frames/s"]


def measure(bench, path, rounds):
    """Rates by engine, one for each round."""
    one = for_frames(path, 1)
    batched = for_frames(path, BATCH)
    name = data_input(batched.model).name
    rng = np.random.default_rng(1)
    feeds = [{name: rng.integers(0, 256, batched.get_tensor_shape(name)).astype(np.float32)} for _ in range(4)]
    frame = {data_input(one.model).name: feeds[0][name][:1]}
    twin = float_twin(for_frames(path, BATCH))
    with tempfile.TemporaryDirectory() as folder:
        fp32 = one_thread(twin.SerializeToString())
        int8 = one_thread(quantized_twin(twin, feeds, folder))
    execute = qonnx.core.onnx_exec.execute_onnx
    engines = {
        "fp32": (lambda: fp32.run(None, feeds[0]), BATCH),
        "int8": (lambda: int8.run(None, feeds[0]), BATCH),
        "qonnx": (lambda: execute(one, frame), 1),
        "batched": (lambda: execute(batched, feeds[0]), BATCH),
    }
    for work, _ in engines.values():
        work()
    rates = {key: [] for key in ("finnr", *engines)}
    for _ in range(rounds):
        rates["finnr"].append(finnr_rate(bench, path))
        for key, (work, frames) in engines.items():
            rates[key].append(rate(work, frames))
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", help="finnr_fast_bench")
    parser.add_argument("models", nargs="*", help="model files")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    models = arguments.models or [os.path.join(SHARED, "models", name, "model.onnx") for name in FIGURES]
    missing = [path for path in models if not os.path.exists(path)]
    if missing:
        sys.exit(f"no such model: {', '.join(missing)}")
    qonnx.core.onnx_exec.rt = OneThread
    print(f"onnxruntime {onnxruntime.__version__}, qonnx on one thread, batches of {BATCH}, {arguments.rounds} rounds\n")
    print("| network | engine | frames a second | finnr is faster by | at least |")
    print("|---|---|---|---|---|")
    missed = 0
    for path in models:
        name = os.path.basename(os.path.dirname(os.path.abspath(path)))
        rates = measure(arguments.bench, path, arguments.rounds)
        for key, each in rates.items():
            ratio = statistics.median(mine / other for mine, other in zip(rates["finnr"], each))
            wanted = FIGURES.get(name, {}).get(key)
            missed += wanted is not None and ratio < wanted
            cells = [name, ENGINES[key], f"{statistics.median(each):,.0f}", "" if key == "finnr" else f"{ratio:,.1f}", wanted or ""]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    print(f"\n{missed} figures of the last column are missed" if missed else "\nall figures of the last column are reached")


if __name__ == "__main__":
    main()
