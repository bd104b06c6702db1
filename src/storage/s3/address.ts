/** What an S3 address names: `s3://bucket/key`. */
import { InputError } from '../../errors.js';

/** An object, or what the keys of a folder's objects begin with. */
export interface S3Place {
  readonly bucket: string;
  /** As the store has it: nothing in it is decoded. Empty for the bucket itself; without slashes at its ends. */
  readonly key: string;
}

/** @throws InputError unless it names a bucket */
export function placeOf(address: string): S3Place {
  const [bucket = '', ...rest] = address.slice('s3://'.length).split('/');
  if (/^[a-z0-9][a-z0-9._-]{0,254}$/i.test(bucket)) {
    return { bucket, key: rest.join('/').replace(/^\/+|\/+$/g, '') };
  }
  throw new InputError({
    file: address,
    problem: bucket === '' ? 'names no bucket' : `${JSON.stringify(bucket)} is no name of a bucket`,
    mend: 'write s3://bucket/folder/file',
  });
}

/** What an object is called. @throws InputError for the address of a bucket */
export function objectOf(address: string): { readonly Bucket: string; readonly Key: string } {
  const { bucket, key } = placeOf(address);
  if (key !== '') return { Bucket: bucket, Key: key };
  throw new InputError({
    file: address,
    problem: 'is a bucket, expected a file in it',
    mend: `write s3://${bucket}/file`,
  });
}

/** What the keys below a folder begin with. */
export function prefixOf(address: string): { readonly Bucket: string; readonly Prefix: string } {
  const { bucket, key } = placeOf(address);
  return { Bucket: bucket, Prefix: key === '' ? '' : `${key}/` };
}
