type Waiting = Readonly<{ bytes: number; go: () => void }>;

/** Lets so many pieces of work run at once as there is room for, in number and in bytes; one that is larger than all the room runs alone. The others wait their turn. */
export class Gate {
  #free: number;
  #freeBytes: number;
  readonly #allBytes: number;
  readonly #waiting: Waiting[] = [];

  constructor(width: number, bytes: number) {
    this.#free = width;
    this.#freeBytes = this.#allBytes = bytes;
  }

  async through<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const size = Math.min(bytes, this.#allBytes);
    if (this.#waiting.length === 0 && this.#fits(size)) this.#take(size);
    else await new Promise<void>((go) => this.#waiting.push({ bytes: size, go }));
    try {
      return await work();
    } finally {
      this.#free += 1;
      this.#freeBytes += size;
      this.#admit();
    }
  }

  #fits(bytes: number): boolean {
    return this.#free > 0 && bytes <= this.#freeBytes;
  }

  #take(bytes: number): void {
    this.#free -= 1;
    this.#freeBytes -= bytes;
  }

  #admit(): void {
    for (let [next] = this.#waiting; next && this.#fits(next.bytes); [next] = this.#waiting) {
      this.#waiting.shift();
      this.#take(next.bytes);
      next.go();
    }
  }
}
