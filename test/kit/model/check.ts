/** Histories drawn from a seed until one breaks an invariant; that one is made as small as can be. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { liveHistory } from './history.ts';
import { anyScript, type Script } from './script.ts';

export type Campaign = { readonly seed: number; readonly histories: number; readonly shrinkMs: number };
export type Counted = { readonly histories: number; readonly orders: number; readonly fills: number; readonly kills: number };
export type Finding = { readonly script: Script; readonly violations: readonly string[] };
export type Checked = { readonly counted: Counted; readonly finding: Finding | null };

/** In memory where the machine has a file system there. */
export function withLedgerDir<T>(run: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mmbot-model-'));
  return run(dir).finally(() => rmSync(dir, { recursive: true, force: true }));
}

export const checkHistories = (campaign: Campaign): Promise<Checked> => withLedgerDir((dir) => check(campaign, dir));

async function check({ seed, histories: numRuns, shrinkMs }: Campaign, dir: string): Promise<Checked> {
  const counted = { histories: 0, orders: 0, fills: 0, kills: 0 };
  const property = fc.asyncProperty(anyScript, async (script) => {
    const { violations, orders, fills, kills } = await liveHistory(script, dir);
    counted.histories++;
    counted.orders += orders;
    counted.fills += fills;
    counted.kills += kills;
    return violations.length === 0;
  });
  const first = await fc.check(property, { seed, numRuns, endOnFailure: true });
  const total = { ...counted };
  if (!first.failed) return { counted: total, finding: null };
  const path = first.counterexamplePath ?? undefined;
  const small = await fc.check(property, { seed, ...(path ? { path } : {}), interruptAfterTimeLimit: shrinkMs });
  const [script] = small.counterexample ?? first.counterexample ?? [[]];
  const { violations } = await liveHistory(script, dir);
  return { counted: total, finding: { script, violations } };
}
