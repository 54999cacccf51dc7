import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { correlation } from './correlation.ts';
import type { Log } from './logger.ts';
import { problemOf } from './problem-of.ts';

/** Every error of an HTTP route becomes problem+json here; what is our fault is logged, with the correlation id that the caller sees. */
export class ProblemFilter implements ExceptionFilter {
  readonly #log: Log;
  constructor(log: Log) {
    this.#log = log;
  }
  catch(error: unknown, host: ArgumentsHost): void {
    sendProblem(host.switchToHttp().getResponse<FastifyReply>(), error, this.#log);
  }
}
Catch()(ProblemFilter);

export const sendProblem = (reply: FastifyReply, error: unknown, log: Log): void => {
  const { problem, headers } = problemOf(error, correlation()?.correlationId);
  const fields = { status: problem.status, code: problem.code, method: reply.request.method, route: reply.request.routeOptions?.url };
  if (problem.status === 500) log.error({ ...fields, error }, 'a request failed by our fault');
  else if (problem.status > 500) log.warn({ ...fields, error }, 'a request could not be served now');
  else log.debug(fields, 'a request was refused');
  if (reply.sent || reply.raw.headersSent) return;
  void reply.status(problem.status).headers(headers).header('content-type', 'application/problem+json').serializer(String).send(JSON.stringify(problem));
};
