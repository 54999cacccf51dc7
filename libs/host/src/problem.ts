/** One thing wrong with a message: where (a JSON pointer or dotted path, no value) and what. */
export type FieldIssue = Readonly<{ path: string; code: string; message?: string }>;

/** RFC 9457, with the code that programs go by and the id to look for in the logs. */
export type Problem = Readonly<{
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  correlationId?: string;
  errors?: readonly FieldIssue[];
}>;

export type ProblemOptions = Readonly<{ detail?: string; errors?: readonly FieldIssue[]; retryAfterSeconds?: number; cause?: unknown }>;

/** Thrown to answer with this status. `detail` and `errors` are shown to the caller: no value of anybody else's. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string | undefined;
  readonly errors: readonly FieldIssue[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  constructor(status: number, code: string, title: string, options: ProblemOptions = {}) {
    super(title, { cause: options.cause });
    this.name = 'HttpProblem';
    this.status = status;
    this.code = code;
    this.detail = options.detail;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export const badRequest = (code: string, title: string, errors?: readonly FieldIssue[]) => new HttpProblem(400, code, title, { ...(errors && { errors }) });
export const unauthorized = () => new HttpProblem(401, 'ACCESS.NO_KEY', 'A valid API key is needed', { detail: 'Send it as Authorization: Bearer <key>, or as the user name of Basic with an empty password.' });
export const forbidden = (scopes: readonly string[]) => new HttpProblem(403, 'ACCESS.SCOPE', 'The API key may not do this', { detail: `It needs the scope ${scopes.join(' or ')}.` });
export const notFound = (code: string, title: string) => new HttpProblem(404, code, title);
export const tooLarge = (code: string, title: string, detail?: string) => new HttpProblem(413, code, title, { ...(detail !== undefined && { detail }) });
/** Overload is refused, not absorbed. */
export const tooManyRequests = (retryAfterSeconds: number, code = 'HTTP.OVERLOAD') =>
  new HttpProblem(429, code, 'Too much at once; try again later', { retryAfterSeconds });
export const unavailable = (code: string, title: string, retryAfterSeconds = 1, cause?: unknown) => new HttpProblem(503, code, title, { retryAfterSeconds, cause });
