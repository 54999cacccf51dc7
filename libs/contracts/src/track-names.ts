import type { TouchpointMessage } from './generated/touchpoint.ts';
import type { Channel } from './generated/shapes.ts';

/** The message that a track call becomes by its event name, and the channel where the name says it. */
export type TrackTarget = Readonly<{ type: TouchpointMessage['type']; channel?: Channel }>;

const to = (type: TouchpointMessage['type'], channel?: Channel): TrackTarget => (channel ? { type, channel } : { type });

/**
 * Event names of Segment's e-commerce (v2, and what v1 called the same), mobile and e-mail specs and of the senders that follow them,
 * and ours for what they do not name. Tapping a push is a click; nothing else counts as opening it.
 */
export const trackNames: Readonly<Record<string, TrackTarget>> = {
  'Application Installed': to('ApplicationInstalled'),
  'Application Opened': to('ApplicationOpened'),
  'Application Backgrounded': to('ApplicationBackgrounded'),
  'Application Uninstalled': to('DeviceRemoved'),
  'Device Registered': to('DeviceRegistered'),
  'Device Removed': to('DeviceRemoved'),
  'Product Viewed': to('ProductViewed'),
  'Viewed Product': to('ProductViewed'),
  'Product Added': to('ProductAdded'),
  'Added Product': to('ProductAdded'),
  'Product Removed': to('ProductRemoved'),
  'Removed Product': to('ProductRemoved'),
  'Checkout Started': to('CheckoutStarted'),
  'Started Order': to('CheckoutStarted'),
  'Order Completed': to('OrderCompleted'),
  'Completed Order': to('OrderCompleted'),
  'Order Cancelled': to('OrderCancelled'),
  'Order Refunded': to('OrderRefunded'),
  'Order Adjusted': to('OrderAdjusted'),
  'Consent Changed': to('ConsentChanged'),
  'Store Visited': to('StoreVisited'),
  'Link Followed': to('LinkFollowed'),
  'Deep Link Opened': to('LinkFollowed'),
  'Deep Link Clicked': to('LinkFollowed'),
  'Email Sent': to('MessageSent', 'email'),
  'Email Delivered': to('MessageDelivered', 'email'),
  'Email Opened': to('MessageOpened', 'email'),
  'Email Link Clicked': to('MessageClicked', 'email'),
  'Email Bounced': to('MessageBounced', 'email'),
  'Email Marked as Spam': to('MessageComplained', 'email'),
  Unsubscribed: to('Unsubscribed', 'email'),
  'Push Notification Sent': to('MessageSent', 'push'),
  'Push Notification Received': to('MessageDelivered', 'push'),
  'Push Notification Tapped': to('MessageClicked', 'push'),
  'Push Notification Bounced': to('MessageBounced', 'push'),
  'SMS Sent': to('MessageSent', 'sms'),
  'SMS Delivered': to('MessageDelivered', 'sms'),
  'SMS Link Clicked': to('MessageClicked', 'sms'),
  'SMS Bounced': to('MessageBounced', 'sms'),
  'SMS Failed': to('MessageFailed', 'sms'),
  'SMS Unsubscribed': to('Unsubscribed', 'sms'),
};

const canonical = (name: string): string => name.trim().replaceAll(/[\s_-]+/g, ' ').toLowerCase();
const targets: ReadonlyMap<string, TrackTarget> = new Map(Object.entries(trackNames).map(([name, target]) => [canonical(name), target]));

/** The message for an event name, however its words are joined and cased (`order_completed`); undefined: it is Tracked. */
export const trackTarget = (name: string): TrackTarget | undefined => targets.get(canonical(name));
