import { Controller, Get, Header, Inject } from '@nestjs/common';
import { Scopes } from '@touchpoint/host';
import { LagWatch, type LagAnswer } from '../lag/lag-watch.ts';
import { TopicsQuery, type TopicStatus } from '../lag/topics.query.ts';

/** How far who is behind what, and whether that grows; what the log holds. */
@Controller('/v1')
@Scopes('operate')
export class LagController {
  readonly #watch: LagWatch;
  readonly #topics: TopicsQuery;

  constructor(@Inject(LagWatch) watch: LagWatch, @Inject(TopicsQuery) topics: TopicsQuery) {
    [this.#watch, this.#topics] = [watch, topics];
  }

  @Get('/lag')
  @Header('cache-control', 'no-store')
  lag(): Promise<LagAnswer> {
    return this.#watch.now();
  }

  @Get('/topics')
  @Header('cache-control', 'no-store')
  async topics(): Promise<{ topics: readonly TopicStatus[] }> {
    return { topics: await this.#topics.all() };
  }
}
