/**
 * Jest's Node environment with the host's typed arrays.
 *
 * Jest runs tests in a separate V8 context whose Float32Array is not the one that native addons check against, so ONNX
 * Runtime refuses every tensor ("data must be type of function Float32Array"). Handing the host's constructors into the
 * context makes the two agree.
 */
// Within a test process.env is a copy, which native code does not see.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const { TestEnvironment } = require('jest-environment-node');

const shared = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Atomics',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of shared) this.global[name] = globalThis[name];
  }
};
