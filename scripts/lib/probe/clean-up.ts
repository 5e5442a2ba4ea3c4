/** Takes away what the probe left: orders and stops with ids of the tools, and the position where the probe opened it. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseClientId } from '../../../shared/client-id.ts';
import type { Bench } from './bench.ts';

const ROUNDS = 6;
const PAUSE_MS = 400;

/** Written before the position is opened, removed when it is proved to be gone: whoever comes next knows whose it is. */
export class PositionMark {
  readonly #path: string;
  constructor(runDir: string, { environment, symbol }: { readonly environment: string; readonly symbol: string }) {
    this.#path = join(runDir, `probe-${environment}-${symbol}.open`);
  }
  get isSet(): boolean {
    return existsSync(this.#path);
  }
  set(): void {
    writeFileSync(this.#path, 'the probe opened a position on this symbol\n', { mode: 0o600 });
  }
  clear(): void {
    rmSync(this.#path, { force: true });
  }
}

const isOfTools = (id: string): boolean => parseClientId(id)?.role === 'test';

/** What is still there after several rounds, in words; empty: nothing of ours. */
export async function cleanUp(bench: Bench, mark: PositionMark): Promise<readonly string[]> {
  let left: readonly string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) await sleep(PAUSE_MS);
    left = await oneRound(bench, mark);
    if (left.length === 0) return [];
  }
  return left;
}

/** Cancels and closes what it sees, then looks again. */
async function oneRound(bench: Bench, mark: PositionMark): Promise<readonly string[]> {
  for (const id of (await bench.openOrders())?.filter(isOfTools) ?? []) await bench.cancel(id);
  for (const id of (await bench.openStops())?.filter(isOfTools) ?? [])
    await bench.wire.signed('DELETE', '/fapi/v1/algoOrder', [['clientAlgoId', id]]);
  const position = mark.isSet ? await bench.position() : '0';
  if (position !== null && Number(position) !== 0) await bench.close(position);
  const [orders, stops, now] = [await bench.openOrders(), await bench.openStops(), mark.isSet ? await bench.position() : '0'];
  if (now !== null && Number(now) === 0) mark.clear();
  return [
    ...lines('orders', orders?.filter(isOfTools) ?? null),
    ...lines('stops', stops?.filter(isOfTools) ?? null),
    ...(now === null ? ['the position cannot be read'] : Number(now) === 0 ? [] : [`a position of ${now} on ${bench.symbol}`]),
  ];
}

const lines = (what: string, ids: readonly string[] | null): readonly string[] =>
  ids === null ? [`the open ${what} cannot be read`] : ids.length === 0 ? [] : [`${what} ${ids.join(', ')}`];
