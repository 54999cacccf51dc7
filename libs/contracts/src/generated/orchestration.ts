// Generated from schemas/ by `npm run codegen`. Do not edit.
import type { CustomerId, Instant, Message, SourceKey } from '@touchpoint/kernel';
import type { JsonText } from '../json-text.ts';
import type { Channel, RunMove, Verdict } from './shapes.ts';

/** What decisions about an absorbed customer rest on, given to the survivor. On the survivor's timeline; an input like any other. */
export type CustomerHandedOver = Message<'CustomerHandedOver', {
  /** The customer that was absorbed. */
  fromCustomerId: CustomerId;
  /** The customer that goes on. */
  toCustomerId: CustomerId;
  /** Version of the form of the state. */
  stateVersion: number;
  /** Measures, consent, suppressions, contact points and what its journeys remember: a JSON object. Addresses stay sealed. */
  state: JsonText;
  /** Offset of the cause on this partition of the timeline; its messageId is the causationId. */
  causeOffset: number;
}>;

/** What measures that are new come to for a customer up to where their set was published: folded from the log once more, beside what is counted live since. */
export type HistoryFilled = Message<'HistoryFilled', {
  /** The published set that brought the measures. */
  setNumber: number;
  /** What to add, of this timeline: series by tracker, traits by path. A JSON object. */
  filled: JsonText;
}>;

/** What one cause did to a customer's runs: which began, took a step, ended. */
export type JourneysMoved = Message<'JourneysMoved', {
  /** The moves, in the order in which they were made; those of several runs where the cause concerned several. */
  moves: readonly RunMove[];
  /** The published set that it was decided under. */
  setNumber: number;
  /** Offset of the cause on this partition of the timeline; its messageId is the causationId. */
  causeOffset: number;
  /** The cause, as its publisher named it: a JSON object. */
  why: JsonText | null;
}>;

/** A set of journeys takes effect here. A control record: one stands on every partition of the timeline. */
export type JourneysPublished = Message<'JourneysPublished', {
  /** Number of the set, from 1. */
  setNumber: number;
  /** Version of the engine that decides from here on. */
  engineVersion: string;
  /** The journeys: a JSON array of documents. */
  journeys: JsonText;
  /** The templates: a JSON array of documents. */
  templates: JsonText;
  /** The segments: a JSON array of documents. */
  segments: JsonText;
  /** What is kept of each customer for the conditions, each with the number of the set since which it is kept: a JSON object. null: nothing. */
  measures: JsonText | null;
  /** Caps, quiet hours and message classes: a JSON object. */
  settings: JsonText | null;
  /** The person or key that published it. */
  publishedBy: string;
  /** When it was published. */
  publishedAt: Instant;
  /** What is new. */
  note: string | null;
}>;

/** It was decided whether a message goes out. */
export type MessageDecided = Message<'MessageDecided', {
  /** The command, if it is sent: a UUID, derived from run and step. */
  commandId: string;
  /** The run: a UUID, derived from customer, journey and cause. */
  runId: string;
  /** The journey. */
  journeyId: string;
  /** The step that sends. */
  stepId: string;
  /** What was decided. */
  verdict: Verdict;
  /** Why it is held, as a short code: no consent, capped, held out, merge pending, expired, … null: it is sent. */
  reason: string | null;
  /** The channel. */
  channel: Channel;
  /** The template. */
  templateId: string;
  /** The message class. */
  messageClass: string;
  /** The address or device. null: there is none. */
  contactPoint: SourceKey | null;
  /** The published set that it was decided under. */
  setNumber: number;
  /** Offset of the cause on this partition of the timeline; its messageId is the causationId. */
  causeOffset: number;
  /** What was looked at: a JSON object. */
  why: JsonText | null;
}>;

/** The customer is in a segment from here on. */
export type SegmentEntered = Message<'SegmentEntered', {
  /** The segment. */
  segmentId: string;
  /** When the condition began, or ceased, to hold: the time of the event, or the instant at which time brought it about. */
  at: Instant;
  /** The segment is new, or has another condition: the customer was found to be in it, and did nothing to get there. */
  initial: boolean;
  /** The published set that it was decided under. */
  setNumber: number;
  /** Offset of the cause on this partition of the timeline; its messageId is the causationId. */
  causeOffset: number;
  /** The cause, and what each leaf of the condition saw: a JSON object. */
  why: JsonText | null;
}>;

/** The customer is in a segment no more. */
export type SegmentLeft = Message<'SegmentLeft', {
  /** The segment. */
  segmentId: string;
  /** When the condition began, or ceased, to hold: the time of the event, or the instant at which time brought it about. */
  at: Instant;
  /** Why, as a short code: condition (it does not hold any more), merged, erased, archived (the segment is gone). */
  reason: string;
  /** The published set that it was decided under. */
  setNumber: number;
  /** Offset of the cause on this partition of the timeline; its messageId is the causationId. */
  causeOffset: number;
  /** The cause, and what each leaf of the condition saw: a JSON object. */
  why: JsonText | null;
}>;

/** From here on the segments of a set count on this partition: what its measures need has been filled from history. A control record. */
export type SegmentsLive = Message<'SegmentsLive', {
  /** The published set. */
  setNumber: number;
}>;

/** The database went back to an earlier state and was brought level with the log. A control record: one stands on every partition of the timeline. What bears an earlier incarnation behind it was sent by a process that had not heard of it, and is dropped. */
export type SystemRestored = Message<'SystemRestored', {
  /** The incarnation from here on. */
  incarnation: number;
  /** The run that restored it: who and why stand in the audit log. */
  runId: string;
  /** When. */
  restoredAt: Instant;
}>;

/** A timer is due: of a run that waits, or of the segments that time moves a customer into or out of. */
export type TimerFired = Message<'TimerFired', {
  /** The timer: a UUID, derived from run and step, or from customer and time. */
  timerId: string;
  /** The run: a UUID, derived from customer, journey and cause. null: it is about segments. */
  runId: string | null;
  /** The journey. null: it is about segments. */
  journeyId: string | null;
  /** The step that waits. null: it is about segments. */
  stepId: string | null;
  /** When it was due. */
  dueAt: Instant;
  /** It comes from imported history and was due before the import: it sends nothing. */
  historical: boolean;
}>;

/** A touchpoint that reached the timeline of a customer who was absorbed, for the survivor's decisions. On the survivor's timeline. Read models have it already. */
export type TouchpointHandedOn = Message<'TouchpointHandedOn', {
  /** The customer whose timeline it reached. */
  fromCustomerId: CustomerId;
  /** The customer who hands it on: the same, or one further along the chain of those who were absorbed. */
  viaCustomerId: CustomerId;
  /** The customer who goes on. */
  toCustomerId: CustomerId;
  /** The touchpoint's name, such as OrderCompleted. */
  messageType: string;
  /** The touchpoint's data: a JSON object; decimals and bytes are tagged. Personal values stay sealed. */
  data: JsonText;
  /** The touchpoint's messageId. */
  messageId: string;
  /** Who published the touchpoint. */
  publisher: string;
  /** When it happened. */
  occurredAt: Instant;
  /** When ingest took it. */
  receivedAt: Instant;
  /** Imported history: it starts nothing. */
  historical: boolean;
  /** When the customer whose timeline it reached became a part of the one who goes on: along a chain, the last of its merges. */
  joinedAt: Instant;
  /** How often it was handed on. */
  hops: number;
  /** The published set in force on the timeline that it came from: what later sets ask of it is in that one's own history. */
  setNumber: number;
  /** Offset of the cause on the partition of the customer who hands it on; its messageId is the causationId. */
  causeOffset: number;
}>;

/** Every message of orchestration. */
export type OrchestrationMessage =
  | CustomerHandedOver
  | HistoryFilled
  | JourneysMoved
  | JourneysPublished
  | MessageDecided
  | SegmentEntered
  | SegmentLeft
  | SegmentsLive
  | SystemRestored
  | TimerFired
  | TouchpointHandedOn;
