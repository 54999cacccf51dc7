import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel';

/** What a process does that others see: a transaction's commit, or the statement that moves a checkpoint; records sent to the log; a call of a provider. */
export const MOMENTS = ['commit', 'send', 'call'] as const;
export type Moment = (typeof MOMENTS)[number];

const channels: Readonly<Record<Moment, TracingChannel>> = { commit: tracingChannel('touchpoint.commit'), send: tracingChannel('touchpoint.send'), call: tracingChannel('touchpoint.call') };

/** Does it, and tells whoever listens to Node's tracing channel `touchpoint.<moment>` right before and right behind it: tools/crash kills there. Free where nobody listens. */
export const at = <T>(moment: Moment, work: () => Promise<T>): Promise<T> => channels[moment].tracePromise(work);
