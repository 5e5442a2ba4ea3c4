/**
 * What stands between a start and real money: the doctor's checks, and what nobody has tried out at the venue. Passed once, a gateway that
 * died may come back within a day of its last sign of life without them: a position waits for it. What a person accepted for one start is not
 * carried over to another: whoever starts it again says it again, a supervisor with the words it was given for the whole run.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { accountHash, type Config, publicConfig } from '../../shared/config.ts';
import type { Credentials, Loaded } from '../../shared/config-file.ts';
import { stable } from '../../shared/json.ts';
import { LIFE_FILE, readLife } from '../../shared/life-file.ts';
import { ok } from '../../shared/result.ts';
import { LEDGER_FILE } from '../../shared/socket-path.ts';
import { EXIT } from '../exit-code.ts';
import { isRealMoney } from '../venues/io/examine.ts';
import { isProved, judgePreflight } from '../doctor/preflight.ts';

export type Preflight = {
  readonly loaded: Loaded;
  readonly credentials: Credentials;
  /** What nobody has tried out at the venue is accepted by a person, for this start. */
  readonly acceptUnverified: boolean;
  readonly say: (line: string) => void;
};
export type Refusal = { readonly code: number; readonly lines: readonly string[] };

/** Before any key is read: real money only where everything says so. Null: go on. */
export function refuseEnvironment(config: Config, { live }: { readonly live: boolean }): Refusal | null {
  const { environment } = config;
  if (environment === 'mainnet')
    return live ? null : { code: EXIT.refused, lines: ['environment mainnet: refused: real money needs --live as well'] };
  if (environment === 'paper' || !isRealMoney(config)) return null;
  return {
    code: EXIT.refused,
    lines: [`environment ${environment}: refused: endpoints.${environment} names a host that trades real money`],
  };
}

/** On mainnet alone. Null: nothing stands against it. */
export async function preflight({ loaded, credentials, acceptUnverified, say }: Preflight): Promise<Refusal | null> {
  const { config, runDir } = loaded;
  if (config.environment !== 'mainnet') return null;
  const account = accountHash(credentials.apiKey);
  for (const line of realMoneyLines(config, account)) say(line);
  const folder = join(runDir, `mainnet-${account}`);
  const before = passedBefore(folder, loaded);
  if (before && (acceptUnverified || !before.accepted)) {
    say('doctor: passed with this configuration, and lived less than a day ago; the gateway died since and comes back at once');
    return null;
  }
  if (before) say('doctor: what is unverified on venue was accepted for the start before, not for this one; everything is looked at again');
  const { examine } = await import('../doctor/io/collect.ts'); // not what every start waits for
  const findings = await examine({ loaded, credentials: ok(credentials) });
  for (const { level, id, said } of findings) if (level !== 'ok') say(`doctor: ${level} ${id}: ${said}`);
  const refusal = judgePreflight(findings, { acceptUnverified });
  if (refusal === null) notePass(folder, { loaded, accepted: !isProved(findings) });
  return refusal;
}

function realMoneyLines({ symbols, limits, account }: Config, hash: string): readonly string[] {
  const perSymbol = symbols.map((symbol) => {
    const { maxPosition = '0', maxOrderNotional = '0' } = limits.symbols[symbol] ?? limits.default ?? {};
    return `  ${symbol}: position at most ${maxPosition}, order at most ${maxOrderNotional}`;
  });
  return [
    `REAL MONEY: account ${hash}, ${symbols.length} symbols, all together at most ${limits.maxGrossNotional}, leverage at most ${account.maxLeverage}`,
    ...perSymbol,
  ];
}

const STAMP_FILE = 'preflight.json';
const STAMP_MS = 86_400_000;
/** `accepted`: by what a person said for that start alone; what earlier versions did not write may have been. */
const Stamp = z.strictObject({ passedMs: z.number(), config: z.string(), accepted: z.boolean().default(true) });
type Stamp = z.infer<typeof Stamp>;

function passedBefore(folder: string, loaded: Loaded): Stamp | null {
  const stamp = Stamp.safeParse(jsonIn(join(folder, STAMP_FILE)));
  if (!stamp.success || readLife(textIn(join(folder, LIFE_FILE)))?.state !== 'running') return null;
  const ages = [stamp.data.passedMs, ...ledgerWrites(folder)].map((atMs) => Date.now() - atMs);
  const isFresh = ages.some((ageMs) => ageMs >= 0 && ageMs < STAMP_MS) && stamp.data.config === hashOf(loaded);
  return isFresh ? stamp.data : null;
}

/** Signs of life of the gateway that had passed: it may have run for weeks since, and its position waits all the same. */
function ledgerWrites(folder: string): readonly number[] {
  return ['', '-wal', '-placed'].flatMap(
    (suffix) => statSync(join(folder, `${LEDGER_FILE}${suffix}`), { throwIfNoEntry: false })?.mtimeMs ?? [],
  );
}

function notePass(folder: string, { loaded, accepted }: { readonly loaded: Loaded; readonly accepted: boolean }): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stamp: Stamp = { passedMs: Date.now(), config: hashOf(loaded), accepted };
  writeFileSync(join(folder, STAMP_FILE), `${JSON.stringify(stamp)}\n`, { mode: 0o600 });
}

const hashOf = ({ config }: Loaded): string =>
  createHash('sha256')
    .update(stable(publicConfig(config)))
    .digest('hex');

function textIn(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // none yet
  }
}

function jsonIn(path: string): unknown {
  try {
    return JSON.parse(textIn(path) ?? '');
  } catch {
    return null; // none, or half of one: it was not passed
  }
}
