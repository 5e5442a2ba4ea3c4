/** Every secret that a configuration leads to, to be hidden in what is shown to others: best effort, and never a reason to fail. */
import { dirname, resolve } from 'node:path';
import { type Loaded, loadCredentials, readSecretFile } from '../../shared/config-file.ts';
import { withEnvFile } from '../../shared/env-file.ts';
import { readSecretText } from '../../shared/secret-file.ts';

type Tree = { readonly [key: string]: unknown };
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** Values of variables and files that it names, keys in it, and passwords in its addresses. */
export function secretsOf(loaded: Loaded, given: NodeJS.ProcessEnv): readonly string[] {
  const merged = withEnvFile(loaded.file, given);
  const env = merged.ok ? merged.value : given;
  const credentials = loadCredentials(loaded, env);
  const own = credentials.ok ? [credentials.value.apiKey, credentials.value.secret] : [];
  const { credentials: sources, alerts, redis } = loaded.config;
  const password = URL.canParse(redis.url) ? decodeURIComponent(new URL(redis.url).password) : '';
  const named = [sources, alerts].flatMap((part) => namedIn(part, { env, folder: dirname(loaded.file) }));
  return [...own, ...named, password].filter((text) => text !== '');
}

function namedIn(part: unknown, from: { readonly env: NodeJS.ProcessEnv; readonly folder: string }): readonly string[] {
  if (!isTree(part)) return [];
  return Object.entries(part).flatMap(([key, value]): readonly string[] => {
    if (isTree(value)) return namedIn(value, from);
    if (typeof value !== 'string') return [];
    if (key.endsWith('Env')) return [from.env[value] ?? ''];
    if (key === 'file') return textsIn(resolve(from.folder, value));
    if (key === 'passphraseFile') return textIn(resolve(from.folder, value));
    return key === 'apiKey' || key === 'secret' ? [value] : [];
  });
}

function textsIn(file: string): readonly string[] {
  const content = readSecretFile(file);
  return content.ok ? leavesOf(content.value) : [];
}

function textIn(file: string): readonly string[] {
  const text = readSecretText(file);
  return text.ok ? [text.value] : [];
}

const leavesOf = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [value] : isTree(value) ? Object.values(value).flatMap(leavesOf) : [];
