/** The token of the actions: 256 random bits in a file that only its owner can read. It stands in no log, no request line and no answer. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { err, ok, type Result } from '../../shared/result.ts';

const BYTES = 32;
const FORM = /^[A-Za-z0-9_-]{43}$/;
/** Group and others. */
const OTHERS = 0o077;

/** The one that is kept there, so that an open page outlives a restart; else a new one. Whoever wants another deletes the file. */
export function tokenOf(file: string): Result<string, string> {
  try {
    return existsSync(file) ? readToken(file) : ok(makeToken(file));
  } catch (error) {
    return err(`${file}: the token of the dashboard cannot be kept there: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readToken(file: string): Result<string, string> {
  if ((statSync(file).mode & OTHERS) !== 0) return err(`${file}: others can read the token of the dashboard: delete it, a new one is made`);
  const token = readFileSync(file, 'utf8').trim();
  return FORM.test(token) ? ok(token) : err(`${file}: holds no token of the dashboard: delete it, a new one is made`);
}

function makeToken(file: string): string {
  const token = randomBytes(BYTES).toString('base64url');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
  return token;
}

/** Takes as long whatever is sent: both are hashed first, so that not even the length tells. */
export function isToken(sent: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(sent), digest(token));
}

/** Counts what happens in a while. */
export class TooMany {
  readonly #most: number;
  readonly #withinMs: number;
  #seen: readonly number[] = [];

  constructor({ most, withinMs }: { readonly most: number; readonly withinMs: number }) {
    this.#most = most;
    this.#withinMs = withinMs;
  }

  /** One more; true when that is too many. */
  add(nowMs: number): boolean {
    this.#seen = [...this.#seen.filter((at) => nowMs - at < this.#withinMs), nowMs].slice(-this.#most - 1);
    return this.#seen.length > this.#most;
  }
}
