/** How a command ends: 0 done, 1 failed, 2 asked for wrongly, 3 nothing runs there, 4 done but for what was rejected, 130 stopped. */
export const EXIT = { failed: 1, usage: 2, notRunning: 3, rejected: 4, interrupted: 130 } as const;

/** What a person at a terminal can act on: one sentence that says what to do. `detail` may follow it on further lines. */
export class CliError extends Error {
  readonly code: string;
  readonly exitCode: number;
  readonly detail: readonly string[];
  constructor(code: string, message: string, { exitCode = EXIT.failed, detail = [], cause }: { exitCode?: number; detail?: readonly string[]; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CliError';
    this.code = code;
    this.exitCode = exitCode;
    this.detail = detail;
  }
}
