/**
 * One part of the short run in a process of its own: code that an earlier part or try has made hot would flatter it. Figures on stdout, as JSON.
 * The simulator is not among them: from process to process its ratio differs by more than what would be a regression.
 */
import { benchBook } from './book.ts';
import { benchGuard } from './guard.ts';
import type { Figure } from './measure.ts';
import { benchRender } from './render.ts';

const RUNS: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  book: () => benchBook(50),
  guard: benchGuard,
  render: async () => [await benchRender()],
};
export const QUICK_PARTS: readonly string[] = Object.keys(RUNS);

if (process.argv[1] === import.meta.filename) {
  const run = RUNS[process.argv[2] ?? ''];
  if (!run) throw new Error(`No part ${process.argv[2]}`);
  process.stdout.write(JSON.stringify(await run()));
}
