import { bytesText } from '../../../data/printable.js';
import { defineRule, short } from '../../rule.js';

/** Bytes of the file and its external data. */
export const fileSize = defineRule({
  name: 'structure.file-size',
  summary: 'size of the file, with external data',
  level: 'error',
  optional: false,
  needs: [],
  floors: ['smallest'],
  limits: {
    're-export': { smallest: 0.7, largest: 1.5 },
    float16: { smallest: 0.4, largest: 1.1 },
    int8: { smallest: 0.15, largest: 1.2 },
  },
  judge: ({ baseline, candidate }, { smallest, largest }) => {
    const [before, now] = [baseline.signature.fileBytes, candidate.signature.fileBytes];
    const ratio = now / before;
    return {
      status: ratio >= smallest && ratio <= largest ? 'pass' : 'fail',
      value: ratio,
      limit: `${smallest}–${largest}`,
      sentence: `${bytesText(before)} became ${bytesText(now)}, ×${short(ratio)}`,
    };
  },
});
