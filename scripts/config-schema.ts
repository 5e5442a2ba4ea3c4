/** Writes shared/config.schema.json, which tells an editor what may stand in config.json. `--check` only compares. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from '../shared/config.ts';
import { withApplyTold } from '../shared/config-change.ts';
import type { SchemaNode } from '../shared/config-problem.ts';
import { EXIT, type ExitCode, newTool, Problem, runTool } from './lib/tool.ts';

const FILE = join(import.meta.dirname, '..', 'shared', 'config.schema.json');

const { check, file } = newTool('config-schema', 'Writes shared/config.schema.json from the schema in shared/config.ts.')
  .option('--check', 'write nothing; exit 1 when the file is not up to date', false)
  .option('--file <file>', 'another file', FILE)
  .parse()
  .opts<{ readonly check: boolean; readonly file: string }>();

async function main(): Promise<ExitCode> {
  const wanted = `${JSON.stringify(withApplyTold(configJsonSchema() as SchemaNode), null, 2)}\n`;
  if (!check) writeFileSync(file, wanted);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted)
    throw new Problem(EXIT.failed, [`${file} is not up to date with shared/config.ts: run npm run schema`]);
  return EXIT.done;
}

await runTool('config-schema', main);
