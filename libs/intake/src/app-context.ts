import type { AppContext } from '@touchpoint/contracts';
import { holdsPersonal } from './personal-text.ts';

/** A Segment `context`, or another object, of which nothing is known yet. */
export type Raw = Readonly<Record<string, unknown>>;

export const objectAt = (holder: Raw | undefined, name: string): Raw | undefined => {
  const value = holder?.[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : undefined;
};

const LONGEST = 200;
/** SDKs fill the context, publishers do not look at it: what is no short text there is left out, not refused. */
export const shortText = (holder: Raw | undefined, name: string): string | null => {
  const value = holder?.[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' && value.length <= LONGEST ? value : null;
};
/** The same where it is to stand in clear: left out where anything personal is in it. */
export const clearText = (holder: Raw | undefined, name: string): string | null => {
  const value = shortText(holder, name);
  return value !== null && holdsPersonal(value) ? null : value;
};
const points = (holder: Raw | undefined, name: string): number | null => {
  const value = holder?.[name];
  return typeof value === 'number' && value > 0 && value < 100_000 ? Math.round(value) : null;
};

type DeviceClass = 'phone' | 'tablet' | 'desktop' | 'tv' | 'watch' | 'other';
const BY_AGENT: readonly (readonly [RegExp, DeviceClass])[] = [
  [/bot\b|crawl|spider|curl|python|okhttp|node-fetch/i, 'other'],
  [/smart-?tv|appletv|googletv|hbbtv|crkey|roku|bravia/i, 'tv'],
  [/watch/i, 'watch'],
  [/ipad|tablet|kindle|silk\/|playbook|android(?!.*mobile)/i, 'tablet'],
  [/iphone|ipod|android|mobile|windows phone/i, 'phone'],
  [/windows|macintosh|mac os|linux|cros/i, 'desktop'],
];

const agents = new Map<string, DeviceClass | null>();
/** Only the class is kept: a user agent can tell one person from all others. */
const classOfAgent = (agent: unknown): DeviceClass | null => {
  if (typeof agent !== 'string' || agent === '') return null;
  const known = agents.get(agent);
  if (known !== undefined) return known;
  const sample = agent.slice(0, 512);
  const found = BY_AGENT.find(([pattern]) => pattern.test(sample))?.[1] ?? null;
  if (agents.size < 2_000) agents.set(agent, found);
  return found;
};

const classOf = (device: Raw | undefined, os: Raw | undefined, agent: unknown): DeviceClass | null => {
  const model = shortText(device, 'model');
  const type = shortText(device, 'type')?.toLowerCase();
  const known = classOfAgent(model) ?? classOfAgent(agent);
  if (known !== null) return known;
  const system = type ?? shortText(os, 'name')?.toLowerCase();
  if (system === 'ios' || system === 'android') return 'phone';
  return system === undefined ? null : system === 'tablet' || system === 'desktop' || system === 'tv' || system === 'watch' ? system : null;
};

/** What a message keeps of a context: no address, no user agent, no name of the device. Null where there is nothing. */
export const appContextOf = (context: Raw | undefined): AppContext | null => {
  if (context === undefined) return null;
  const app = objectAt(context, 'app');
  const os = objectAt(context, 'os');
  const device = objectAt(context, 'device');
  const screen = objectAt(context, 'screen');
  const locale = clearText(context, 'locale');
  const timeZone = clearText(context, 'timezone');
  const deviceClass = classOf(device, os, context['userAgent']);
  if (!app && !os && !device && !screen && locale === null && timeZone === null && deviceClass === null) return null;
  return {
    appName: clearText(app, 'name'),
    appVersion: clearText(app, 'version'),
    appBuild: clearText(app, 'build'),
    osName: clearText(os, 'name'),
    osVersion: clearText(os, 'version'),
    deviceClass,
    deviceMaker: clearText(device, 'manufacturer'),
    deviceModel: clearText(device, 'model'),
    locale,
    timeZone,
    screenWidth: points(screen, 'width'),
    screenHeight: points(screen, 'height'),
  };
};

export const NO_CONTEXT: AppContext = {
  appName: null, appVersion: null, appBuild: null, osName: null, osVersion: null, deviceClass: null, deviceMaker: null, deviceModel: null,
  locale: null, timeZone: null, screenWidth: null, screenHeight: null,
};

/** ios, android or web, as far as a context tells. */
export const platformOf = (context: Raw | undefined): string | null => {
  const said = (shortText(objectAt(context, 'device'), 'type') ?? shortText(objectAt(context, 'os'), 'name'))?.toLowerCase();
  if (said === undefined) return null;
  if (/^(ios|ipados|iphone os)$/.test(said)) return 'ios';
  return said === 'android' || said === 'web' ? said : null;
};
