/** Things done again and again while there is somebody to do them for: at once when somebody comes, then in their period, never twice at once. */
export type Turn = {
  readonly ms: number;
  /** False: nobody looks. */
  readonly when: () => boolean;
  readonly run: () => Promise<void>;
  readonly onProblem: (error: Error) => void;
};

const LOOK_MS = 250;

export function every(turns: readonly Turn[]): Disposable {
  const state = turns.map((turn) => ({ turn, at: Number.NEGATIVE_INFINITY, busy: false }));
  const timer = setInterval(() => {
    for (const one of state) {
      const { turn, at, busy } = one;
      if (!turn.when()) one.at = Number.NEGATIVE_INFINITY;
      else if (!busy && performance.now() - at >= turn.ms) {
        [one.at, one.busy] = [performance.now(), true];
        void turn
          .run()
          .catch(turn.onProblem)
          .finally(() => {
            one.busy = false;
          });
      }
    }
  }, LOOK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
