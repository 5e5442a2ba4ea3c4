/** The thread of `ledger-aside.ts`, with a connection of its own; one answer for each task, in order. It can be ended between two slices. */
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Task } from './ledger-aside.ts';
import { prove } from './ledger-proof.ts';

const { path } = workerData as { readonly path: string };
const db = new DatabaseSync(path, { timeout: 1_000 });
const CORRUPT = 11;

async function perform(task: Task): Promise<Answer> {
  try {
    if (task === 'fold') {
      db.exec('PRAGMA wal_checkpoint(PASSIVE)');
      return { kind: 'done' };
    }
    const sentence = await proved();
    return sentence === null ? { kind: 'done' } : { kind: 'broken', sentence };
  } catch (error) {
    const corrupt = error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === CORRUPT;
    return { kind: corrupt ? 'broken' : 'failed', sentence: error instanceof Error ? error.message : String(error) };
  }
}

async function proved(): Promise<string | null> {
  const proof = prove(db);
  for (let step = proof.next(); ; step = proof.next()) {
    if (step.done) return step.value;
    await setImmediate();
  }
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (task: Task) => {
  last = last.then(async () => parentPort?.postMessage(await perform(task)));
});
