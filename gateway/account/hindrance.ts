/** What about the account forbids to trade on it, with what to do. Pure. */
import { type Config, leverageMaxOf } from '../../shared/config.ts';
import type { AccountState } from '../venues/venue.ts';

/** Null: nothing does. */
export function accountHindrance({ hedgeMode, leverage }: AccountState, config: Pick<Config, 'account' | 'symbols'>): string | null {
  if (hedgeMode) return 'The account is in hedge mode: allowed is one-way mode (change it while flat, then start again)';
  const wrong = config.symbols.filter((symbol) => (leverage[symbol] ?? 0) > leverageMaxOf(config, symbol));
  if (wrong.length === 0) return null;
  const shown = wrong.map((symbol) => `${symbol} is set to ${leverage[symbol]}x, expected is at most ${leverageMaxOf(config, symbol)}x`);
  return `Leverage is not as expected: ${shown.join('; ')}: lower it at the venue, or raise account.maxLeverage (or account.leverage of the symbol)`;
}
