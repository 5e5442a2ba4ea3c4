/** Takes away what the probe left: orders and stops with ids of the tools, and the position where the probe opened it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseClientId } from '../../../shared/client-id.ts';
import { accountHash } from '../../../shared/config.ts';
import type { Bench } from './bench.ts';
import type { Charge } from './guardian.ts';

const ROUNDS = 6;
const PAUSE_MS = 400;

export type MarkOf = { readonly environment: string; readonly account: string; readonly symbol: string };

/** Written before the position is opened, removed when it is proved to be gone: whoever comes next knows whose it is, and how large at most. */
export class PositionMark {
  readonly path: string;
  constructor(runDir: string, { environment, account, symbol }: MarkOf) {
    this.path = join(runDir, `probe-${environment}-${account}-${symbol}.open`);
  }
  get isSet(): boolean {
    return existsSync(this.path);
  }
  /** Base units; 0: none is marked. */
  get size(): number {
    return this.isSet ? Number(readFileSync(this.path, 'utf8')) : 0;
  }
  set(size: string): void {
    writeFileSync(this.path, `${size}\n`, { mode: 0o600 });
  }
  clear(): void {
    rmSync(this.path, { force: true });
  }
}

export const markOf = ({ loaded, credentials, symbol }: Charge): PositionMark =>
  new PositionMark(loaded.runDir, { environment: loaded.config.environment, account: accountHash(credentials.apiKey), symbol });

const isOfTools = (id: string): boolean => parseClientId(id)?.role === 'test';

/** Longer than what the probe sends is valid: later nothing of it can appear. */
export const LATE_MS = 6_000;
export type CleanUp = {
  /** An order may still be on its way: a flat account proves nothing yet, and the mark stays. */
  readonly mayBeLate?: boolean;
};

/** What is still there after several rounds, in words; empty: nothing of ours. */
export async function cleanUp(bench: Bench, mark: PositionMark, { mayBeLate = false }: CleanUp = {}): Promise<readonly string[]> {
  let left: readonly string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) await sleep(PAUSE_MS);
    left = await oneRound(bench, mark);
    if (left.length === 0) break;
  }
  if (left.length === 0 && !mayBeLate) mark.clear();
  return left;
}

export type Waiting = { readonly mark: PositionMark; readonly tries: number; readonly pauseMs: number };

/** After the death of the probe, which the network may have died with: the venue is waited for, and what is late is looked for as well. */
export async function cleanUpLater(open: () => Promise<Bench | null>, { mark, tries, pauseMs }: Waiting): Promise<readonly string[]> {
  let left: readonly string[] = ['the venue does not answer'];
  for (let i = 0; i < tries && left.length > 0; i++) {
    if (i > 0) await sleep(pauseMs);
    const bench = await open();
    if (bench === null) continue;
    await cleanUp(bench, mark, { mayBeLate: true });
    await sleep(Math.min(LATE_MS, pauseMs));
    left = await cleanUp(bench, mark);
  }
  return left;
}

/** Cancels and closes what it sees, then looks again. */
async function oneRound(bench: Bench, mark: PositionMark): Promise<readonly string[]> {
  for (const id of (await bench.openOrders())?.filter(isOfTools) ?? []) await bench.cancel(id);
  for (const id of (await bench.openStops())?.filter(isOfTools) ?? [])
    await bench.wire.signed('DELETE', '/fapi/v1/algoOrder', [['clientAlgoId', id]]);
  const position = mark.isSet ? await bench.position() : '0';
  if (position !== null && isOf(mark, position)) await bench.close(position);
  const [orders, stops, now] = [await bench.openOrders(), await bench.openStops(), mark.isSet ? await bench.position() : '0'];
  return [
    ...lines('orders', orders?.filter(isOfTools) ?? null),
    ...lines('stops', stops?.filter(isOfTools) ?? null),
    ...(now === null ? ['the position cannot be read'] : Number(now) === 0 ? [] : [positionLine(now, { mark, symbol: bench.symbol })]),
  ];
}

/** The probe buys, once: a short one, or a larger one, is somebody else's. */
const isOf = ({ size }: PositionMark, position: string): boolean => Number(position) > 0 && Number(position) <= size;

const positionLine = (position: string, { mark, symbol }: { readonly mark: PositionMark; readonly symbol: string }): string =>
  isOf(mark, position)
    ? `a position of ${position} on ${symbol}`
    : `a position of ${position} on ${symbol}, where the probe bought ${mark.size} at most: look at it, then remove ${mark.path}`;

const lines = (what: string, ids: readonly string[] | null): readonly string[] =>
  ids === null ? [`the open ${what} cannot be read`] : ids.length === 0 ? [] : [`${what} ${ids.join(', ')}`];
