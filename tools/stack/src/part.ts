import type { Env } from './config.ts';
import type { Launch } from './keeper-protocol.ts';
import type { Ports } from './ports.ts';
import type { StackState } from './state.ts';

/** What a part is made from. */
export type PartContext = Readonly<{
  dir: string;
  env: Env;
  ports: Ports;
  passwords: StackState['passwords'];
  onProgress: (message: string) => void;
  /** Ends what is under way when the start is called off. */
  signal?: AbortSignal | undefined;
}>;

/** One part of the stack: how to make its folder ready, what to start, and how to see that it answers. */
export type Part = Readonly<{
  name: string;
  /** Equal for two starts that want the same of this part. */
  settings: string;
  /** Found in its command line and nowhere else. */
  marker: string;
  /** Makes or mends its folder and says how to start it. Called only when it does not run. */
  prepare(): Promise<Launch>;
  /** Resolves when the part does its work; rejects with the reason when it does not yet. Has its own short time limit. */
  probe(signal: AbortSignal): Promise<void>;
  /** Done each time the part was found ready, adopted or not: has to be harmless the second time. */
  settle?(): Promise<void>;
}>;
