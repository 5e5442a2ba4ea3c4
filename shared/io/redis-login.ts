/**
 * Where Redis is and as whom a process speaks to it. The URL is the same for gateway and brain; users of their own come from the environment,
 * so that each may do only what it needs and no password stands in config.json.
 */
import { readFileSync } from 'node:fs';

export type RedisLogin = { readonly username?: string; readonly password?: string };

/** What the client takes as its first argument: a URL, or the path of a socket. */
export const redisAddress = (url: string): string => url.replace(/^unix:\/\//, '');

/**
 * MMBOT_REDIS_USER with MMBOT_REDIS_PASSWORD, or MMBOT_REDIS_PASSWORD_FILE for a file that holds it; nothing where neither is set. Throws with
 * one line where the file cannot be read. A login that stands in the URL wins.
 */
export function redisLogin(env: NodeJS.ProcessEnv = process.env): RedisLogin {
  const { MMBOT_REDIS_USER: username, MMBOT_REDIS_PASSWORD: given, MMBOT_REDIS_PASSWORD_FILE: file } = env;
  const password = given || (file ? passwordIn(file) : undefined);
  return { ...(username ? { username } : {}), ...(password ? { password } : {}) };
}

function passwordIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`MMBOT_REDIS_PASSWORD_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}
