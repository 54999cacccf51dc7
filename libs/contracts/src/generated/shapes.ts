// Generated from schemas/ by `npm run codegen`. Do not edit.
import type { CustomerId, Decimal, Sealed, SourceKey } from '@touchpoint/kernel';
import type { JsonText } from '../json-text.ts';

/** The app or browser, and the device it ran on. Nothing in it names a person: no address, no user agent, no advertising id. */
export type AppContext = Readonly<{
  /** The app, as its maker names it. */
  appName: string | null;
  /** The version of the app, such as 4.2.0. */
  appVersion: string | null;
  /** The build of the app. */
  appBuild: string | null;
  /** The operating system: iOS, Android, Windows, … */
  osName: string | null;
  /** The version of the operating system. */
  osVersion: string | null;
  /** phone, tablet, desktop, tv, watch or other. */
  deviceClass: string | null;
  /** The manufacturer of the device. */
  deviceMaker: string | null;
  /** The model of the device. */
  deviceModel: string | null;
  /** BCP 47, such as de-CH. */
  locale: string | null;
  /** IANA name, such as Europe/Zurich. */
  timeZone: string | null;
  /** Width of the screen in points. */
  screenWidth: number | null;
  /** Height of the screen in points. */
  screenHeight: number | null;
}>;

/** The way a message goes to the customer. other: one that this reader does not know. */
export type Channel = 'email' | 'sms' | 'push' | 'other';

/** What is done when the outcome of a provider call is lost. atMostOnce: it stays unknown. atLeastOnce: the message is sent again. */
export type Guarantee = 'atMostOnce' | 'atLeastOnce';

/** What ties sources to one customer. none: nothing, the source was seen for the first time. */
export type Link = 'none' | 'identify' | 'alias';

/** A source and where it comes from. */
export type LinkedSource = Readonly<{
  /** The kind of the source id. */
  kind: SourceKind;
  /** The source key. */
  key: SourceKey;
  /** The customer that it belonged to until now. null: to none. */
  movedFrom: CustomerId | null;
}>;

/** Which message to the customer is meant. Messages of other senders have no command. */
export type MessageRef = Readonly<{
  /** The channel that it went through. */
  channel: Channel;
  /** The command that it was sent by: a UUID. null: not ours. */
  commandId: string | null;
  /** The journey that it belongs to. */
  journeyId: string | null;
  /** The run of the journey: a UUID. */
  runId: string | null;
  /** The step of the journey. */
  stepId: string | null;
  /** The campaign, for messages of other senders. */
  campaignId: string | null;
  /** The template that it was made from. */
  templateId: string | null;
  /** The message class: transactional, marketing, … */
  messageClass: string | null;
  /** The address or device that it went to: the key of the e-mail address, the phone number or the push token. */
  contactPoint: SourceKey | null;
  /** Who carried it: sandbox, fcm, twilio, smtp, … */
  provider: string | null;
  /** The provider's id of it. */
  providerMessageId: string | null;
}>;

/** What a run did. */
export type Move = 'entered' | 'advanced' | 'exited';

/** One personal trait. Each is sealed alone, so that a later one replaces only its own. */
export type PersonalTrait = Readonly<{
  /** Name of the trait, such as firstName. */
  name: string;
  /** Its value: JSON text, sealed. */
  value: Sealed;
}>;

/** Where a sale was made. other: elsewhere, or the publisher did not say. */
export type Place = 'app' | 'web' | 'store' | 'other';

/** A product, how many of it and at what price. */
export type ProductLine = Readonly<{
  /** The product. The sku where the publisher gives no id. */
  productId: string;
  /** How many, or how much. 1 where the publisher says nothing; zero and negative quantities do occur. */
  quantity: Decimal;
  /** Price of one, in the currency of the message. null: not said. */
  price: Decimal | null;
  /** Stock keeping unit. */
  sku: string | null;
  /** The name that customers see. */
  name: string | null;
  /** Category, as the publisher names it. */
  category: string | null;
  /** Brand. */
  brand: string | null;
  /** Variant, such as a size or a colour. */
  variant: string | null;
  /** Coupon that was used for this line. */
  coupon: string | null;
  /** Page of the product. */
  url: string | null;
  /** Picture of the product. */
  imageUrl: string | null;
  /** Whatever else the publisher sent about the line: a JSON object. */
  properties: JsonText | null;
}>;

/** One move of a run. */
export type RunMove = Readonly<{
  /** The run: a UUID, derived from customer, journey and cause. */
  runId: string;
  /** The journey. */
  journeyId: string;
  /** What it did: it began, it took a step, it ended. */
  move: Move;
  /** The step that was done, or that it ended at. null: it began. */
  stepId: string | null;
  /** The step that it went to. null: it began or ended. */
  nextStepId: string | null;
  /** Why it ended, as a short code: completed, exit event, restarted, merged, unpublished, … null: it did not end. */
  reason: string | null;
  /** It began for a customer in the holdout: it goes on and sends nothing. */
  heldOut: boolean;
  /** What was looked at beside the cause: a JSON object. null: nothing. */
  why: JsonText | null;
}>;

/** The kinds of source id. One that a reader does not know counts as the weakest, anonymous. */
export type SourceKind = 'user' | 'email' | 'phone' | 'device' | 'anonymous' | 'customer';

/** A source id, without its clear value. */
export type SourceRef = Readonly<{
  /** The kind of the source id. */
  kind: SourceKind;
  /** The source key. */
  key: SourceKey;
  /** The clear value of the source id, sealed. null: there is none, or it is not kept. */
  label: Sealed | null;
}>;

/** What was decided about one message. */
export type Verdict = 'send' | 'hold';
