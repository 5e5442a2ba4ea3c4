/** Peaks and troughs of the equity, from every look at it. */
export class Drawdown {
  #peak: number;
  #peakMs: number;
  /** Deepest so far: how deep, from which peak, and when it began and was reached. */
  deepest = { amount: 0, peak: 0, fromMs: 0, toMs: 0 };
  longestMs = 0;

  constructor(equity: number, atMs: number) {
    this.#peak = equity;
    this.#peakMs = atMs;
  }

  see(equity: number, atMs: number): void {
    if (equity >= this.#peak) {
      this.#peak = equity;
      this.#peakMs = atMs;
      return;
    }
    this.longestMs = Math.max(this.longestMs, atMs - this.#peakMs);
    const amount = this.#peak - equity;
    if (amount > this.deepest.amount) this.deepest = { amount, peak: this.#peak, fromMs: this.#peakMs, toMs: atMs };
  }
}
