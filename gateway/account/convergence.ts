/**
 * Whether reconciling comes to an end. Each whole reconcile agrees, had to correct something that was no mere race, or failed; so many in
 * a row that did not agree, and what we believe is not what is: an alarm, and nothing new is opened, until one agrees. Pure.
 */
export const ROUNDS_MAX = 5;

export type Round = 'agrees' | 'corrected' | 'failed';

export class Convergence {
  #rounds = 0;

  /** Nothing new may be opened now. */
  get failing(): boolean {
    return this.#rounds >= ROUNDS_MAX;
  }

  /** What is news about it: the alarm, its end, or nothing. */
  add(round: Round): 'alarm' | 'over' | null {
    const before = this.failing;
    this.#rounds = round === 'agrees' ? 0 : this.#rounds + 1;
    return this.failing === before ? null : this.failing ? 'alarm' : 'over';
  }
}
