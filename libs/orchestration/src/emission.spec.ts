import { describe, expect, it } from '@jest/globals';
import type { CustomerId } from '@touchpoint/kernel';
import { Emission, MAX_MOVES } from './emission.ts';

const emission = () => new Emission({ type: 'OrderCompleted', recordId: 'r1', messageId: 'm1', publisher: 'shop', customerId: 'c' as CustomerId, partition: 0, offset: 5, at: 1, now: 2, historical: false }, 7);
const move = (n: number) => ({ runId: `run ${n}`, journeyId: 'j', move: 'entered' as const });
const movesOf = ({ facts }: Emission) => facts.map(({ messageId, message }) => [messageId, message.type === 'JourneysMoved' ? message.data.moves.map(({ runId }) => runId) : message.type]);

describe('the moves of one cause', () => {
  it('are one fact, before what follows from them, whatever is decided in between', () => {
    const out = emission();
    out.moved(move(1));
    out.fact({ type: 'TimerFired', data: {} as never });
    out.moved({ ...move(2), move: 'exited', stepId: 'end', reason: 'completed', why: '{"if":1}' });
    expect(movesOf(out)).toEqual([['c/5/0', ['run 1', 'run 2']], ['c/5/1', 'TimerFired']]);
    expect(out.facts[0]!.message.data).toEqual({
      setNumber: 7, causeOffset: 5, why: '{"cause":{"type":"OrderCompleted","messageId":"m1"}}',
      moves: [
        { runId: 'run 1', journeyId: 'j', move: 'entered', stepId: null, nextStepId: null, reason: null, heldOut: false, why: null },
        { runId: 'run 2', journeyId: 'j', move: 'exited', stepId: 'end', nextStepId: null, reason: 'completed', heldOut: false, why: '{"if":1}' },
      ],
    });
  });

  it('are more facts where they are more than fit into one', () => {
    const out = emission();
    for (let n = 0; n < 2 * MAX_MOVES + 1; n += 1) out.moved(move(n));
    expect(movesOf(out).map(([id, moves]) => [id, moves!.length])).toEqual([['c/5/0', MAX_MOVES], ['c/5/1', MAX_MOVES], ['c/5/2', 1]]);
  });
});
