import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { resolve, sep } from 'node:path';
import { folderNames } from '../src/folder-names.js';

test('plain names stay, others lose what a file system or a link could trip over', () => {
  expect(folderNames(['conv1', '/features/0/Conv', '../../etc/passwd', 'a b:c', '', '..', 'CON', 'nul.txt'])).toEqual([
    ...['conv1', 'features_0_Conv', 'etc_passwd', 'a_b_c', 'layer-4', 'layer-5', 'layer-CON', 'layer-nul.txt'],
  ]);
  expect(folderNames(['Conv', 'conv', '/conv', 'conv-2'])).toEqual(['Conv', 'conv-2', 'conv-3', 'conv-2-2']);
});

test('every name gets a folder of its own right below the parent', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 }), (names) => {
      const folders = folderNames(names);
      expect(new Set(folders.map((folder) => folder.toLowerCase())).size).toBe(names.length);
      for (const folder of folders) {
        expect(folder).toMatch(/^[\w-][\w.-]*$/);
        expect(resolve('parent', folder)).toBe(resolve('parent') + sep + folder);
        expect(folder.length).toBeLessThan(100);
      }
    }),
    { numRuns: 40 },
  );
});
