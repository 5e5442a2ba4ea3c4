/** A thread of plain arithmetic: the control of what scales over cores. Answers with how often it turned. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', (turns: number) => {
  let x = 1;
  for (let n = 0; n < turns; n++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
  parentPort?.postMessage(x === 0 ? 0 : turns);
});
