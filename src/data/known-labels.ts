/** Data sets that publish numbers for labels and are recognised by them, so that their classes can be called by name. */
import { sha256 } from '../files.js';

const FASHION_MNIST = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/** SHA-256 of a split's labels, one byte a label, without the file's header and compression. */
const NAMES_BY_LABELS: Readonly<Record<string, readonly string[]>> = {
  '657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7': FASHION_MNIST,
  '3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9': FASHION_MNIST,
};

/** Class names of the published data set that has exactly these labels, if it is one we know. */
export function knownClassNames(labels: Uint8Array): readonly string[] | undefined {
  return NAMES_BY_LABELS[sha256(labels)];
}
