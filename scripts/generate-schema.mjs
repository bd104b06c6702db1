/** Writes the JSON schema of result.json from the schemas that results are checked by (after the build, which has them). */
import { writeFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import { resultSchemas } from '../dist/results/kinds.js';

/** What two fields must have in common is beyond JSON Schema, as is that lists are read-only; everything else is there. */
const options = {
  errorMode: 'ignore',
  target: 'draft-2020-12',
  // A pair is one only where there are two.
  overrideSchema: ({ jsonSchema }) => {
    const { length } = jsonSchema.prefixItems ?? [];
    return length ? { ...jsonSchema, minItems: length, maxItems: length } : undefined;
  },
};

const kinds = Object.entries(resultSchemas).map(([kind, schema]) => {
  // What refers to itself gets a number for a name: options of a command, which are any JSON.
  const named = JSON.stringify(toJsonSchema(schema, options)).replaceAll('#/$defs/0', '#/$defs/json');
  const { $defs, ...rest } = JSON.parse(named);
  // The whole says it once.
  delete rest.$schema;
  return { kind, rest, shared: { json: $defs['0'] } };
});

writeFileSync(
  new URL('../dist/result.schema.json', import.meta.url),
  `${JSON.stringify(
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'result.json of onnx-explain',
      description: 'What a command found. `kind` says which; positive scores support, unless `sign` says otherwise.',
      oneOf: kinds.map(({ kind }) => ({ $ref: `#/$defs/${kind}` })),
      $defs: Object.assign(
        Object.fromEntries(kinds.map(({ kind, rest }) => [kind, rest])),
        ...kinds.map(({ shared }) => shared),
      ),
    },
    null,
    2,
  )}\n`,
);
