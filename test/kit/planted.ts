/** Secrets that are planted, every form in which one could be seen, and everything that a run left, to look for them in. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';

/** Shorter pieces of a base64 text are met by chance. */
const PIECE_MIN = 16;

/** As it is, percent-encoded, in hex, and in base64 of any alignment and alphabet. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const aligned = [0, 1, 2].map((skip) => {
    const whole = Math.floor((bytes.length - skip) / 3) * 3;
    return bytes.subarray(skip, skip + whole).toString('base64');
  });
  const base64 = aligned.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
  const plain = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ];
  return [...new Set([...plain, ...base64.filter((text) => text.length >= PIECE_MIN)])];
}

export type Place = { readonly where: string; readonly text: string };

/** Where a form of a secret stands, and which one; the secret itself is not told. */
export function sightings(places: readonly Place[], secrets: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(secret).flatMap((form, n) =>
      places.filter(({ text }) => text.includes(form)).map(({ where }) => `${name} (form ${n}) in ${where}`),
    ),
  );
}

/** Every file below a folder, byte for byte; what is packed, unpacked as well. */
export function filesIn(folder: string, leaveOut: readonly string[] = []): readonly Place[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || leaveOut.includes(path)) return [];
    const bytes = readFileSync(path);
    const plain = { where: path, text: bytes.toString('latin1') };
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? [plain, { where: `${path} unpacked`, text: unpacked(bytes) }] : [plain];
  });
}

function unpacked(bytes: Buffer): string {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1'); // the end may be missing
  } catch {
    return ''; // not packed after all
  }
}

/** Names and values of all keys of a server, whatever their type. */
export async function allOfRedis(url: string): Promise<readonly Place[]> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('*');
    return await Promise.all(
      keys.map(async (key) => ({ where: `Redis ${key}`, text: `${key} ${JSON.stringify(await contentOf(redis, key))}` })),
    );
  } finally {
    redis.disconnect();
  }
}

async function contentOf(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return redis.get(key);
    case 'stream':
      return redis.xrange(key, '-', '+');
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, '0', '-1');
    case 'none':
      return null; // it ran out meanwhile
    default:
      throw new Error(`Cannot read Redis key ${key} of type ${type}`);
  }
}

/** Of a process: what anybody of the same user can read. */
export const processPlaces = (name: string, pid: number): readonly Place[] =>
  ['cmdline', 'environ'].map((part) => ({
    where: `/proc of ${name}: ${part}`,
    text: readFileSync(`/proc/${pid}/${part}`).toString('latin1'),
  }));
