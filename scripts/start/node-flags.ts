/** Options of node that the processes run with; the npm scripts say the same, and a test holds them together. */
export type OwnName = 'sim' | 'gateway' | 'brain';

/**
 * Megabytes. Each process makes much short-lived garbage: a small young generation keeps its memory low, a smaller one would stop it more
 * often. In one round of `npm run bench -- --pauses` four stopped the gateway twice as often as eight, and thirty-two three times as long for
 * 30 MB more; between eight and sixteen it does not decide. The brain makes little: with eight it held 35 MB more after a minute.
 */
const YOUNG_MB: Readonly<Record<OwnName, number>> = { sim: 8, gateway: 8, brain: 4 };

export const nodeFlags = (name: OwnName): readonly string[] => [`--max-semi-space-size=${YOUNG_MB[name]}`];
