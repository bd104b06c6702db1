/** proto/onnx.proto against the schema of the onnx package: a field that is missing would be lost on rewriting. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import protobuf from 'protobufjs';

interface Field {
  readonly number: number;
  readonly type: string;
  readonly repeated: boolean;
  readonly packed: boolean;
  readonly oneof: string | null;
}

interface Schema {
  readonly messages: Record<string, Record<string, Field>>;
  readonly enums: Record<string, Record<string, number>>;
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const expected = JSON.parse(read('test/fixtures/onnx/schema.json')) as Schema;

function ours(): Schema {
  const { root } = protobuf.parse(read('proto/onnx.proto'), { keepCase: true });
  root.resolveAll();
  const messages: Record<string, Record<string, Field>> = {};
  const enums: Record<string, Record<string, number>> = {};
  const short = (object: protobuf.ReflectionObject) => object.fullName.replace(/^\.onnx\./, '');
  const visit = (namespace: protobuf.NamespaceBase) => {
    for (const object of namespace.nestedArray) {
      if (object instanceof protobuf.Enum) enums[short(object)] = { ...object.values };
      if (object instanceof protobuf.Type) {
        messages[short(object)] = Object.fromEntries(
          object.fieldsArray.map((field) => [
            field.name,
            {
              number: field.id,
              type: field.resolvedType ? short(field.resolvedType) : field.type,
              repeated: field.repeated,
              packed: field.repeated && field.packed,
              oneof: field.partOf?.name ?? null,
            },
          ]),
        );
      }
      if (object instanceof protobuf.Namespace) visit(object);
    }
  };
  visit(root);
  return { messages, enums };
}

/** Fields that ONNX has retired, and that files of earlier versions may have. */
const RETIRED: Record<string, readonly string[]> = { FunctionProto: ['since_version', 'status'] };

test('every message, field and enum of ONNX is in our schema, with its number and type', () => {
  const { messages, enums } = ours();
  expect(Object.keys(expected.messages).length).toBeGreaterThan(20);
  for (const [message, fields] of Object.entries(RETIRED)) {
    for (const field of fields) {
      expect(messages[message]).toHaveProperty(field);
      expect(expected.messages[message]).not.toHaveProperty(field);
      delete messages[message]![field];
    }
  }
  expect(messages).toEqual(expected.messages);
  expect(enums).toEqual(expected.enums);
});
