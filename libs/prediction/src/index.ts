export { type OrderHistory } from './history.ts';
export { nextFlip, nextRfmChange } from './next-flip.ts';
export { predicted, type Prediction } from './predicted.ts';
export { checkPredictionModel, parsePredictionModel, type ModelIssue } from './prediction-model-check.ts';
export { learnPredictionModel, LEAST_REPEAT_CUSTOMERS, type Learned, type PredictionModel } from './prediction-model.ts';
export { RFM_SEGMENTS, type RfmSegment } from './rfm-segments.ts';
export { type RfmScore, type Score } from './rfm.ts';
export { type BgNbd } from './bg-nbd.ts';
