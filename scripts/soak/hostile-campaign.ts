/** `test:soak -- --hostile`: hostile brains, one a seed, until so many messages were said in all. Each is one line in its file, so a campaign goes on where it was left. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HostileRecord, runHostile } from './hostile.ts';

export type HostileCampaign = {
  readonly seed: number;
  /** In all, those of earlier runs included. */
  readonly messages: number;
  /** Begins no new one after so many minutes. */
  readonly minutes: number;
  readonly dir: string;
  readonly stop: AbortSignal;
  readonly tell: (line: string) => void;
};

/** Of one brain: long enough to run into every limit, short enough to be seen again. */
const MESSAGES_EACH = 100_000;

export async function runHostileCampaign({ seed, messages, minutes, dir, stop, tell }: HostileCampaign) {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `hostile-seed-${seed}.jsonl`);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean) : [];
  const records = lines.map((line): HostileRecord => JSON.parse(line));
  const end = performance.now() + minutes * 60_000;
  const said = (): number => records.reduce((sum, record) => sum + record.messages, 0);
  while (said() < messages && !stop.aborted && performance.now() < end) {
    const record = await runHostile({ seed: seed * 1_000 + records.length, messages: Math.min(MESSAGES_EACH, messages - said()) });
    records.push(record);
    appendFileSync(file, `${JSON.stringify(record)}\n`);
    tell(lineOf(record));
  }
  return figuresOf(records);
}

export function figuresOf(records: readonly HostileRecord[]) {
  const sum = (pick: (record: HostileRecord) => number): number => records.reduce((total, record) => total + pick(record), 0);
  const answers: Record<string, number> = {};
  for (const record of records) for (const [name, n] of Object.entries(record.answers)) answers[name] = (answers[name] ?? 0) + n;
  const found = records.filter(({ violations }) => violations.length > 0);
  return {
    ok: found.length === 0,
    ...{ brains: records.length, messages: sum((one) => one.messages), judged: sum((one) => one.judged), cutOff: sum((one) => one.cutOff) },
    ...{ orders: sum((one) => one.orders), looks: sum((one) => one.looks), seconds: Math.round(sum((one) => one.seconds)) },
    snapshots: {
      quietP99: Math.max(0, ...records.map(({ snapshots }) => snapshots.quietP99)),
      hostileP99: Math.max(0, ...records.map(({ snapshots }) => snapshots.hostileP99)),
      hostileMax: Math.max(0, ...records.map(({ snapshots }) => snapshots.hostileMax)),
      late: sum(({ snapshots }) => snapshots.late),
      count: sum(({ snapshots }) => snapshots.count),
      /** How long the gateway waited for a processor, percent, in the worst one; where that is much, lateness is the machine's. */
      waitedPercent: Math.max(0, ...records.map(({ snapshots }) => snapshots.waitedPercent ?? 0)),
    },
    answers,
    found: found.map(({ seed, violations }) => ({ seed, violations })),
  };
}

function lineOf({ seed, messages, judged, orders, cutOff, seconds, snapshots, violations }: HostileRecord): string {
  const head = `hostile ${seed}: ${messages} messages, ${judged} judged, ${orders} orders, cut off ${cutOff} times, ${seconds} s; snapshots p99 ${snapshots.hostileP99} ms (quiet ${snapshots.quietP99}, waited for a processor ${snapshots.waitedPercent} %)`;
  return violations.length === 0 ? `${head}, all holds` : [`${head}, ${violations.length} findings`, ...violations].join('\n  ');
}
