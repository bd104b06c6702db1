/** Paths of disks stay what they were; addresses keep their two slashes, and nothing leads above a bucket. */
import { expect, test } from '@jest/globals';
import { basename, dirname, isAbsolute, join, relative, resolve } from '../../src/storage/paths.js';
import { storeOf } from '../../src/storage/registry.js';

test('addresses are joined and taken apart', () => {
  expect(join('s3://b', 'x', 'y.log')).toBe('s3://b/x/y.log');
  expect(join('s3://b/run/', 'log/', './a')).toBe('s3://b/run/log/a');
  expect(join('s3://b/a//b', 'c')).toBe('s3://b/a//b/c');
  expect(join('s3://b/x', '.')).toBe('s3://b/x');
  expect(join('s3://b/x/y', '..', 'z')).toBe('s3://b/x/z');
  expect(join('s3://b/x', '../../../z')).toBe('s3://b/z');
  expect(dirname('s3://b/x/y')).toBe('s3://b/x');
  expect(dirname('s3://b/x')).toBe('s3://b');
  expect(dirname('s3://b')).toBe('s3://b');
  expect(basename('s3://b/x/y.npz')).toBe('y.npz');
  expect(basename('s3://b/x/')).toBe('x');
  expect(basename('s3://b')).toBe('b');
  expect(resolve('s3://b/x')).toBe('s3://b/x');
  expect(resolve('run', 's3://b/x')).toBe('s3://b/x');
  expect(resolve('s3://b/x', '../y')).toBe('s3://b/y');
  expect(resolve('s3://b/x', '/y')).toBe('/y');
  expect(isAbsolute('s3://b')).toBe(true);
  expect(relative('s3://b/runs/1', 's3://b/data')).toBe('../../data');
  expect(relative('s3://b/runs/1', 's3://c/data')).toBe('s3://c/data');
  expect(relative('s3://b/runs/1', '/data')).toBe('/data');
});

test('paths are what they were', () => {
  expect(join('a', '..', 'b')).toBe('b');
  expect(relative('/a/b', '/a/c')).toBe('../c');
});

test('addresses of other kinds are refused', () => {
  expect(() => storeOf('gs://bucket/x')).toThrow(
    /^gs:\/\/bucket\/x: gs:\/\/ is no place that files are read from or written to; give a path, or an address that begins with s3:\/\/$/,
  );
});
