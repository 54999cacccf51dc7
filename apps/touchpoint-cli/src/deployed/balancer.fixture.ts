import { Agent, request, type RequestOptions } from 'node:http';

export type Answered = Readonly<{ status: number; url: string }> | Readonly<{ broken: string; url: string }>;

/** A load balancer as Kubernetes is one: asks each process whether it is ready, every 50 ms, and gives a request to those that were when it last asked. Keeps connections. */
export class Balancer {
  readonly answers: Answered[] = [];
  readonly #ready = new Map<string, boolean>();
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #asking = setInterval(() => void this.#look(), 50);
  #turn = 0;

  add(url: string): void {
    this.#ready.set(url, false);
  }

  remove(url: string): void {
    this.#ready.delete(url);
  }

  ready(url: string): boolean {
    return this.#ready.get(url) ?? false;
  }

  async #look(): Promise<void> {
    await Promise.all([...this.#ready.keys()].map(async (url) => {
      const ready = await fetch(`${url}/health/ready`).then(({ ok }) => ok, () => false);
      if (this.#ready.has(url)) this.#ready.set(url, ready);
    }));
  }

  /** Sends one request, and notes what came of it; a connection that breaks is an answer too, and is not tried again. */
  send(path: string, options: Pick<RequestOptions, 'method' | 'headers'>, body?: string): Promise<void> {
    const targets = [...this.#ready].filter(([, ready]) => ready).map(([url]) => url);
    const url = targets[(this.#turn += 1) % targets.length];
    if (url === undefined) {
      this.answers.push({ broken: 'no process is ready', url: '' });
      return new Promise((resolve) => setTimeout(resolve, 50));
    }
    return new Promise((resolve) => {
      const sent = request(url + path, { ...options, agent: this.#agent }, (answer) => {
        answer.resume().on('end', () => resolve(void this.answers.push({ status: answer.statusCode!, url })));
        answer.on('error', (error) => resolve(void this.answers.push({ broken: error.message, url })));
      });
      sent.on('error', (error) => resolve(void this.answers.push({ broken: error.message, url })));
      sent.end(body);
    });
  }

  close(): void {
    clearInterval(this.#asking);
    this.#agent.destroy();
  }
}
