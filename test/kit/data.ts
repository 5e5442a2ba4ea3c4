/** The recorded data beside the project; tests that need it skip with one clear line where it is absent. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = process.env.MMBOT_DATA ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'data');
const told = new Set<string>();

/** Path of one recorded file; null where it is absent. */
export function recorded(file: string): string | null {
  const path = join(FOLDER, file);
  if (existsSync(path)) return path;
  if (!told.has(file))
    process.stderr.write(`skipped: the recording ${file} is not in ${process.env.MMBOT_DATA ? 'MMBOT_DATA' : '../shared/data'}\n`);
  told.add(file);
  return null;
}
