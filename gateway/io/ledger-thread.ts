/** The thread of `ledger-aside.ts`, with a connection of its own; one answer for each task, in order. It can be ended between two slices. */
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Task } from './ledger-aside.ts';
import { prove } from './ledger-proof.ts';
import { openLedgerFile } from './ledger-schema.ts';

const { path } = workerData as { readonly path: string };
let opened: DatabaseSync | null = null;
/** SQLITE_CORRUPT, SQLITE_NOTADB. */
const BROKEN: ReadonlySet<number> = new Set([11, 26]);

async function perform(task: Task): Promise<Answer> {
  try {
    if (task === 'open') {
      open();
      return { kind: 'done' };
    }
    opened ??= new DatabaseSync(path, { timeout: 1_000 });
    if (task === 'fold') {
      opened.exec('PRAGMA wal_checkpoint(PASSIVE)');
      return { kind: 'done' };
    }
    const sentence = await proved(opened);
    return sentence === null ? { kind: 'done' } : { kind: 'broken', sentence };
  } catch (error) {
    const broken = error instanceof Error && 'errcode' in error && BROKEN.has(Number(error.errcode) & 0xff);
    return { kind: broken ? 'broken' : 'failed', sentence: error instanceof Error ? error.message : String(error) };
  }
}

/** As a start does, to the first byte that is written; an older file is brought up to date here, where nobody waits. */
function open(): void {
  const db = openLedgerFile(path, { durability: 'process', wallMs: Date.now() });
  try {
    db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('written', ?)").run(String(Date.now()));
  } finally {
    db.close();
  }
}

async function proved(db: DatabaseSync): Promise<string | null> {
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
