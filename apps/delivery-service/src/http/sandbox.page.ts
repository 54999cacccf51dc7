import type { SandboxMessage } from '../sandbox.provider.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);

const STYLE = `
  * { box-sizing: border-box } body { margin: 0; font: 15px/1.45 system-ui, sans-serif; color: #1d2330; background: #f4f5f7 }
  header, main { padding: 20px max(16px, calc(50% - 430px)) } header { background: #fff; border-bottom: 1px solid #dde1e8 }
  h1 { margin: 0; font-size: 20px } header p { margin: 4px 0 12px; color: #5a6375 } nav { display: flex; gap: 8px; flex-wrap: wrap }
  a { color: #1b4fa8 } nav a { padding: 3px 12px; border: 1px solid #dde1e8; border-radius: 14px; text-decoration: none } nav a[aria-current] { background: #1b4fa8; color: #fff }
  main { display: grid; gap: 10px } main > * { min-width: 0 }
  .message { background: #fff; border: 1px solid #dde1e8; border-radius: 8px; overflow: hidden }
  .message > summary { display: flex; gap: 4px 12px; align-items: baseline; padding: 12px 16px; flex-wrap: wrap; cursor: pointer; list-style: none } .message > summary:hover { background: #f9fafb }
  .channel { font-size: 12px; font-weight: 600; padding: 2px 8px; border-radius: 10px; background: #e3edff; color: #1b4fa8 }
  .push .channel { background: #e4f6e9; color: #1f6b39 } .sms .channel { background: #fdf0da; color: #855400 }
  .title { font-weight: 600 } .to, time, .about { color: #5a6375; font-size: 13px; overflow-wrap: anywhere } time { margin-left: auto }
  .about, .body { padding: 10px 16px; border-top: 1px solid #eceff3; overflow-wrap: anywhere } .body { white-space: pre-wrap }
  iframe { display: block; width: 100%; height: 340px; border: 0; border-top: 1px solid #eceff3; background: #fff } .text > summary { padding: 8px 16px; border-top: 1px solid #eceff3; color: #5a6375; cursor: pointer }`;

const CHANNELS = ['email', 'push', 'sms'] as const;

/** Which messages the page shows, as its address says it. */
export type SandboxShown = Readonly<{ customerId?: string; channel?: string; limit: number; before?: string }>;

const addressOf = (shown: Partial<SandboxShown>): string => {
  const query = new URLSearchParams(Object.entries(shown).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]])));
  return escaped(query.size === 0 ? '/sandbox' : `/sandbox?${query}`);
};

const bodyOf = ({ channel, parts, link }: SandboxMessage): string => {
  const part = (name: string) => escaped(parts[name] ?? '');
  // A frame that is not in sight is not drawn: a page of many e-mails opens as fast as one of few.
  if (channel === 'email')
    return `<iframe sandbox="" loading="lazy" title="the e-mail as it would look" srcdoc="${part('html')}"></iframe><details class="text"><summary>as text</summary><div class="body">${part('text')}</div></details>`;
  return `<div class="body">${part(channel === 'push' ? 'body' : 'text')}${link ? `\n\nopens ${escaped(link)}` : ''}</div>`;
};

const messageOf = (message: SandboxMessage, open: boolean): string => {
  const { channel, to, parts, sentAt, commandId, customerId, calls } = message;
  const title = parts['subject'] ?? parts['title'] ?? parts['text'] ?? '';
  return `<details class="message ${escaped(channel)}"${open ? ' open' : ''}><summary><span class="channel">${escaped(channel)}</span><span class="title">${escaped(title)}</span><span class="to">${escaped(to)}</span>` +
    `<time datetime="${escaped(sentAt)}">${escaped(sentAt.slice(0, 19).replace('T', ' '))} UTC</time></summary>` +
    `<div class="about">customer <a href="${addressOf({ customerId })}">${escaped(customerId)}</a>, command ${escaped(commandId)}${calls > 1 ? `, handed over ${calls} times, carried once` : ''}</div>${bodyOf(message)}</details>`;
};

/** The page of what the sandbox would have sent: no script, everything escaped, e-mails in a frame that may do nothing. The newest stands open. */
export const sandboxPage = (messages: readonly SandboxMessage[], shown: SandboxShown): string => {
  const { limit, before, ...chosen } = shown;
  const channels = [undefined, ...CHANNELS].map((channel) =>
    `<a href="${addressOf({ ...(chosen.customerId && { customerId: chosen.customerId }), ...(channel && { channel }) })}"${channel === chosen.channel ? ' aria-current="true"' : ''}>${channel ?? 'all'}</a>`);
  const everyone = chosen.customerId ? `<a href="${addressOf({ ...(chosen.channel && { channel: chosen.channel }) })}">of every customer</a>` : '';
  const older = messages.length === limit ? `<nav><a href="${addressOf({ ...shown, before: messages.at(-1)!.sentAt })}">older</a></nav>` : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>Touchpoint sandbox</title><style>${STYLE}</style></head>
<body><header><h1>Sandbox</h1><p>What would have been sent${chosen.customerId ? ' to one customer' : ''}, newest first. ${messages.length === 0 ? (before ? 'Nothing older.' : 'Nothing yet.') : `${messages.length} shown.`}</p><nav>${channels.join('')}${everyone}</nav></header><main>
${messages.map((message, i) => messageOf(message, i === 0)).join('\n')}
${older}</main></body></html>`;
};
