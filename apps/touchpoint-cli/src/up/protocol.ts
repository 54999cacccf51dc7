import type { KeyTexts } from '../system/first-keys.ts';
import type { Progress, SystemEvent, SystemView } from '../system/system.ts';

/** What the supervisor of a detached system tells the command that started it. Keys go this way only, never into a log. */
export type FromSupervisor =
  | Readonly<{ told: 'progress'; progress: Progress }>
  | Readonly<{ told: 'event'; event: SystemEvent }>
  | Readonly<{ told: 'ready'; view: SystemView; firstKeys?: KeyTexts }>
  | Readonly<{ told: 'failed'; text: string; exitCode: number }>;

/** Until this is said, the end of the starter ends the supervisor too: nobody would have seen the keys. */
export type ToSupervisor = Readonly<{ do: 'live on' }>;
