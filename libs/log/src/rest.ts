/** Pauses that can be cut short, and that are none once it has ended. */
export class Rest {
  readonly #pauses = new Set<() => void>();
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  async for(ms: number): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((resolve) => {
      const over = () => {
        clearTimeout(timer);
        this.#pauses.delete(over);
        resolve();
      };
      const timer = setTimeout(over, ms);
      this.#pauses.add(over);
    });
  }

  /** Ends the pauses under way. */
  cut(): void {
    for (const over of [...this.#pauses]) over();
  }

  end(): void {
    this.#ended = true;
    this.cut();
  }
}
