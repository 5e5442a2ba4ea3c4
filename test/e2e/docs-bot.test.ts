/** The bot of simulator.md runs as it is written, and the simulator knows the faults and options beside it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { readFault } from '../../scripts/sim/faults/fault.ts';
import { blockOf, docText } from '../kit/docs.ts';
import { openTestSim, type SimClient } from '../kit/sim-client.ts';
import { ROOT } from '../kit/run.ts';

const SECTION = docText('simulator.md');
const ACCOUNT = 'mmbot-sim-key';

async function openSim(): Promise<SimClient> {
  const balances = { USDT: parseAtoms('10000') ?? ZERO_ATOMS, USDC: parseAtoms('10000') ?? ZERO_ATOMS };
  const sim = await openTestSim({ profile: 'normal', accounts: [{ apiKey: ACCOUNT, secret: 'mmbot-sim-secret', balances }] });
  onTestFinished(() => sim.close());
  return sim;
}

test("someone else's bot trades five times, closes its position and ends", async () => {
  const sim = await openSim();
  const code = blockOf(SECTION, 'js');
  const bot = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: ROOT,
    env: { ...process.env, SIM_PORT: String(sim.simulator.port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, problems] = await Promise.all([text(bot.stdout), text(bot.stderr)]);
  expect(problems).toBe('');
  const lines = out.trim().split('\n');
  expect(lines.slice(0, -1)).toEqual(Array.from({ length: 5 }, () => expect.stringMatching(/^(buy|sell) 0\.002 at \d{5}(\.\d+)?$/)));
  const truth = JSON.parse((await sim.admin(`/sim/account?apiKey=${ACCOUNT}`)).text);
  expect(truth).toMatchObject({ positions: [], openOrders: [] });
  expect(lines.at(-1)).toBe(`USDT ${Number(truth.balances.find(({ asset }: { asset: string }) => asset === 'USDT').balance)}`);
});

test('the simulator takes the faults that simulator.md makes', async () => {
  const sim = await openSim();
  const faults = [...SECTION.matchAll(/curl .*?(\/sim\/\S+) -d '(.*?)'/g)];
  expect(faults.length).toBeGreaterThan(3);
  for (const [line, path = '', body = ''] of faults) expect((await sim.raw('POST', path, { body })).status, line).toBe(200);
});

test('the scenario and the options of simulator.md are known', async () => {
  const lines = blockOf(SECTION, 'json scenario').trim().split('\n');
  expect(lines.map((line) => readFault(JSON.parse(line).fault).ok)).toEqual([true, true]);
  const help = await text(
    spawn(process.execPath, [join(ROOT, 'scripts/sim.ts'), '--help'], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout,
  );
  const options = [...new Set(SECTION.match(/--[a-z][a-z-]+/g))].filter((option) => option !== '--input-type');
  expect(options.length).toBeGreaterThan(10);
  expect(options.filter((option) => !help.includes(`  ${option} `))).toEqual([]);
});
