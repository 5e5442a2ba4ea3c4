/** What a person does to a running system, told in lines: the same for `mm` and for the dashboard. Problems say why it was not done. */
import type { GatewayClient } from '../../shared/io/gateway-client.ts';
import type { Loaded } from '../../shared/config-file.ts';
import { ask, openOperator } from './operator.ts';
import { Problem } from './tool.ts';

/** `who` is kept as the reason, and the name of the connection. */
export type Acting = { readonly loaded: Loaded; readonly who: string };
/** Of one symbol, or all; `pause` first, so that nothing is quoted anew. */
export type Scope = { readonly symbol: string | null; readonly pause: boolean };

const PAUSED = 'paused: quotes are cancelled, no new orders until mm resume; hard exits still work';

export async function pauseTrading({ loaded, who }: Acting): Promise<readonly string[]> {
  await using client = await openOperator(loaded, who);
  return [await pauseBy(client, who)];
}

export async function resumeTrading({ loaded, who }: Acting): Promise<readonly string[]> {
  await using client = await openOperator(loaded, who);
  await ask(client, { type: 'resume' });
  return ['resumed: pause and emergency stop are lifted'];
}

/** Own orders only; stops that the venue holds stay. */
export async function cancelOrders({ loaded, who }: Acting, { symbol, pause }: Scope): Promise<readonly string[]> {
  await using client = await openOperator(loaded, who);
  const paused = pause ? [await pauseBy(client, who)] : [];
  await ask(client, { type: 'cancelAll', ...(symbol === null ? {} : { symbol }) });
  const after = pause ? '' : '; the brain quotes again at its next turn';
  return [...paused, `cancel taken for every order of ours on ${symbol ?? loaded.config.symbols.join(', ')}${after}`];
}

/** The net position of each symbol, whoever opened it, by the close ladder. One that is refused hinders no other. */
export async function flattenPositions({ loaded, who }: Acting, { symbol, pause }: Scope): Promise<readonly string[]> {
  await using client = await openOperator(loaded, who);
  const lines = pause ? [await pauseBy(client, who)] : [];
  const problems: Problem[] = [];
  for (const each of symbol === null ? loaded.config.symbols : [symbol]) {
    const problem = await closeOne(client, { symbol: each, reason: who });
    lines.push(problem === null ? `${each}: close taken: maker first, then it takes until flat` : `${each}: ${problem.message}`);
    if (problem !== null) problems.push(problem);
  }
  if (problems[0]) throw new Problem(problems[0].code, lines);
  return lines;
}

/** Null: taken. */
async function closeOne(client: GatewayClient, which: { readonly symbol: string; readonly reason: string }): Promise<Problem | null> {
  try {
    await ask(client, { type: 'closePosition', ...which, ladder: 'maker-first' });
    return null;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

async function pauseBy(client: GatewayClient, who: string): Promise<string> {
  await ask(client, { type: 'pause', reason: who });
  return PAUSED;
}
