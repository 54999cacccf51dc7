import type { SystemView } from '../system/system.ts';
import { columnsOf, duration, type Paint } from '../view/terminal.ts';
import type { Proved } from './prove.ts';

/** What may be killed, with pids. */
export const invitation = ({ processes }: Pick<SystemView, 'processes'>, seconds: number, paint: Paint): string =>
  [
    paint('bold', `Kill anything you like: ${seconds} seconds of load run.`),
    columnsOf(processes.filter(({ pid }) => pid !== undefined).map(({ name, pid }) => [name, `kill -9 ${pid}`]), '  '),
    'Each of them, as often as you like, several at once; each is started again, under another pid, which is told here.',
    paint('dim', 'Not Kafka, Postgres, the registry, or the process that runs the system: where one of these ends, `up` stops the system in order (npm run crash kills those, too).'),
    '',
  ].join('\n');

/** What was sent, found and compared. */
export const verdict = ({ checks, again, unknown, lost, doubled, problems, sent, batches, retries, kills, seconds }: Proved, paint: Paint): string => {
  const head = ['COMPARED', 'EXPECTED', 'FOUND', 'LOST', 'DOUBLED', 'HOW'].map((title) => paint('dim', title));
  const rows = checks.map((check) => [check.what, check.expected.toLocaleString('en'), check.found.toLocaleString('en'), String(check.lost), String(check.doubled), paint('dim', check.how)]);
  const well = lost === 0 && doubled === 0 && problems.length === 0;
  return [
    `${sent.toLocaleString('en')} events in ${batches.toLocaleString('en')} batches were acknowledged, in ${duration(seconds)} with the waiting; ${kills} processes were killed meanwhile.`,
    `${retries} batches had to be sent again for want of an answer, and ${again} records lie twice on the timeline, sent again after a crash: readers drop these by their origin and seq, and the figures below are as readers see it.`,
    columnsOf([head, ...rows], '  '),
    ...(unknown > 0 ? [`${unknown} messages have the outcome "unknown": their process was killed between the provider's call and its answer, and that is said, never guessed.`] : []),
    ...problems.map((problem) => paint('red', problem)),
    paint(well ? 'green' : 'red', `${lost} lost, ${doubled} doubled`),
    ...(kills === 0 ? [paint('dim', 'Nothing was killed, so this proves little. Try again, with kill -9.')] : []),
    '',
  ].join('\n');
};
