"""Peer of attribution.ts: captum's Grad-CAM and zennit's LRP of a ResNet-18, milliseconds, and the same network as ONNX.

python scripts/bench/attribution.py export <model.onnx>
python scripts/bench/attribution.py measure <threads> <rounds>
"""

import json
import statistics
import sys
import time
import warnings

import torch
from torchvision.models import resnet18

warnings.filterwarnings("ignore")
task, *arguments = sys.argv[1:]
torch.manual_seed(0)
model = resnet18(weights=None).eval()
x = torch.randn(1, 3, 224, 224)

if task == "export":
    torch.onnx.export(
        model,
        (x.repeat(2, 1, 1, 1),),
        arguments[0],
        dynamo=True,
        external_data=False,
        verbose=False,
        opset_version=18,
        input_names=["pixels"],
        output_names=["scores"],
        dynamic_shapes=[{0: torch.export.Dim("batch")}],
    )
else:
    from captum.attr import LayerGradCam
    from zennit.attribution import Gradient
    from zennit.composites import EpsilonPlusFlat
    from zennit.torchvision import ResNetCanonizer

    threads, rounds = map(int, arguments)
    torch.set_num_threads(threads)
    hot = torch.eye(1000)[[3]]
    cam = LayerGradCam(model, model.layer4)

    def forward():
        with torch.no_grad():
            model(x)

    def lrp():
        with Gradient(model, EpsilonPlusFlat(canonizers=[ResNetCanonizer()])) as attributor:
            attributor(x.clone().requires_grad_(), hot)

    tasks = {"forward": forward, "grad-cam": lambda: cam.attribute(x, target=3, relu_attributions=True), "lrp": lrp}
    times = {name: [] for name in tasks}
    for _ in range(rounds + 1):
        for name, run in tasks.items():
            start = time.perf_counter()
            run()
            times[name].append(1000 * (time.perf_counter() - start))
    # The first round warms up.
    print(json.dumps({name: statistics.median(found[1:]) for name, found in times.items()}))
