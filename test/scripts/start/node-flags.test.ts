import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeFlags } from '../../../scripts/start/node-flags.ts';

const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

test.each(['sim', 'gateway', 'brain'] as const)('npm run %s runs with the options that npm start gives it', (name) => {
  const options = scripts[name]?.split(' ').filter((word) => word.startsWith('--'));
  expect(options).toEqual(nodeFlags(name));
});
