/**
 * onnx-explain as a library: what the commands do, as functions. Each takes a `Runtime` (`nodeRuntime()`), reports
 * progress through callbacks, and throws `InputError` for what the caller can mend.
 */
export { InputError, type InputFault } from './errors.js';
export type { Notice, Progress, Reporting } from './progress.js';
export { TOOL } from './tool.js';
export type { ElementType, FloatArray, Tensor, TensorDataMap } from './tensor.js';

export type { DeviceTensor, Feeds, Runtime, Session, SessionOptions, ValueMetadata } from './runtime/runtime.js';
export { nodeRuntime } from './runtime/node.js';

export { decodeModel, encodeModel } from './onnx/codec.js';
export { readModelFile, writeModelFile, type ModelFile } from './onnx/file.js';
export type { AttributeValue, FloatValue } from './onnx/attributes.js';
export type { Graph, Model, Node, Attribute } from './onnx/model.js';
export type { Division, Task } from './shards/division.js';
export { openShards, mergeOf, type ShardSet } from './shards/merge.js';
export type { PartialEnding, PartialFile, PartialHead, PartialTask } from './shards/partial-file.js';
export { computeShard } from './shards/shard.js';

export { create, type CreateOptions } from './zoo/create.js';
export type { ActivationName, InitName } from './zoo/network.js';
export {
  inspectModel,
  type InspectedLayer,
  type InspectedNode,
  type InspectedValue,
  type ModelInspection,
  type Verdict,
} from './inspect/inspect-model.js';
export { inspectRun, type InspectedRunLayer, type RunInspection } from './inspect/inspect-run.js';

export { GraphBuilder, type Attributes, type Dim } from './graph/builder.js';
export { inferValues, type Values } from './graph/values.js';
export type { ValueType } from './graph/shape-outputs.js';
export { prepareModel } from './graph/prepare.js';
export { emitBackward, emitForward, type RuleFor } from './autodiff/differentiate.js';
export type { Tape, TapeEntry } from './autodiff/tape.js';
export type { BackwardContext, Gradient, NodeContext, NodeQuestion, Saved } from './autodiff/gradient.js';

export { openDataset, type OpenOptions } from './data/open-dataset.js';
export type { Dataset, ExampleOrigin, ExampleArray, Picture, Size, Split } from './data/dataset.js';
export type { Corrections } from './data/corrections/corrections.js';
export type { Preprocessing } from './data/preprocessing.js';
export type { Normalization } from './data/normalization.js';
export type { ExampleFit } from './data/example-shape.js';
export { readInputs, type Input, type InputOptions } from './data/input.js';

export type { Classifier, ExampleInput } from './classifier/classifier.js';
export type { Layout } from './classifier/layout.js';
export type { Activation } from './classifier/ending.js';
export type { Position } from './classifier/position.js';

export {
  buildTrainingGraph,
  type Carried,
  type CarriedSubspace,
  type FactoredOutputs,
  type TrainingGraph,
  type TrainingGraphOptions,
  type TracedTensors,
} from './train/training-graph.js';
export type { MatrixWeight } from './train/columns.js';
export type { OptimizerSettings } from './train/optimizers/optimizer.js';
export type { TrainProgress } from './train/setup.js';
export { TRAIN_DEFAULTS, type TrainOptions } from './train/options.js';
export type { ClassWeights } from './train/sample-weights.js';
export { startTraining, type StartRequest } from './workflows/train.js';
export { openLog, type DeltaLog, type DeltaRange, type OpenLogOptions } from './log/read/reader.js';
export type { DeltaChunk } from './log/read/decode-chunk.js';
export type { FactoredRecords } from './log/read/factored-sum.js';
export type { StepRange } from './log/read/column-part.js';
export type { TensorCheck } from './log/read/verify.js';
export type { CodecChoice, CodecName } from './log/codecs/registry.js';
export type { LayerColumn } from './log/format/descriptors.js';
export type { LayerLayout, LoggedLayer, LoggedTensor } from './log/format/layer.js';
export type { StepRecord } from './log/format/records.js';
export type { SealedSegment } from './log/format/segment.js';
export { type RunManifest } from './run/manifest.js';
export { readManifest } from './run/manifest-file.js';

export { traceRun, type TraceRunContext, type TraceRunOptions } from './explain/trace/trace-run.js';
export type { ReferenceData } from './explain/trace/draw-references.js';
export type {
  ExampleGammaRequest,
  ExampleGammas,
  LayerExampleGammas,
  UnitRequest,
} from './explain/trace/example-gammas.js';
export type { Reference } from './explain/trace/query-factors.js';
export type { Similarity } from './explain/trace/step-use.js';
export type { Bandwidth } from './numeric/kernel-density.js';
export { traceToFolder, type TraceFolderRequest } from './workflows/trace.js';

export { representerToFolder, type RepresenterRequest } from './workflows/representer.js';
export type { AskedLambda } from './explain/representer/fit/automatic.js';
export type { RepresenterOptions } from './explain/representer/representer.js';
export type { FitMode } from './explain/representer/cached-fit.js';
export type { SolveOptions } from './explain/representer/fit/fit.js';
export type { Smoothing } from './explain/representer/sensitivity.js';
export { influenceToFolder } from './workflows/influence.js';
export type { AskedInfluence, InfluenceFolderRequest } from './workflows/influence-request.js';
export type { AskedMeasure } from './explain/influence/influence.js';
export type { MeasureName } from './explain/influence/measures.js';
export type { InfluenceResult } from './results/influence.js';
export { evaluateToFolder, type EvaluateFolderRequest } from './workflows/evaluate.js';
export type { BenchOptions } from './evaluate/bench.js';
export type { EvaluateOptions } from './evaluate/evaluate.js';
export type { ProtocolName } from './evaluate/protocols/registry.js';
export type { EvaluateResult } from './results/evaluate.js';
export { auditToFolder, type AuditRequest } from './workflows/audit.js';
export type { AuditOptions } from './explain/audit/audit.js';
export type { Simulation } from './explain/audit/simulate.js';
export type { RepresenterResult } from './results/representer.js';
export type { AuditResult, AuditSuspect } from './results/audit.js';

export { attribute, type AttributeRequest, type AttributeOutcome } from './explain/attribution/attribute.js';
export type { LayeredSettings } from './explain/attribution/mim/settings.js';
export type { AttributionSettings } from './explain/attribution/settings.js';
export type { RuleParameter, RuleSpec } from './explain/attribution/rules/rule.js';
export { attributeToFolder, type AttributeFolderRequest } from './workflows/attribute.js';
export type { AttributeResult } from './results/attribute.js';
export { trendsToFolder } from './workflows/trends.js';
export type { TrendsFolderRequest, TrendsOptions } from './workflows/trends-request.js';
export type { TrendsResult } from './results/trends.js';

export { readResult, writeResult } from './results/result-file.js';
export type { Result, ResultKind, ResultOf } from './results/kinds.js';
export type { Json } from './schema/fields.js';
export type { TraceResult } from './results/trace.js';

export { checkModel } from './check/check-model.js';
export type { CheckRequest } from './check/request.js';
export type { SettingFlags } from './check/settings/settings.js';
export { updateBaseline, type BaselineUpdate } from './check/update-baseline.js';
export type { CheckResult } from './results/check.js';
