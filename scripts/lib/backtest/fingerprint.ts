/** What tells one backtest from another: the configuration, the data, the program. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, publicConfig } from '../../../shared/config.ts';
import { stable } from '../../../shared/json.ts';
import { isOwnTape, tapeFiles } from '../../sim/tape-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const HEX = 12;

/** Over the whole configuration, secrets left out. */
export const effectiveHash = (config: Config): string =>
  createHash('sha256')
    .update(stable(publicConfig(config)))
    .digest('hex')
    .slice(0, HEX);

/** Over the content of the files, one after the other; a folder of tapes is all that tell of a market. */
export async function dataHash(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  const all = files.flatMap((file) => (isOwnTape(file) ? tapeFiles(file, (name) => !name.startsWith('brain-')) : [file]));
  for (const file of all) for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest('hex').slice(0, HEX);
}

/** Version of the product, and its commit where it runs from a checkout. */
export function buildName(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const commit = commitOf();
  return commit === null ? String(version) : `${version} ${commit}`;
}

function commitOf(): string | null {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null; // no checkout, or no git: the version alone tells
  }
}
