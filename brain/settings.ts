/** What the configuration means for the turns of the brain. Pure. */
import { type Config, limitsOf } from '../shared/config.ts';
import { omsRules } from './oms/oms.ts';
import type { Run } from './runs.ts';
import type { Settings } from './step.ts';

export const settingsOf = (config: Config, runs: readonly Run[]): Settings => ({
  symbols: config.symbols,
  runs,
  exits: config.exits,
  risk: config.risk,
  limits: (symbol) => limitsOf(config, symbol),
  oms: omsRules(config, 0),
  tickMs: config.snapshot.intervalMs,
  ttlMs: config.brain.commandTtlMs,
  maxAgeMs: config.brain.maxSnapshotAgeMs,
});
