/**
 * onnx-explain as a library: what the commands do, as functions. Each takes a `Runtime` (`nodeRuntime()`), reports
 * progress through callbacks, and throws `InputError` for what the caller can mend.
 */
export { InputError } from './errors.js';
export { TOOL } from './tool.js';
export type { ElementType, Tensor } from './tensor.js';

export type { Runtime, Session, SessionOptions } from './runtime/runtime.js';
export { nodeRuntime } from './runtime/node.js';

export { decodeModel, encodeModel } from './onnx/codec.js';
export { readModelFile, writeModelFile, type ModelFile } from './onnx/file.js';
export type { Model } from './onnx/model.js';
export { create, type CreateOptions } from './zoo/create.js';
export { inspectModel, type ModelInspection } from './inspect/inspect-model.js';
export { inspectRun, type RunInspection } from './inspect/inspect-run.js';

export { GraphBuilder } from './graph/builder.js';
export { inferValues } from './graph/values.js';
export { prepareModel } from './graph/prepare.js';
export { emitBackward, emitForward } from './autodiff/differentiate.js';
export type { Gradient } from './autodiff/gradient.js';

export { openDataset, type OpenOptions } from './data/open-dataset.js';
export type { Dataset } from './data/dataset.js';
export { readInputs, type Input } from './data/input.js';

export { buildTrainingGraph, type TrainingGraph } from './train/training-graph.js';
export { TRAIN_DEFAULTS, type TrainOptions } from './train/options.js';
export { startTraining, type StartRequest } from './workflows/train.js';
export { openLog, type DeltaLog } from './log/read/reader.js';
export { type RunManifest } from './run/manifest.js';
export { readManifest } from './run/manifest-file.js';

export { traceRun, type TraceRunOptions } from './explain/trace/trace-run.js';
export { traceToFolder, type TraceFolderRequest } from './workflows/trace.js';

export { representerToFolder, type RepresenterRequest } from './workflows/representer.js';
export { auditToFolder, type AuditRequest } from './workflows/audit.js';
export type { RepresenterResult } from './results/representer.js';
export type { AuditResult } from './results/audit.js';

export { attribute, type AttributeRequest, type AttributeOutcome } from './explain/attribution/attribute.js';
export { attributeToFolder, type AttributeFolderRequest } from './workflows/attribute.js';
export type { AttributeResult } from './results/attribute.js';

export { readResult, writeResult } from './results/result-file.js';
export type { TraceResult } from './results/trace.js';

export { checkModel } from './check/check-model.js';
export type { CheckRequest } from './check/request.js';
export { updateBaseline, type BaselineUpdate } from './check/update-baseline.js';
export type { CheckResult } from './results/check.js';
