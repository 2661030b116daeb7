/** What one device counts while it runs: bytes alive over all that it holds, and where time and copies went. */

export class Tally {
  segmentSeconds = 0;
  copySeconds = 0;
  /** Values that went from the backend to the host, and the other way. */
  toHost = 0;
  toDevice = 0;
  #alive = 0;
  #peak = 0;
  #peakAction = 0;

  /** Bytes of "value" slots alive now. */
  get alive(): number {
    return this.#alive;
  }

  get peak(): number {
    return this.#peak;
  }

  /** The action at which the peak was. */
  get peakAction(): number {
    return this.#peakAction;
  }

  add(bytes: number): void {
    this.#alive += bytes;
  }

  /** Looks at what is alive when an action has run. */
  note(action: number): void {
    if (this.#alive <= this.#peak) return;
    this.#peak = this.#alive;
    this.#peakAction = action;
  }

  /** Adds the time of `work` to the copies. */
  copying<R>(work: () => R): R {
    const start = performance.now();
    const made = work();
    this.copySeconds += (performance.now() - start) / 1000;
    return made;
  }
}
