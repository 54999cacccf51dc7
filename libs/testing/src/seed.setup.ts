import fc from 'fast-check';

/** Property tests generate the same cases in every run, so that a commit that was green stays green. Others: TOUCHPOINT_SEED=random, or a number. */
const seed = process.env['TOUCHPOINT_SEED'] ?? '20261122';
if (seed !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
