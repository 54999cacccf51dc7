/** The channels that a template can be for, and the parts that each has. `?` is a part that may be left out. */
export const PARTS = {
  email: ['subject', 'html', 'text'],
  sms: ['text'],
  push: ['title', 'body', 'link?'],
} as const;
export type TemplateChannel = keyof typeof PARTS;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** A value that the sender gives. An `optional` one may be null; the template asks with `{% if name %}`. */
export type TemplateVariable = Readonly<{ doc: string; example: Json; optional?: boolean }>;

/** A message's text, as it is published: Liquid, part by part. Nothing personal stands in it or in its variables. */
export type TemplateDocument = Readonly<{
  id: string;
  channel: TemplateChannel;
  name: string;
  variables: Readonly<Record<string, TemplateVariable>>;
  parts: Readonly<Record<string, string>>;
}>;

/** The one variable that every template has: the link or deep link that the message leads to (null: none). */
export const LINK = 'link';

/** A message, ready for a provider. */
export type Rendered =
  | Readonly<{ channel: 'email'; subject: string; html: string; text: string }>
  | Readonly<{ channel: 'sms'; text: string }>
  | Readonly<{ channel: 'push'; title: string; body: string; link: string | null }>;
