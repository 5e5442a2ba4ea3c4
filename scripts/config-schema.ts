/** Writes shared/config.schema.json, which tells an editor what may stand in config.json. `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { configJsonSchema } from '../shared/config.ts';
import { leaveOnUsage, userArguments } from './lib/exit.ts';

const FILE = join(import.meta.dirname, '..', 'shared', 'config.schema.json');

const program = leaveOnUsage(
  new Command('config-schema')
    .description('Writes shared/config.schema.json from the schema in shared/config.ts.')
    .option('--check', 'write nothing; exit 1 when the file is not up to date', false)
    .option('--file <file>', 'another file', FILE),
);
const { check, file } = program.parse(userArguments(), { from: 'user' }).opts<{ check: boolean; file: string }>();
const wanted = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;

if (!check) writeFileSync(file, wanted);
else if (read() !== wanted) {
  process.stderr.write(`${file}: not up to date with shared/config.ts: run npm run schema\n`);
  process.exitCode = 1;
}

function read(): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null; // not there: not up to date
  }
}
