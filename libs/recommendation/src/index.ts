export { learnItemModel, LEARNING, type ItemModel, type Learning, type Weighted } from './item-model.ts';
export { type Purchase } from './purchase.ts';
export { recommend, type Recommendation, type Wanted } from './recommend.ts';
