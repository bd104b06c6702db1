/** What errors of S3, and of the way to it, mean to the user. */
import { InputError, oneLine } from '../../errors.js';
import { Conflict, NotThere } from '../store.js';

/** What is known of an error of the client. */
interface ClientError {
  readonly name?: string;
  readonly code?: string;
  readonly $fault?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

const DENIED = [
  'access denied',
  'check the address, and that the credentials may list, read, write and delete there',
] as const;

/** By the store's own words, or the client's. */
const REASONS: readonly (readonly [RegExp, problem: string, mend: string])[] = [
  [/^NoSuchBucket$/, 'there is no such bucket', 'check its name, and AWS_ENDPOINT_URL_S3'],
  [/^InvalidBucketName$/, 'is no name of a bucket', 'write s3://bucket/folder/file'],
  [
    /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|TokenRefreshRequired|InvalidSecurity|AuthFailure)$/,
    'the store does not take the credentials',
    'check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or sign in again',
  ],
  [/^(AccessDenied|AllAccessDisabled|AccountProblem|Forbidden)$/, ...DENIED],
  [
    /^(CredentialsProviderError|TokenProviderError)$/,
    'no credentials found',
    'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  ],
  [
    /^(SlowDown|ServiceUnavailable|InternalError|RequestTimeout|ThrottlingException|TooManyRequests)$/,
    'the store is too busy to answer',
    'try again later',
  ],
  [/^EntityTooLarge$/, 'is larger than the store takes', 'choose another place'],
  [
    /^(QuotaExceeded|StorageFull|XMinioStorageFull|InsufficientStorage)$/,
    'the store is full',
    'free some space and run the command again',
  ],
];

const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|EPROTO|ERR_TLS.*|CERT_.*|.*_CERT.*|TimeoutError|HPE_.*)$/;

/**
 * What an error of the client means to the user; errors of ours are passed on as they are.
 * @param endpoint where the store is; undefined for Amazon's own
 */
export function explainS3Error(error: unknown, address: string, endpoint: string | undefined): unknown {
  if (error instanceof InputError || !(error instanceof Error)) return error;
  const { name, code, $fault, $metadata, $response } = error as Error & ClientError;
  const status = $metadata?.httpStatusCode;
  const fault = (problem: string, mend: string) => new InputError({ file: address, problem, mend }, { cause: error });
  const region = $response?.headers?.['x-amz-bucket-region'];
  if (status === 412 || name === 'ConditionalRequestConflict') {
    const problem = 'was written by another process meanwhile';
    return new Conflict({ file: address, problem, mend: 'look at what is there now, and try again' }, { cause: error });
  }
  if (
    status === 301 ||
    status === 307 ||
    /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocation)/.test(name)
  ) {
    return fault(
      `the bucket is in another region${region === undefined ? '' : ` (${region})`}`,
      `set AWS_REGION${region === undefined ? " to the bucket's" : `=${region}`}`,
    );
  }
  for (const [words, problem, mend] of REASONS) if (words.test(name)) return fault(problem, mend);
  if (status === 404) {
    const problem = 'no such file or folder';
    return new NotThere({ file: address, problem, mend: 'check the address' }, { cause: error });
  }
  if (status === 403) return fault(...DENIED);
  const where = endpoint ?? "Amazon's S3";
  if (status === undefined && (UNREACHABLE.test(code ?? '') || UNREACHABLE.test(name))) {
    return fault(`cannot reach ${where} (${code ?? name})`, 'check AWS_ENDPOINT_URL_S3, AWS_REGION and the network');
  }
  if (status !== undefined && status >= 500) {
    return fault(`the store failed (${oneLine(error)})`, 'try again later');
  }
  if (error instanceof SyntaxError || /deserialization/i.test(error.message)) {
    return fault(`${where} does not answer as S3 does`, 'check AWS_ENDPOINT_URL_S3');
  }
  // Whatever else the store, or a setting of its client, complains of: it is no fault of ours.
  if ($fault !== undefined || status !== undefined || /Invalid URL|region|endpoint|profile/i.test(error.message)) {
    return fault(`the store refused (${name}: ${oneLine(error)})`, 'check the address and the settings of the store');
  }
  return error;
}
