/** Exit codes of the gateway's process. */
import type { VenueFault } from './venues/venue.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3, refused: 4 } as const;

/**
 * Of a venue that could not be opened. A wrong symbol or key is a mistake in the configuration, a key of too many rights or too few is a
 * safety rule; the rest is a venue that cannot be reached now.
 */
export function exitOf({ kind, reason }: Pick<VenueFault, 'kind' | 'reason'>): number {
  if (reason === 'key-rights') return EXIT.refused;
  return kind === 'auth' || kind === 'rejected' ? EXIT.usage : EXIT.unreachable;
}
