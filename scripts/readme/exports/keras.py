model.export("model.onnx", format="onnx")
