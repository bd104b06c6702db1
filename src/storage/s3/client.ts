/**
 * The client of S3 and of what speaks as S3 does (Node only). It is loaded with the first address, so that commands on a disk do not
 * wait for it. Endpoint, region and credentials come from where all of Amazon's tools find them; `docs/storage.md` lists them.
 */
import type { S3 } from '@aws-sdk/client-s3';
import { explainS3Error } from './error.js';

/** How a request goes out; the type is the client's. */
export interface RequestOptions {
  readonly requestTimeout?: number;
}

/** Tries of a request, the first among them. */
const TRIES = 3;

/** A connection that is not there by then will not come: with all tries, a wrong endpoint is known within some 15 seconds. */
const CONNECT_MS = 3000;

/** Until the endpoint has answered once it may be none. */
const FIRST_ANSWER_MS = 4000;

/** A connection over which nothing comes for so long is broken. */
const SILENCE_MS = 30_000;

let opened: Promise<S3> | undefined;
let hasAnswered = false;

/**
 * Asks the store for something.
 * @param address what errors name
 * @throws InputError for whatever the store, or the way to it, has against it
 */
export async function ask<T>(address: string, question: (s3: S3, options: RequestOptions) => Promise<T>): Promise<T> {
  try {
    const s3 = await (opened ??= openClient());
    const answer = await question(s3, hasAnswered ? {} : { requestTimeout: FIRST_ANSWER_MS });
    hasAnswered = true;
    return answer;
  } catch (error) {
    hasAnswered ||= (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined;
    throw explainS3Error(error, address, endpointOf(process.env));
  }
}

/** The endpoint that is set; undefined for Amazon's own. */
export function endpointOf(env: NodeJS.ProcessEnv): string | undefined {
  return [env.AWS_ENDPOINT_URL_S3, env.AWS_ENDPOINT_URL].find((url) => url !== undefined && url !== '');
}

async function openClient(): Promise<S3> {
  const { env } = process;
  // Which versions of Node.js the client will run on some day is no news for whoever explains a model.
  env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { S3 } = await import('@aws-sdk/client-s3');
  const endpoint = endpointOf(env);
  // What environment and profile say, if they do: other makers' stores take any.
  const region = await new S3({}).config.region().catch(() => env.AWS_DEFAULT_REGION ?? 'us-east-1');
  return new S3({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    // Few other makers' stores have a host name for each bucket.
    forcePathStyle: endpoint !== undefined && env.ONNX_EXPLAIN_S3_ADDRESSING !== 'virtual',
    // Other makers' stores know neither the checksums that are added otherwise nor how they are sent behind a body.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: TRIES,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS, throwOnRequestTimeout: true },
  });
}
