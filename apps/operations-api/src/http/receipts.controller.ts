import { Controller, Get, Inject, Param } from '@nestjs/common';
import { notFound, Scopes } from '@touchpoint/host';
import { POOL, type Pool } from '@touchpoint/store';
import { readReceipt, receiptKey } from '../erase/receipts.ts';
import { RunId, valid } from './params.ts';

/** Signed receipts of erasures, and the key that whoever has one can check it with. */
@Controller('/v1/receipts')
@Scopes('operate')
export class ReceiptsController {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  @Get('key')
  async key(): Promise<object> {
    const key = await receiptKey(this.#pool);
    if (!key) throw notFound('OPERATIONS.NO_RECEIPT', 'Nothing was signed yet');
    return key;
  }

  @Get(':id')
  async receipt(@Param('id') id: string): Promise<object> {
    const receipt = await readReceipt(this.#pool, valid(RunId, id));
    if (!receipt) throw notFound('OPERATIONS.NO_RECEIPT', 'There is no such receipt: it bears the id of the run that erased');
    return receipt;
  }
}
