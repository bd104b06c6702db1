/** Memory of large tensors that is not to wait for the garbage collector. */
import type { Tensor } from '../tensor.js';

type Port = InstanceType<typeof MessageChannel>['port1'];

let closed: Port | undefined;

/**
 * Gives the memory of tensors back at once: their arrays are empty after it. ONNX Runtime hands out every result in an array
 * of its own, and the collector lets some hundred megabytes of them pile up, as it sees how small the objects around them are.
 * @param tensors or their arrays, each alone in its buffer, as results of a session are; undefined is passed over
 */
export function giveBack(tensors: Iterable<Tensor | Tensor['data'] | undefined>): void {
  closed ??= closedPort();
  for (const tensor of tensors) {
    const data = tensor && 'data' in tensor ? tensor.data : tensor;
    // What is transferred leaves its owner, and from a port that is closed it arrives nowhere.
    if (ArrayBuffer.isView(data)) closed.postMessage(undefined, [data.buffer as ArrayBuffer]);
  }
}

function closedPort(): Port {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
}
