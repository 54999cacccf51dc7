import { parsePart, renderPart, type Parsed } from './liquid.ts';
import { LINK, PARTS, type Json, type Rendered, type TemplateDocument } from './template.ts';

/** Longest rendered part, in characters. Push services refuse more than 4 KB in all. */
const MOST: Readonly<Record<string, number>> = { subject: 300, html: 500_000, text: 500_000, title: 200, body: 2_000, link: 1_000 };
const MOST_SMS = 1_600;
/** Parts of one line: what would break the line is a blank. It also keeps a variable from adding a header to an e-mail. */
const ONE_LINE = ['subject', 'title', 'link'];
/** A link that a mail program or the system would open: no script, no inline data. */
const LINK_FORM = /^(?!(?:javascript|data|vbscript|file|blob):)[a-z][a-z0-9+.-]*:\S+$/i;

export type RenderRejection = 'MESSAGING.TEMPLATE_FAILED' | 'MESSAGING.TOO_LARGE' | 'MESSAGING.LINK_REFUSED';
/** A message, or why there is none. `detail` names parts and variables, never a value. */
export type RenderResult = Readonly<{ message: Rendered }> | Readonly<{ rejected: RenderRejection; detail: string }>;

const parsed = new WeakMap<TemplateDocument, ReadonlyMap<string, Parsed>>();
const partsOf = (template: TemplateDocument): ReadonlyMap<string, Parsed> => {
  const known = parsed.get(template);
  if (known) return known;
  const fresh = new Map(Object.entries(template.parts).map(([part, text]) => [part, parsePart(part, text)] as const));
  parsed.set(template, fresh);
  return fresh;
};

export const isLink = (link: string): boolean => LINK_FORM.test(link);

/** Renders every part of a template. A variable that is not there is a rejection, not an empty place. A template document is parsed once. */
export const renderTemplate = (template: TemplateDocument, variables: Readonly<Record<string, Json>>, link: string | null): RenderResult => {
  if (link !== null && !isLink(link)) return { rejected: 'MESSAGING.LINK_REFUSED', detail: `template ${template.id}: the link is no absolute link` };
  const out: Record<string, string> = {};
  let part = 'parse';
  try {
    for (const [name, body] of partsOf(template)) {
      part = name;
      const text = renderPart(name, body, { ...variables, [LINK]: link });
      out[name] = ONE_LINE.includes(name) ? text.replace(/\s+/g, ' ').trim() : text.trim();
    }
  } catch (error) {
    return { rejected: 'MESSAGING.TEMPLATE_FAILED', detail: `template ${template.id}, part ${part}: ${error instanceof Error ? error.message.split('\n')[0]! : 'failed'}` };
  }
  const long = Object.keys(out).find((name) => out[name]!.length > (template.channel === 'sms' ? MOST_SMS : (MOST[name] ?? 0)));
  if (long) return { rejected: 'MESSAGING.TOO_LARGE', detail: `template ${template.id}, part ${long}` };
  if (out.link && !isLink(out.link)) return { rejected: 'MESSAGING.LINK_REFUSED', detail: `template ${template.id}: the part link is no absolute link` };
  return { message: shaped(template, out, link) };
};

const shaped = ({ id, channel }: TemplateDocument, out: Readonly<Record<string, string>>, link: string | null): Rendered => {
  const part = (name: string): string => {
    if (out[name] === undefined) throw new Error(`template ${id} has no part ${name}; published templates are checked to have ${PARTS[channel].join(', ')}`);
    return out[name];
  };
  switch (channel) {
    case 'email': return { channel, subject: part('subject'), html: part('html'), text: part('text') };
    case 'sms': return { channel, text: part('text') };
    case 'push': return { channel, title: part('title'), body: part('body'), link: out['link'] || link };
  }
};
