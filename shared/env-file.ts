/** The file `.env` beside the configuration: variables for who has none set. What the process was started with goes before it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { err, ok, type Result } from './result.ts';
import { readSecretText } from './secret-file.ts';

/** Nothing is changed in `env`. One line when there is such a file and it may not be used. */
export function withEnvFile(configFile: string, env: NodeJS.ProcessEnv): Result<NodeJS.ProcessEnv, string> {
  const path = join(dirname(configFile), '.env');
  if (!existsSync(path)) return ok(env);
  const text = readSecretText(path);
  return text.ok ? ok({ ...parseEnv(text.value), ...env }) : err(text.error);
}
