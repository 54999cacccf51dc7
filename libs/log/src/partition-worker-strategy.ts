import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import type { PartitionWorker } from './partition-worker.ts';

/** Runs partition workers as a Nest microservice: what handles a partition is an ordinary provider, and Nest starts and stops the consumption. */
export class PartitionWorkerStrategy extends Server implements CustomTransportStrategy {
  readonly #workers: readonly PartitionWorker[];
  constructor(workers: readonly PartitionWorker[]) {
    super();
    this.#workers = workers;
  }

  listen(callback: (error?: unknown) => void): void {
    Promise.all(this.#workers.map((worker) => worker.start())).then(() => callback(), callback);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  override on(): void {}

  override unwrap<T>(): T {
    return this.#workers as T;
  }
}
