/** Writes the pages of shared/docs that are made from schemas: config.md, redis.md, socket.md. `--check` only compares. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configPage } from './lib/reference/config-page.ts';
import { redisPage } from './lib/reference/redis-page.ts';
import { readSamples } from './lib/reference/samples.ts';
import { socketPage } from './lib/reference/socket-page.ts';
import { EXIT, type ExitCode, newTool, Problem, runTool } from './lib/tool.ts';

const FOLDER = join(import.meta.dirname, '..', 'shared', 'docs');

const { check, folder } = newTool('reference', 'Writes config.md, redis.md and socket.md from the schemas.')
  .option('--check', 'write nothing; exit 1 when a page is not up to date', false)
  .option('--folder <folder>', 'another folder', FOLDER)
  .parse()
  .opts<{ readonly check: boolean; readonly folder: string }>();

async function main(): Promise<ExitCode> {
  const samples = readSamples();
  const pages = { 'config.md': configPage(), 'redis.md': redisPage(samples), 'socket.md': socketPage(samples) };
  const stale: string[] = [];
  for (const [name, text] of Object.entries(pages)) {
    const file = join(folder, name);
    if (!check) writeFileSync(file, text);
    else if (!existsSync(file) || readFileSync(file, 'utf8') !== text)
      stale.push(`${file} is not up to date with the schemas: run npm run schema`);
  }
  if (stale.length > 0) throw new Problem(EXIT.failed, stale);
  return EXIT.done;
}

await runTool('reference', main);
