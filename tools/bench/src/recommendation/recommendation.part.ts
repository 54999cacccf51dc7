import { DAY } from '@touchpoint/kernel';
import { learnItemModel, recommend } from '@touchpoint/recommendation';
import type { Part, PartContext, Report } from '../part.ts';
import { measured, type Note } from '../report.ts';
import { judge, mean, type Judged } from './judge.ts';
import { onlineRetailLines } from './online-retail.ts';
import { coOccurring, recentlyPopular, type Ranking } from './rivals.ts';
import { splitAt, type Split } from './split.ts';

const HELD_OUT_DAYS = 30;
const SHOWN = 20;
const VS_POPULARITY = { name: 'recall20_vs_recent_popularity', unit: '', target: { atLeast: 1.3 } };
const VS_COOCCURRENCE = { name: 'recall20_vs_cooccurrence', unit: '', target: { atLeast: 1.5 } };

const judged = ({ owned, wanted }: Split, rank: Ranking): Judged => mean([...wanted].map(([customer, products]) => judge(rank(owned.get(customer)!, SHOWN), products, SHOWN)));

/** Of Online Retail the last 30 days are held out: what would each way to recommend have shown the customers that were known before, and what of it did they buy? */
const run = async ({ say }: PartContext): Promise<Report> => {
  const lines = onlineRetailLines();
  const to = lines.reduce((last, { at }) => Math.max(last, at), 0) + 1;
  const from = to - HELD_OUT_DAYS * DAY;
  const split = splitAt(lines, from, to);
  say(`recommendation: ${split.purchases.length.toLocaleString('en')} purchases of ${split.owned.size.toLocaleString('en')} customers; ${split.wanted.size} of them bought what was new to them in the ${HELD_OUT_DAYS} days that are held out`);
  const began = performance.now();
  const model = learnItemModel(split.purchases, from);
  const seconds = (performance.now() - began) / 1_000;
  say(`recommendation: learned in ${seconds.toFixed(1)} s`);
  const recommended = judged(split, (own, limit) => recommend(model, { own, at: from, limit }).map(({ product }) => product));
  const popular = judged(split, recentlyPopular(split, from - HELD_OUT_DAYS * DAY));
  const together = judged(split, coOccurring(split));
  const notes: readonly Note[] = [
    ...([['recommended', recommended], ['popular in the last 30 days', popular], ['bought together', together]] as const).flatMap(([name, { recall, ndcg }]): readonly Note[] => [{ name: `${name}: recall@${SHOWN}`, value: recall, unit: '' }, { name: `${name}: nDCG@${SHOWN}`, value: ndcg, unit: '' }]),
    { name: 'customers judged', value: split.wanted.size, unit: '' }, { name: 'products learned of', value: Object.keys(model.goesWith).length, unit: '' }, { name: 'time to learn', value: seconds, unit: 's' },
  ];
  return { figures: [measured(VS_POPULARITY.name, recommended.recall / popular.recall, '', VS_POPULARITY.target), measured(VS_COOCCURRENCE.name, recommended.recall / together.recall, '', VS_COOCCURRENCE.target)], notes };
};

export const recommendationPart: Part = { name: 'recommendation', apps: [], figures: [VS_POPULARITY, VS_COOCCURRENCE], run };
