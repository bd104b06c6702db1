"""The side of onnxruntime-training 1.19.2 in training.ts: prints milliseconds a step of a network.

Takes the request as JSON. Needs a Python of its own: onnxruntime-training==1.19.2, onnx, and torch, which importing
onnxruntime.training asks for. Its SGD has no momentum.
"""
import json
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnxruntime.training import artifacts
from onnxruntime.training.api import CheckpointState, Module, Optimizer

request = json.loads(sys.argv[1])
clock = time.process_time if request["processor"] else time.perf_counter
onnxruntime.set_default_logger_severity(3)
model = onnx.load(request["model"])
stored = [tensor.name for tensor in model.graph.initializer]
trained = [name for name in stored if name.endswith((".weight", ".bias"))]
for node in model.graph.node:
    if node.op_type == "BatchNormalization":
        node.attribute.append(onnx.helper.make_attribute("training_mode", 1))
        node.output.extend(f"{name}_next" for name in node.input[3:5])

folder = tempfile.TemporaryDirectory()
artifacts.generate_artifacts(
    model,
    requires_grad=trained,
    frozen_params=[name for name in stored if name not in trained],
    loss=artifacts.LossType.CrossEntropyLoss,
    optimizer=artifacts.OptimType.SGD,
    artifact_directory=folder.name,
)
paths = {part: f"{folder.name}/{part}_model.onnx" for part in ["training", "optimizer"]}
for path in paths.values():
    # Newer versions of onnx write a version of the format that is later than what this runtime reads; nothing of it is used.
    made = onnx.load(path)
    made.ir_version = min(made.ir_version, 10)
    onnx.save(made, path)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = request["threads"]
state = CheckpointState.load_checkpoint(f"{folder.name}/checkpoint")
module = Module(paths["training"], state, None, device="cpu", session_options=options)
optimizer = Optimizer(paths["optimizer"], module)
optimizer.set_learning_rate(0.01)
module.train()

arrays = np.load(request["data"])
images, labels = arrays["x"], arrays["y"]
random = np.random.default_rng(0)
batches = len(labels) // request["batch"]
step = 0
for _ in range(request["epochs"]):
    for batch in np.array_split(random.permutation(len(labels)), batches):
        if step == request["first"]:
            started = clock()
        step += 1
        inputs = (images[batch].astype(np.float32) / 255 - 0.5) / 0.5
        module(inputs, labels[batch])
        optimizer.step()
        module.lazy_reset_grad()
print(1000 * (clock() - started) / (step - request["first"]))
