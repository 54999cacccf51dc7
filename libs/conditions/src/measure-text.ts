import type { EventMeasure, EventTerm } from './condition.ts';

const term = ({ event, sum, where }: EventTerm): string => `${sum === undefined ? '' : `sum of ${sum} over `}${event}${where ? ' (some)' : ''}`;

/** What an event measure is about, for people: "did OrderCompleted within P90D". */
export const measureText = ({ take, less = [], within, from, until, then, ...of }: EventMeasure): string => [
  `did ${take ? `${take} ` : ''}${term(of)}`,
  ...less.map((one) => `less ${term(one)}`),
  ...(then ? [`then ${then.happens === false ? 'no ' : ''}${term(then)} within ${then.within}`] : []),
  ...(within ? [`within ${within}`] : []),
  ...(from ? [`from ${from}`] : []),
  ...(until ? [`until ${until}`] : []),
].join(', ').replace(', ', ' ');
