import type { AppStatus, Status } from '../system/read-status.ts';
import { columnsOf, duration, type Paint } from './terminal.ts';

const ago = (iso: string, now: number): string => duration(Math.max(0, (now - Date.parse(iso)) / 1000));
const lagText = ({ lag, kind }: AppStatus, paint: Paint): string => {
  if (!lag) return kind === 'worker' ? '?' : '';
  if (lag.failing > 0) return paint('red', `${lag.failing} partitions failing`);
  // Nothing waits as far as is known, but nobody has been able to look.
  if (lag.records === 0 && lag.seconds > 0) return paint('yellow', `not known for ${duration(lag.seconds)}`);
  return lag.records === 0 ? 'none' : paint('yellow', `${lag.records.toLocaleString('en')} records, ${duration(lag.seconds)}`);
};
const stateText = ({ ready, state, why }: AppStatus, paint: Paint): string => (ready ? paint('green', 'ready') : paint('red', state === 'ready' ? `not ready (${why ?? ''})` : state));

/** Every part and app on a line: state, process, port, how long it has been so, how far behind it is. */
export const statusText = (status: Status, now: number, paint: Paint): string => {
  const head = ['', 'STATE', 'PID', 'PORT', 'FOR', 'LAG', 'RESTARTS'].map((title) => paint('dim', title));
  const parts = status.parts.map(({ name, origin, ready, pid, address }) => [name, ready ? paint('green', 'ready') : paint('red', 'down'), String(pid ?? ''), /:(\d+)/.exec(address)?.[1] ?? '', origin === 'external' ? 'from the environment' : '', '', '']);
  const apps = status.apps.map((app) => [app.name, stateText(app, paint), String(app.pid ?? ''), String(app.port), ago(app.since, now), lagText(app, paint), app.restarts > 0 ? paint('yellow', String(app.restarts)) : '']);
  const crashes = status.apps.flatMap(({ name, lastCrash }) => (lastCrash ? [paint('dim', `${name} crashed ${ago(lastCrash.at, now)} ago (${lastCrash.signal ?? `exit code ${lastCrash.code}`}); npx touchpoint logs ${name}`)] : []));
  return [
    `${status.ready ? paint('green', 'Ready') : paint('red', 'Not ready')}, ${status.dir}, process ${status.pid}, for ${ago(status.since, now)}${status.topicPrefix === '' ? '' : `, topics ${status.topicPrefix}*`}`,
    '',
    columnsOf([head, ...parts, ...apps], '  '),
    ...(crashes.length > 0 ? ['', ...crashes] : []),
    '',
  ].join('\n');
};
