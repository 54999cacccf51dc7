/** Told apart by `code`, never by `instanceof` across packages. */
export type FailureKind = 'InvalidMessage' | 'VersionConflict' | 'Transient' | 'Fenced' | 'LogMismatch' | 'Halt';

/** A failure that says what may be done about it. Everything else thrown is a Defect. */
export class Failure extends Error {
  readonly code: string;
  readonly kind: FailureKind;
  constructor(kind: FailureKind, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.kind = kind;
    this.code = code;
  }
}

export const failureKind = (error: unknown): FailureKind | 'Defect' =>
  error instanceof Error && 'kind' in error && typeof error.kind === 'string' ? (error.kind as FailureKind) : 'Defect';

export const invalidMessage = (code: string, message: string, cause?: unknown) => new Failure('InvalidMessage', code, message, { cause });
export const transient = (code: string, message: string, cause?: unknown) => new Failure('Transient', code, message, { cause });
/** Somebody else owns this partition now: roll back, leave the group, join again. */
export const fenced = (message: string) => new Failure('Fenced', 'LOG.FENCED', message);
/** The log is not the one the checkpoint was written against: stop loudly, never jump. */
export const logMismatch = (code: string, message: string) => new Failure('LogMismatch', code, message);
/** Going on would do harm that only a person can judge: the process stops, and nothing of the work in hand is kept. */
export const halt = (code: string, message: string) => new Failure('Halt', code, message);
