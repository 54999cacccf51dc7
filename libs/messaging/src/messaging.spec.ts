import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { renderTemplate } from './render.ts';
import { checkTemplate } from './template-check.ts';
import { templateFromFiles } from './template-files.ts';
import type { Json, TemplateDocument } from './template.ts';

const email = (html: string, variables: TemplateDocument['variables'] = {}, more: Partial<Record<'subject' | 'text', string>> = {}): TemplateDocument => ({
  id: 'mail', channel: 'email', name: 'Mail', variables, parts: { subject: 'Hello', text: 'Hello', html, ...more },
});
const sms = (text: string): TemplateDocument => ({ id: 'sms', channel: 'sms', name: 'SMS', variables: {}, parts: { text } });
const rendered = (template: TemplateDocument, variables: Record<string, Json> = {}, link: string | null = null) => {
  const result = renderTemplate(template, variables, link);
  if ('rejected' in result) throw new Error(`${result.rejected}: ${result.detail}`);
  return result.message;
};
const name = { name: { doc: 'A name.', example: 'x' } };

describe('rendering', () => {
  it('escapes HTML, and only HTML', () =>
    expect(rendered(email('<p title="{{ name }}">{{ name }}</p>', name, { text: '{{ name }}', subject: '{{ name }}' }), { name: `<b>"A" & 'B'</b>` })).toEqual({
      channel: 'email',
      subject: `<b>"A" & 'B'</b>`,
      text: `<b>"A" & 'B'</b>`,
      html: '<p title="&lt;b&gt;&#34;A&#34; &amp; &#39;B&#39;&lt;/b&gt;">&lt;b&gt;&#34;A&#34; &amp; &#39;B&#39;&lt;/b&gt;</p>',
    }));
  it('rejects a missing variable, also inside a condition, and names it without a value', () => {
    for (const html of ['{{ nobody }}', '{% if nobody %}x{% endif %}', '{{ name.first }}', '{{ name.constructor }}'])
      expect(renderTemplate(email(html, name), { name: 'secret' }, null)).toEqual({ rejected: 'MESSAGING.TEMPLATE_FAILED', detail: expect.stringMatching(/^(?!.*secret).*part html: undefined variable/) });
  });
  it('keeps a subject on one line, so that no variable adds a header', () => expect(rendered(email('x', name, { subject: 'Hi {{ name }}' }), { name: 'A\r\nBcc: b@c.d' })).toMatchObject({ subject: 'Hi A Bcc: b@c.d' }));
  it('writes dates in UTC and reads no clock', () => {
    expect(rendered(sms('{{ "2026-01-31T23:30:00-02:00" | date: "%-d %B %Y %H:%M" }}'))).toEqual({ channel: 'sms', text: '1 February 2026 01:30' });
    expect(renderTemplate(sms('{{ "now" | date: "%Y" }}'), {}, null)).toMatchObject({ rejected: 'MESSAGING.TEMPLATE_FAILED' });
  });
  it('writes money exactly, with the places of its currency', () => {
    const total = (amount: Json, currency: Json) => renderTemplate({ ...sms('{{ amount | money: currency }}'), variables: {} }, { amount, currency }, null);
    expect(total('12345678901234567.1', 'EUR')).toEqual({ message: { channel: 'sms', text: 'EUR 12,345,678,901,234,567.10' } });
    expect(total('-1200', 'JPY')).toEqual({ message: { channel: 'sms', text: '-JPY 1,200' } });
    expect(total(1.5, 'EUR')).toMatchObject({ rejected: 'MESSAGING.TEMPLATE_FAILED' });
    expect(total('1.5', null)).toMatchObject({ rejected: 'MESSAGING.TEMPLATE_FAILED' });
  });
  it.each(['{% include "x" %}', '{% render "x" %}', '{% layout "x" %}', '{{ "a" | raw }}', '{{ "a,b" | split: "," | sample }}', '{% for i in (1..100000000) %}x{% endfor %}', '{{ "a" | nofilter }}', '{% if %}'])('refuses %s', (html) =>
    expect(renderTemplate(email(html), {}, null)).toMatchObject({ rejected: 'MESSAGING.TEMPLATE_FAILED' }));
  it('refuses what is too large', () => expect(renderTemplate(sms('x'.repeat(1_601)), {}, null)).toEqual({ rejected: 'MESSAGING.TOO_LARGE', detail: 'template sms, part text' }));
  it.each(['javascript:alert(1)', 'data:text/html,x', '/path', 'https://a b', 'JavaScript:x'])('refuses the link %s', (link) => expect(renderTemplate(sms('x'), {}, link)).toMatchObject({ rejected: 'MESSAGING.LINK_REFUSED' }));
  it('gives a push its link', () => {
    const push = (parts: Record<string, string>): TemplateDocument => ({ id: 'p', channel: 'push', name: 'Push', variables: {}, parts: { title: 'T', body: 'B', ...parts } });
    expect(rendered(push({}), {}, 'shop://new')).toEqual({ channel: 'push', title: 'T', body: 'B', link: 'shop://new' });
    expect(rendered(push({ link: '{{ link }}?from=push' }), {}, 'shop://new')).toMatchObject({ link: 'shop://new?from=push' });
    expect(renderTemplate(push({ link: 'javascript:x' }), {}, null)).toMatchObject({ rejected: 'MESSAGING.LINK_REFUSED' });
  });
});

describe('checking a template', () => {
  it.each<[TemplateDocument, string, RegExp]>([
    [email('{{ nobody }}'), '/parts/html', /nobody.*declare/],
    [email('x', name), '/variables/name', /used in no part/],
    [email('{% if %}'), '/parts/html', /.+/],
    [email('{{ name | raw }}', name), '/parts/html', /raw/],
    [email('{% include "x" %}'), '/parts/html', /include/],
    [email('<a href="{{ name }}">', name), '/parts/html', /link/],
    [email('{{ link }}', { link: { doc: '', example: 'x' } }), '/variables/link', /always there/],
    [email('{{ name }}', { name: { doc: '', example: null } }), '/variables/name/example', /optional/],
    [email('{{ name | date: "%Y" }}', { name: { doc: '', example: '2026-01-31', optional: true } }), '/parts', /optional ones/],
    [{ ...sms('x'), parts: {} }, '/parts/text', /needs this part/],
    [{ ...sms('x'), parts: { text: 'x', html: 'y' } }, '/parts/html', /has the parts text/],
  ])('finds what is wrong in %j', (template, path, message) => expect(checkTemplate(template)).toEqual([{ path, message: expect.stringMatching(message) }]));
  it('finds nothing in a good one', () => expect(checkTemplate(email('<a href="{{ link }}">{{ name }}</a>', name))).toEqual([]));
});

describe('the templates that ship', () => {
  const root = new URL('../../../templates/', import.meta.url);
  it.each(readdirSync(root))('%s is in order', (folder) => {
    const files = Object.fromEntries(readdirSync(new URL(`${folder}/`, root)).map((file) => [file, readFileSync(new URL(`${folder}/${file}`, root), 'utf8')]));
    const read = templateFromFiles(files);
    expect(read).not.toHaveProperty('issues');
    if (!('template' in read)) return;
    expect(read.template.id).toBe(folder);
    expect(checkTemplate(read.template)).toEqual([]);
    const examples = Object.fromEntries(Object.entries(read.template.variables).map(([variable, { example }]) => [variable, example]));
    expect(rendered(read.template, examples, 'https://example.com/x')).toMatchSnapshot();
  });
});

describe('a folder that holds no template', () => {
  it('tells what is missing', () => expect(templateFromFiles({})).toEqual({ issues: [{ path: '/template.json', message: expect.stringContaining('missing') }] }));
  it('tells every fault at once', () =>
    expect(templateFromFiles({ 'template.json': JSON.stringify({ id: 'No Id', channel: 'fax', name: '', variables: { x: {} }, more: 1 }), 'body.txt': '' })).toEqual({
      issues: ['more', 'id', 'channel', 'name', 'variables/x'].map((key) => ({ path: `/template.json#/${key}`, message: expect.any(String) })).concat([{ path: '/body.txt', message: expect.stringContaining('body.liquid') }]),
    }));
});
