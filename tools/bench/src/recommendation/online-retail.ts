import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { repositoryRoot } from '../repository.ts';

/** It lies beside the repository where there is one. */
const FILE = join(repositoryRoot, '../shared/data/online-retail/online-retail.csv.br');
const ROW = /^"(\w+)","([^"]*)",(?:"(?:[^"]|"")*")?,(-?\d+),"([^"]+)",(-?[\d.]+),(\d*),/;

/** A line of an invoice. Cancellations (invoices with a C) have a negative quantity. */
export type Line = Readonly<{ customer: string; product: string; at: number; quantity: number }>;

/**
 * What known customers of Online Retail bought and gave back, in the order of the file. Postage, vouchers and the like are no products: their codes do not begin with five digits.
 * @throws Error when the data set is not there
 */
export const onlineRetailLines = (): readonly Line[] => {
  if (!existsSync(FILE)) throw new Error('Online Retail is not beside the repository (shared/data/online-retail)');
  return brotliDecompressSync(readFileSync(FILE)).toString('utf8').split('\n').slice(1).flatMap((row): readonly Line[] => {
    if (row === '') return [];
    const [, , code, quantity, time, price, customer] = ROW.exec(row) ?? [];
    if (code === undefined) throw new Error(`no row of Online Retail: ${row}`);
    const product = code.toUpperCase();
    return customer === '' || !/^\d{5}/.test(product) || Number(price) <= 0 ? [] : [{ customer: customer!, product, at: Date.parse(time!), quantity: Number(quantity) }];
  });
};
