import { expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { stopped } from '../../src/runtime/refusal.js';

// As ONNX Runtime 1.30 says it.
const REASON =
  "Non-zero status code returned while running MaxPool node. Name:'y0_token_2' Status Message: pool.cc:276 ComputeInternal The Indices output is not supported yet.";

test('what a provider refuses is one line with operator, provider and mend', () => {
  const error = stopped(REASON, ' on webgpu', undefined);
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).toBe(
    'ONNX Runtime refuses MaxPool (node "y0") on webgpu: The Indices output is not supported yet; set `executionProvider` to cpu',
  );
});

test('what the processor stops at, or no node does, is a bug', () => {
  expect(stopped(REASON, '', undefined)).not.toBeInstanceOf(InputError);
  expect(stopped('out of memory', ' on webgpu', undefined)).not.toBeInstanceOf(InputError);
});
