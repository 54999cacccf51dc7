import type { SandboxMessage } from '../sandbox.provider.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);

const STYLE = `
  body { margin: 0; font: 15px/1.45 system-ui, sans-serif; color: #1d2330; background: #f4f5f7 }
  header { padding: 20px 24px; background: #fff; border-bottom: 1px solid #dde1e8 }
  h1 { margin: 0; font-size: 20px } header p { margin: 4px 0 0; color: #5a6375 }
  main { display: grid; gap: 16px; padding: 24px; max-width: 860px }
  article { background: #fff; border: 1px solid #dde1e8; border-radius: 8px; overflow: hidden }
  .head { display: flex; gap: 12px; align-items: baseline; padding: 12px 16px; border-bottom: 1px solid #eceff3; flex-wrap: wrap }
  .channel { font-size: 12px; font-weight: 600; padding: 2px 8px; border-radius: 10px; background: #e3edff; color: #1b4fa8 }
  .push .channel { background: #e4f6e9; color: #1f6b39 } .sms .channel { background: #fdf0da; color: #855400 }
  .to { font-weight: 600 } time, .id { color: #5a6375; font-size: 13px } .id { margin-left: auto; font-family: ui-monospace, monospace }
  .body { padding: 12px 16px; white-space: pre-wrap } .body strong { display: block } iframe { width: 100%; height: 320px; border: 0; background: #fff }
  details { border-top: 1px solid #eceff3; padding: 8px 16px; color: #5a6375 } a { color: #1b4fa8 }`;

const bodyOf = ({ channel, parts, link }: SandboxMessage): string => {
  const part = (name: string) => escaped(parts[name] ?? '');
  const target = link ? `<div>opens ${escaped(link)}</div>` : '';
  if (channel === 'email')
    return `<div class="body"><strong>${part('subject')}</strong></div><iframe sandbox="" title="the e-mail as it would look" srcdoc="${part('html')}"></iframe><details><summary>as text</summary><div class="body">${part('text')}</div></details>`;
  if (channel === 'push') return `<div class="body"><strong>${part('title')}</strong>${part('body')}${target}</div>`;
  return `<div class="body">${part('text')}</div>`;
};

/** The page of what the sandbox would have sent: no script, everything escaped, e-mails in a frame that may do nothing. */
export const sandboxPage = (messages: readonly SandboxMessage[]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Touchpoint sandbox</title><style>${STYLE}</style></head>
<body><header><h1>Sandbox</h1><p>What would have been sent, newest first. ${messages.length === 0 ? 'Nothing yet.' : `${messages.length} shown.`}
Narrow it with <code>?customerId=</code>, <code>?channel=email</code>, <code>?limit=</code>.</p></header><main>
${messages.map((message) => `<article class="${escaped(message.channel)}"><div class="head"><span class="channel">${escaped(message.channel)}</span><span class="to">${escaped(message.to)}</span><time>${escaped(message.sentAt)}</time>${message.calls > 1 ? `<span>handed over ${message.calls} times, carried once</span>` : ''}<span class="id">${escaped(message.commandId)}</span></div>${bodyOf(message)}</article>`).join('\n')}
</main></body></html>`;
