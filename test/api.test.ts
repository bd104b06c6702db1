/**
 * The public API: the names that the package exports, and of what kind they are. A change that is meant is taken over with
 * `UPDATE_GOLDEN=1 npm run jest -- test/api.test.ts`, and belongs into the changelog.
 */
import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';

const GOLDEN = 'test/golden/public-api.txt';

/** What is exported, one line each: functions and constants with their types, and the members of interfaces. */
function publicApi(): string {
  const entry = 'dist/index.d.ts';
  const program = ts.createProgram([entry], { module: ts.ModuleKind.NodeNext, skipLibCheck: true });
  const checker = program.getTypeChecker();
  const file = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
  const lines = checker.getExportsOfModule(file).map((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const declared = symbol.declarations!.map((declaration) => declaration.getText().replace(/\/\*\*[^]*?\*\//g, ''));
    return `${exported.name}: ${declared.join(' | ').replace(/\s+/g, ' ')}`;
  });
  return lines.sort().join('\n') + '\n';
}

test('the public API is what it was', () => {
  const api = publicApi();
  if (process.env.UPDATE_GOLDEN) writeFileSync(GOLDEN, api);
  expect(api).toBe(readFileSync(GOLDEN, 'utf8'));
});
