/** The kinds of data set that `openDataset` recognises, asked in this order. */
import type { Format } from '../source.js';
import { archiveFolderFormat } from './archive-folder.js';
import { cifarBinaryFormat } from './cifar-binary.js';
import { graphFormat } from './graph.js';
import { idxFormat } from './idx.js';
import { imageFolderFormat } from './image-folder.js';
import { tableFileFormat } from './table-file.js';
import { tableFolderFormat } from './table-folder.js';
import { tarFormat } from './tar.js';
import { zipFormat } from './zip.js';

/** One line a format; any folder with sub-folders is taken for an image folder, so that comes last, behind tables. */
export const FORMATS: readonly Format[] = [
  zipFormat,
  tarFormat,
  tableFileFormat,
  graphFormat,
  idxFormat,
  cifarBinaryFormat,
  archiveFolderFormat,
  tableFolderFormat,
  imageFolderFormat,
];
