/** Levels sorted by key, the highest last, so that changes near it move few elements. Keys and sizes are whole numbers. */
export class SortedLevels {
  #keys = new Float64Array(64);
  #sizes = new Float64Array(64);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Key of the n-th highest level; the caller knows that there is one. */
  keyAt(n: number): number {
    return this.#keys[this.#count - 1 - n] ?? 0;
  }

  sizeAt(n: number): number {
    return this.#sizes[this.#count - 1 - n] ?? 0;
  }

  /** Zero when none is known. */
  sizeOf(key: number): number {
    const at = this.#find(key);
    return at < this.#count && this.#keys[at] === key ? (this.#sizes[at] ?? 0) : 0;
  }

  /** Sets the size at a key; 0 removes the level, and removing an unknown level is normal. */
  set(key: number, size: number): void {
    const at = this.#find(key);
    const found = at < this.#count && this.#keys[at] === key;
    if (size === 0) {
      if (found) this.#removeAt(at);
    } else if (found) this.#sizes[at] = size;
    else this.#insertAt(at, key, size);
  }

  /** Takes the highest one off. */
  pop(): void {
    this.#count -= 1;
  }

  /** Takes the lowest one off. */
  dropLowest(): void {
    this.#removeAt(0);
  }

  clear(): void {
    this.#count = 0;
  }

  /** First index whose key is >= `key`. Searches outward from the highest, where most changes are. */
  #find(key: number): number {
    let high = this.#count;
    let step = 1;
    while (high > 0 && (this.#keys[Math.max(0, high - step)] ?? 0) >= key) {
      high = Math.max(0, high - step);
      step *= 2;
    }
    let low = Math.max(0, high - step);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #removeAt(at: number): void {
    this.#keys.copyWithin(at, at + 1, this.#count);
    this.#sizes.copyWithin(at, at + 1, this.#count);
    this.#count--;
  }

  #insertAt(at: number, key: number, size: number): void {
    if (this.#count === this.#keys.length) this.#grow();
    this.#keys.copyWithin(at + 1, at, this.#count);
    this.#sizes.copyWithin(at + 1, at, this.#count);
    this.#keys[at] = key;
    this.#sizes[at] = size;
    this.#count++;
  }

  #grow(): void {
    const [keys, sizes] = [new Float64Array(this.#count * 2), new Float64Array(this.#count * 2)];
    keys.set(this.#keys);
    sizes.set(this.#sizes);
    this.#keys = keys;
    this.#sizes = sizes;
  }
}
