import type { Clock } from '../../shared/clock.ts';

/** What a promise comes to, or null when it has not come to it in time; then it goes on unheard. */
export function within<T>(promise: Promise<T>, { clock, ms }: { readonly clock: Clock; readonly ms: number }): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => resolve(null));
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}
