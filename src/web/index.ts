/**
 * onnx-explain in a browser: all that needs no files, on onnxruntime-web. Data sets are arrays (`arrayDataset`), models are bytes
 * (`decodeModel`), a training stays in memory (`openTraining`), and whatever the caller can mend is thrown as an `InputError`.
 */
export { InputError, type InputFault } from '../errors.js';
export type { Notice, Progress, Reporting } from '../progress.js';
export { TOOL } from '../tool.js';
export type { ElementType, FloatArray, Tensor, TensorDataMap } from '../tensor.js';

export type { DeviceTensor, Feeds, Runtime, Session, SessionOptions, ValueMetadata } from '../runtime/runtime.js';
export { webRuntime } from '../runtime/web.js';

export { decodeModel, encodeModel } from '../onnx/codec.js';
export type { AttributeValue, FloatValue } from '../onnx/attributes.js';
export type { Graph, Model, Node, Attribute } from '../onnx/model.js';
export { create, type CreateOptions } from '../zoo/create.js';
export type { ActivationName, InitName } from '../zoo/network.js';
export {
  inspectModel,
  type InspectedLayer,
  type InspectedNode,
  type InspectedValue,
  type ModelInspection,
  type Verdict,
} from '../inspect/inspect-model.js';
export { GraphBuilder, type Attributes, type Dim } from '../graph/builder.js';
export { inferValues, type Values } from '../graph/values.js';
export type { ValueType } from '../graph/shape-outputs.js';
export { prepareModel } from '../graph/prepare.js';
export { emitBackward, emitForward, type RuleFor } from '../autodiff/differentiate.js';
export type { Tape, TapeEntry } from '../autodiff/tape.js';
export type { BackwardContext, Gradient, NodeContext, NodeQuestion, Saved } from '../autodiff/gradient.js';

export { arrayDataset, type ArrayData } from './dataset.js';
export type { Dataset, ExampleOrigin, ExampleArray, Picture, Size, Split } from '../data/dataset.js';
export type { Preprocessing } from '../data/preprocessing.js';
export type { Normalization } from '../data/normalization.js';
export type { ExampleForm } from '../data/example-shape.js';
export type { Input } from '../data/input.js';
export { pictureFromPixels, pictureInput, type RgbaPixels } from './input.js';

export {
  openClassifier,
  type InterfaceChoice,
  type OpenClassifier,
  type OpenedClassifier,
} from '../classifier/open.js';
export type { Classifier, ExampleInput } from '../classifier/classifier.js';
export type { DescribedInput, NamedClass } from '../classifier/describe.js';
export type { Layout } from '../classifier/layout.js';
export type { Activation } from '../classifier/ending.js';
export type { Position } from '../classifier/position.js';

export { openExplainer, type AttributionMap, type Explainer, type ExplainerRequest } from './explainer.js';
export { openNeighbours, type Neighbour, type Neighbours } from './neighbours.js';
export { attribute, type AttributeRequest, type AttributeOutcome } from '../explain/attribution/attribute.js';
export { METHOD_NAMES } from '../explain/attribution/methods/registry.js';
export { ATTRIBUTION_DEFAULTS, type AttributionSettings } from '../explain/attribution/settings.js';
export type { LayeredSettings } from '../explain/attribution/mim/settings.js';
export type { RuleParameter, RuleSpec } from '../explain/attribution/rules/rule.js';

export { openTraining, type MemoryTraining, type MemoryTrainOptions, type MemoryTrainRequest } from './training.js';
export {
  buildTrainingGraph,
  type Carried,
  type CarriedSubspace,
  type FactoredOutputs,
  type TrainingGraph,
  type TrainingGraphOptions,
  type TracedTensors,
} from '../train/training-graph.js';
export type { Evaluation } from '../train/evaluation.js';
export type { MatrixWeight } from '../train/columns.js';
export type { OptimizerSettings } from '../train/optimizers/optimizer.js';
export { TRAIN_DEFAULTS, type TrainOptions } from '../train/options.js';
export type { Reference } from '../explain/trace/query-factors.js';
export type { TraceOptions } from '../explain/trace/trace.js';
export type { Similarity } from '../explain/trace/step-use.js';
export type { Bandwidth } from '../numeric/kernel-density.js';
export type { AskedMeasure, InfluenceOptions } from '../explain/influence/influence.js';
export type { MeasureName } from '../explain/influence/measures.js';
export type { RunMethodName } from '../explain/influence/methods/registry.js';
export type { InfluenceEffect, InfluenceQuery } from '../results/influence.js';
export type { TraceClass, TraceExample, TraceLayer, TraceQuery } from '../results/trace.js';
