/**
 * ONNX Runtime reports its use to its makers, and leaves files in the temporary and the cache folder, unless the
 * environment says otherwise when it is loaded. Models under debugging are nobody else's business: import this before
 * onnxruntime-node. Who sets the variable (to 0) has the last word.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
