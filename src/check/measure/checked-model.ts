/** The model file that is checked (Node only). */
import { withEffort } from '../../effort.js';
import { InputError } from '../../errors.js';
import { look, readBytes, sha256 } from '../../files.js';
import { dirname, join } from '../../storage/paths.js';
import { decodeModel, encodeModel } from '../../onnx/codec.js';
import { loadExternalData } from '../../onnx/external-data.js';
import { storedTensors } from '../../onnx/stored-tensors.js';
import { nodeLabel, onnx, type Model } from '../../onnx/model.js';
import { omitBlankEnds } from '../../onnx/spelling.js';
import { validateModel } from '../../onnx/validate.js';
import type { Notice } from '../../progress.js';
import type { Runtime } from '../../runtime/runtime.js';
import { signatureOf, type Signature } from './signature.js';
import { withTensorOutputs } from './tensor-outputs.js';

/** A model file as it is checked. */
export interface CheckedModel {
  readonly path: string;
  readonly sha256: string;
  /** With tensors for dictionaries. */
  readonly model: Model;
  /** The file as it is, or with its external data inside, tensors for dictionaries, or no blank last inputs; what is run. */
  readonly bytes: Uint8Array;
  readonly signature: Signature;
}

/** Reads a model, loads it, and describes it. */
export async function readCheckedModel(path: string, runtime: Runtime, onNotice?: Notice): Promise<CheckedModel> {
  const fileBytes = await readBytes(path);
  const stored = decodeModel(fileBytes, path);
  const external = new Set<string>();
  for (const tensor of storedTensors(stored)) {
    if (tensor.dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) continue;
    external.add(tensor.externalData.find(({ key }) => key === 'location')?.value ?? '');
  }
  await loadExternalData(stored, dirname(path), path);
  const blank = omitBlankEnds(stored);
  const fatal = blank.find(({ opType, input }) => opType === 'LayerNormalization' && input.length === 2);
  if (fatal) {
    onNotice?.(
      `${path}: node ${nodeLabel(fatal)} names its missing bias "", on which ONNX Runtime's optimiser crashes; ` +
        'the model is checked without that name, export it again before others load it',
    );
  }
  validateModel(stored, path);
  let size = fileBytes.length;
  for (const location of external) size += (await look(join(dirname(path), location)))?.size ?? 0;
  // Beside its external data a model can be run from its path only; with them inside, from memory.
  const { model, maps } = withTensorOutputs(stored);
  const bytes = external.size > 0 || maps.size > 0 || blank.length > 0 ? encodeModel(model) : fileBytes;
  try {
    const session = await withEffort(bytes.length, () => runtime.createSession(bytes));
    try {
      return {
        path,
        sha256: sha256(fileBytes),
        model,
        bytes,
        signature: signatureOf(stored, session, { fileBytes: size, maps }),
      };
    } finally {
      await session.release();
    }
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${path}: ${error.message}`, { cause: error }) : error;
  }
}
