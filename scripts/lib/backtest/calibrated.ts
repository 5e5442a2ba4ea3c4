/** Constants that `scripts/parity` has fitted, in the place of defaults. An option that a person gives always wins. Throws Problem. */
import { readFileSync } from 'node:fs';
import { parseLatency } from '../../../shared/sim/latency.ts';
import { Calibration } from '../parity/calibrate.ts';
import { EXIT, Problem } from '../tool.ts';
import type { BacktestArguments } from './arguments.ts';

export function withCalibration(asked: BacktestArguments): BacktestArguments {
  if (asked.calibration === undefined) return asked;
  if (asked.klines.length > 0)
    throw new Problem(EXIT.usage, ['--calibration: allowed with --tape and --simulate: bars have no queue and no latencies']);
  const { orderLatency, responseLatency, feedLatency, queue, fees } = readCalibration(asked.calibration);
  const latency = (text: string | null) => (text === null ? null : parseLatency(text));
  const [order, response, feed] = [latency(orderLatency), latency(responseLatency), latency(feedLatency)];
  const { makerBps, takerBps } = fees;
  const seen = makerBps !== null || takerBps !== null; // what no fill told stays as it was
  return {
    ...(order && { orderLatency: order }),
    ...(response && { responseLatency: response }),
    ...(feed && { feedLatency: feed }),
    ...(queue && asked.simulate === undefined && { queue }), // a simulated market has no model of it
    ...(seen && { fees: `${makerBps ?? ''}:${takerBps ?? ''}` }),
    ...asked,
  };
}

function readCalibration(file: string): Calibration {
  const refuse = (why: string): Problem => new Problem(EXIT.usage, [`--calibration: ${file}: ${why}`]);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (problem) {
    throw refuse(problem instanceof SyntaxError ? 'no JSON' : 'cannot be read');
  }
  const read = Calibration.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw refuse(`${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'is wrong'}: allowed is a file that scripts/parity wrote`);
  }
  return read.data;
}
