export type StackErrorCode =
  | 'STACK.NO_JAVA'
  | 'STACK.NO_MAVEN'
  | 'STACK.JARS_FAILED'
  | 'STACK.NO_POSTGRES_BINARIES'
  | 'STACK.NO_ACCOUNT'
  | 'STACK.PREPARE_FAILED'
  | 'STACK.PART_DIED'
  | 'STACK.NOT_READY'
  | 'STACK.NOT_STOPPED'
  | 'STACK.OTHER_SETTINGS'
  | 'STACK.BAD_STATE'
  | 'STACK.LOCKED'
  | 'STACK.CALLED_OFF'
  | 'STACK.NOT_IN_STACK'
  | 'STACK.NOT_OURS';

/** Told apart by `code`. The message is one that a person at a terminal can act on. */
export class StackError extends Error {
  readonly code: StackErrorCode;
  constructor(code: StackErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StackError';
    this.code = code;
  }
}
