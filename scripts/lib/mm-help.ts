/** Examples at the end of each command's `--help`; the first of each is the one people want most. */
import type { Command } from 'commander';

export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  status: ['scripts/mm status', 'scripts/mm status --watch', 'scripts/mm status --json | jq .header.mode'],
  orders: ['scripts/mm orders', 'scripts/mm orders --json'],
  why: ['scripts/mm why', 'scripts/mm why 4710100000000000017', 'scripts/mm why --json'],
  tail: [
    'scripts/mm tail',
    'scripts/mm tail --only order,fill --symbol BTCUSDT',
    'scripts/mm tail --only decision --run market-making',
    'scripts/mm tail --json --seconds 60 > minute.jsonl',
  ],
  fills: ['scripts/mm fills --limit 20', 'scripts/mm fills --symbol BTCUSDT --from 2026-11-30'],
  pnl: ['scripts/mm pnl --days 30', 'scripts/mm pnl --symbol BTCUSDT --json'],
  incident: ['scripts/mm incident --from 2026-11-30T12:30 --to 2026-11-30T12:45'],
  panic: ['scripts/mm panic', 'scripts/mm panic --yes --reason "exchange in maintenance"', 'scripts/mm panic --everything'],
  pause: ['scripts/mm pause'],
  resume: ['scripts/mm resume'],
  'new-strategy': ['scripts/mm new-strategy my-strategy'],
  config: ['scripts/mm config', 'scripts/mm config --check', 'scripts/mm config --changes', 'scripts/mm config --confirm'],
  doctor: ['scripts/mm doctor', 'scripts/mm doctor --strict', 'scripts/mm doctor --json'],
  probe: ['scripts/mm probe --environment testnet'],
  keys: ['scripts/mm keys add testnet', 'scripts/mm keys list', 'scripts/mm keys rotate testnet'],
  'alert-test': ['scripts/mm alert-test', 'scripts/mm alert-test --channel phone'],
  alerts: ['scripts/mm alerts'],
  ack: ['scripts/mm ack', 'scripts/mm ack a1b2c3'],
  'log-level': ['scripts/mm log-level', 'scripts/mm log-level debug'],
  completion: ['source <(scripts/mm completion bash)', 'scripts/mm completion fish | source'],
};

export function addExamples(program: Command): void {
  program.addHelpText('after', '\nExamples:\n  scripts/mm status --watch\n  scripts/mm why\n  scripts/mm COMMAND --help');
  for (const command of program.commands) {
    const examples = EXAMPLES[command.name()] ?? [];
    if (examples.length > 0) command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`);
  }
}
