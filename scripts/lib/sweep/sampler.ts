/** From proposals to the trials of one study: none twice, none that the configuration refuses, no more than the budget. Pure. */
import { type Point, sizeOf } from './dimension.ts';
import { pointsOf, type Search, type Tried } from './search.ts';

export type Refused = { readonly point: Point; readonly lines: readonly string[] };
export type SamplerOptions = {
  readonly search: Search;
  /** Trials in all. */
  readonly budget: number;
  /** Trials whose outcomes are awaited before TPE proposes more; other searches need no outcomes. */
  readonly generation: number;
  readonly refusalOf: (point: Point) => readonly string[];
};

/** Draws without a new point after which the space counts as used up. */
const VAIN_MAX = 2_000;

export class Sampler {
  readonly refused: Refused[] = [];
  readonly #options: SamplerOptions;
  readonly #seen = new Set<string>();
  #generation = 0;
  #taken = 0;
  #exhausted = false;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** Nothing new is left to try, and that before the budget was used. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** The next generation; empty when the search has ended. `tried` are all outcomes so far, in the order of the trials. */
  next(tried: readonly Tried[]): readonly Point[] {
    const { search, budget, generation } = this.#options;
    const wanted = Math.min(budget - this.#taken, search.name === 'tpe' ? generation : budget);
    if (wanted <= 0 || this.#exhausted) return [];
    const taken = this.#draw(tried, wanted);
    this.#taken += taken.length;
    this.#generation += 1;
    this.#exhausted ||= taken.length < wanted || this.#seen.size >= sizeOf(search.dimensions);
    return taken;
  }

  #draw(tried: readonly Tried[], wanted: number): readonly Point[] {
    const taken: Point[] = [];
    let vain = 0;
    for (const point of pointsOf(this.#options.search, { tried, generation: this.#generation })) {
      const isNew = this.#isNew(point);
      const lines = isNew ? this.#options.refusalOf(point) : [];
      if (isNew && lines.length === 0) taken.push(point);
      if (lines.length > 0) this.refused.push({ point, lines });
      vain = isNew && lines.length === 0 ? 0 : vain + 1;
      if (taken.length === wanted || (this.#options.search.name !== 'grid' && vain >= VAIN_MAX)) break;
    }
    return taken;
  }

  #isNew(point: Point): boolean {
    const name = JSON.stringify(point);
    if (this.#seen.has(name)) return false;
    this.#seen.add(name);
    return true;
  }
}
