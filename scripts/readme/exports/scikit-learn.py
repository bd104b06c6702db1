from skl2onnx import to_onnx

with open("model.onnx", "wb") as file:
    file.write(to_onnx(model, x[:1], options={"zipmap": False}).SerializeToString())
