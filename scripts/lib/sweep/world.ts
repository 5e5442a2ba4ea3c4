/**
 * What all trials of a sweep have in common: data, configuration, program and assumptions; who runs a trial must have the same. The key
 * tells two worlds apart. Keys of accounts, addresses of other machines and alerts are no part of it: it travels to other hosts.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import * as z from 'zod';
import { type Config, Config as ConfigSchema } from '../../../shared/config.ts';
import { stable } from '../../../shared/json.ts';
import type { BacktestArguments } from '../backtest/arguments.ts';
import { buildName, dataHash, effectiveHash } from '../backtest/fingerprint.ts';
import { withImports } from './imports.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const HEX = 12;
/** What a trial runs, and the versions of what that uses. */
const CODE = ['brain', 'gateway', 'shared', 'scripts/lib/backtest', 'scripts/data', 'scripts/sim'];
const CODE_FILES = [
  ...['trial.ts', 'thread.ts', 'runner.ts'].map((name) => `scripts/lib/sweep/${name}`),
  ...['scripts/lib/report/statistics.ts', 'scripts/lib/tool.ts', 'scripts/lib/session/ways.ts', 'scripts/lib/session/session.ts'],
  'package-lock.json',
];

/** Of the command line, what a backtest is told; `set` comes with each trial. */
export type Asked = Omit<BacktestArguments, 'set' | 'json' | 'config'>;

export const World = z.strictObject({
  /** Paths are those of the host that wrote it. */
  asked: z.looseObject({
    klines: z.array(z.string()),
    tape: z.string().optional(),
    funding: z.array(z.string()),
    symbol: z.array(z.string()),
  }),
  config: z.looseObject({}),
  configFile: z.string(),
  hashes: z.strictObject({ data: z.string(), config: z.string(), code: z.string(), assumptions: z.string() }),
  build: z.string(),
});
export type World = {
  readonly asked: Asked;
  readonly config: Config;
  readonly configFile: string;
  readonly hashes: Readonly<Record<'data' | 'config' | 'code' | 'assumptions', string>>;
  readonly build: string;
};

export async function worldOf(asked: Asked, { config, file }: { readonly config: Config; readonly file: string }): Promise<World> {
  const own = withPaths(asked);
  const bare = withoutSecrets(config);
  const { klines: _, tape: __, funding: ___, from: ____, to: _____, ...assumed } = own;
  return {
    ...{ asked: own, config: bare, configFile: file, build: buildName() },
    hashes: {
      data: await dataHash(filesOf(own)),
      config: await configHashOf(bare),
      code: codeHash(),
      assumptions: hashOf(stable(assumed)),
    },
  };
}

/** With the content of own strategies and of what they import. */
export async function configHashOf(config: Config): Promise<string> {
  const customs = Object.entries(config.strategy.custom);
  const known = new Set(codeFiles().map((file) => join(ROOT, file)));
  const content = await dataHash(customs.flatMap(([, { file }]) => withImports(file, known)));
  const named = customs.map(([name, custom]) => [name, { ...custom, file: basename(custom.file) }] as const);
  return hashOf(effectiveHash({ ...config, runDir: '', strategy: { ...config.strategy, custom: Object.fromEntries(named) } }), content);
}

export const keyOf = ({ hashes }: Pick<World, 'hashes'>): string => hashOf(stable(hashes));

/** Files that trials read, in an order of their own. */
export const filesOf = ({ klines, tape, funding }: Pick<Asked, 'klines' | 'tape' | 'funding'>): readonly string[] => [
  ...klines,
  ...(tape === undefined ? [] : [tape]),
  ...funding,
];

const withPaths = (asked: Asked): Asked => ({
  ...asked,
  klines: asked.klines.map((file) => resolve(file)),
  ...(asked.tape === undefined ? {} : { tape: resolve(asked.tape) }),
  funding: asked.funding.map((file) => resolve(file)),
});

/** What a backtest does not look at, and must not travel. */
function withoutSecrets(config: Config): Config {
  const { credentials: _, redis: __, alerts: ___, endpoints: ____, watchdog: _____, ...rest } = config;
  return ConfigSchema.parse(rest);
}

const hashOf = (...texts: readonly string[]): string => createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, HEX);

/** From the root of the checkout. */
export const codeFiles = (): readonly string[] => [...CODE.flatMap((folder) => sourcesIn(folder)), ...CODE_FILES].sort();

/** Of what is on disk, changes that nobody committed included. */
export function codeHash(): string {
  const files = codeFiles();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)));
  return hash.digest('hex').slice(0, HEX);
}

const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
