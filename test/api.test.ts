/**
 * The public API: the names that the package exports, and of what kind they are. A change that is meant is taken over with
 * `UPDATE_GOLDEN=1 npm run jest -- test/api.test.ts`, and belongs into the changelog.
 */
import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';

/** Declarations of each entry of the package, and the names that it had. */
const ENTRIES = [
  ['dist/index.d.ts', 'test/golden/public-api.txt'],
  ['dist/web/index.d.ts', 'test/golden/public-api-web.txt'],
] as const;

/** What is exported, one line each: functions and constants with their types, and the members of interfaces. */
function publicApi(entry: string): string {
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

test.each(ENTRIES)('the public API of %s is what it was', (entry, golden) => {
  const api = publicApi(entry);
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, api);
  expect(api).toBe(readFileSync(golden, 'utf8'));
});
