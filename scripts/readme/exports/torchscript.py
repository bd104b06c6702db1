torch.onnx.export(
    model.eval(), torch.zeros(1, 3, 32, 32), "model.onnx",
    dynamo=False, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
)
