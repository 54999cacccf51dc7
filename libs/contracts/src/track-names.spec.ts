import { describe, expect, it } from '@jest/globals';
import { catalog } from './generated/catalog.ts';
import { trackNames, trackTarget } from './track-names.ts';

describe('when an event name is known', () => {
  it.each(Object.entries(trackNames))('%s is a touchpoint', (name, target) => {
    expect(catalog[target.type].context).toBe('touchpoint');
    expect(trackTarget(name)).toEqual(target);
  });

  it('is found however it is cased and joined', () => {
    expect(trackTarget('order_completed')).toEqual({ type: 'OrderCompleted' });
    expect(trackTarget(' PUSH notification   tapped')).toEqual({ type: 'MessageClicked', channel: 'push' });
  });
});

describe('when an event name is not known', () => {
  it.each(['Signed Up', '', 'constructor', 'OrderCompletedX'])('%j has no target', (name) => expect(trackTarget(name)).toBeUndefined());
});
