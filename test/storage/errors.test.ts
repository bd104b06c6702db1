/** What an emulator does not say, and real stores do. */
import { expect, test } from '@jest/globals';
import { explainS3Error } from '../../src/storage/s3/error.js';

/** An error as the client throws it. */
function failed(name: string, status?: number, headers: Readonly<Record<string, string>> = {}): Error {
  return Object.assign(new Error('what the store says'), {
    name,
    $fault: 'client',
    $metadata: { httpStatusCode: status },
    $response: { headers },
  });
}

const said = (error: Error, endpoint?: string) => (explainS3Error(error, 's3://b/k', endpoint) as Error).message;

test('a bucket in another region', () => {
  expect(said(failed('PermanentRedirect', 301, { 'x-amz-bucket-region': 'eu-west-1' }))).toBe(
    's3://b/k: the bucket is in another region (eu-west-1); set AWS_REGION=eu-west-1',
  );
  expect(said(failed('AuthorizationHeaderMalformed', 400))).toBe(
    "s3://b/k: the bucket is in another region; set AWS_REGION to the bucket's",
  );
});

test('what is denied, busy, full, or nothing that we know of', () => {
  expect(said(failed('AccessDenied', 403))).toMatch(/^s3:\/\/b\/k: access denied; check /);
  expect(said(failed('UnknownError', 403))).toMatch(/^s3:\/\/b\/k: access denied; check /);
  expect(said(failed('SlowDown', 503))).toBe('s3://b/k: the store is too busy to answer; try again later');
  expect(said(failed('XMinioStorageFull', 507))).toMatch(/the store is full; /);
  expect(said(failed('Strange', 400))).toBe(
    's3://b/k: the store refused (Strange: what the store says); check the address and the settings of the store',
  );
  expect(said(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))).toBe(
    "s3://b/k: cannot reach Amazon's S3 (ENOTFOUND); check AWS_ENDPOINT_URL_S3, AWS_REGION and the network",
  );
});

test('a bug of ours stays one', () => {
  const bug = new TypeError('x is not a function');
  expect(explainS3Error(bug, 's3://b/k', undefined)).toBe(bug);
});
