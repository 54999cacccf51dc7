import { describe, expect, it } from '@jest/globals';
import { killPlan, killsIn, STACK_PARTS, type Strike, type Victim } from './kill-plan.ts';

const victims: readonly Victim[] = ['ingest-api', 'identity-resolver', 'identity-resolver-2', 'delivery-service', 'query-api'].map((name) => ({ name, app: name.replace('-2', '') }));
const plan = (over: Partial<Parameters<typeof killPlan>[0]> = {}) => killPlan({ seed: 7, batches: 300, victims, most: 60, pauses: 3, parts: STACK_PARTS, ...over });
const kills = (of: readonly Strike[]) => of.filter((strike) => strike.kind === 'kill');

describe('a plan of strikes', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(plan()).toEqual(plan());
    expect(plan({ seed: 8 })).not.toEqual(plan());
  });
  it('kills every process, some with one of another app, and spreads it over the load in order', () => {
    const strikes = plan();
    expect(kills(strikes)).toHaveLength(60);
    expect(killsIn(strikes)).toBe(80);
    expect(new Set(kills(strikes).map(({ names }) => names[0]))).toEqual(new Set(victims.map(({ name }) => name)));
    for (const { names } of kills(strikes)) if (names.length > 1) expect(victims.find(({ name }) => name === names[0])!.app).not.toBe(victims.find(({ name }) => name === names[1])!.app);
    const at = strikes.map((strike) => strike.at);
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect([at[0]! >= 1, at.at(-1)! <= 300]).toEqual([true, true]);
  });
  it('pauses workers, and breaks each part of the stack, between the kills', () => {
    const strikes = plan();
    expect(strikes.flatMap((strike) => (strike.kind === 'pause' ? [strike.name] : []))).toHaveLength(3);
    expect(strikes.flatMap((strike) => (strike.kind === 'part' ? [strike.part] : [])).sort()).toEqual([...STACK_PARTS].sort());
    expect([strikes[0]!.kind, strikes.at(-1)!.kind]).toEqual(['kill', 'kill']);
  });
  it('lets a process die where it does something that others see, and only there', () => {
    for (const { names, point } of kills(plan({ most: 200 }))) {
      if (names[0] === 'query-api') expect(point).toBeUndefined();
      if (names[0] === 'ingest-api') expect(['send', undefined]).toContain(point?.moment);
    }
    expect(new Set(kills(plan({ most: 200 })).map(({ point }) => point && `${point.moment} ${point.when}`))).toEqual(new Set([undefined, 'commit before', 'commit behind', 'send before', 'send behind', 'call before', 'call behind']));
  });
  it('refuses a load that is too short for it', () => expect(() => plan({ batches: 20 })).toThrow('too few'));
});
