import { describe, expect, it } from '@jest/globals';
import type { CustomerId } from '@touchpoint/kernel';
import type { SandboxMessage } from '../sandbox.provider.ts';
import { sandboxPage } from './sandbox.page.ts';

const mail = (n: number, more: Partial<SandboxMessage> = {}): SandboxMessage => ({
  commandId: `command-${n}`, customerId: '6f1c0c3e-0000-4000-8000-000000000001' as CustomerId, channel: 'email', sentAt: `2026-05-01T10:00:0${n}.000Z`, calls: 1, to: `ada${n}@example.com`,
  parts: { subject: `Order ${n}`, html: '<p title="x">Ada</p>', text: 'Ada' }, link: null, ...more,
});

describe('the page of the sandbox', () => {
  it('shows the newest open, and the others closed', () => {
    expect(sandboxPage([mail(2), mail(1)], { limit: 50 }).match(/<details class="message email"( open)?>/g)).toEqual(['<details class="message email" open>', '<details class="message email">']);
  });
  it('escapes all that comes from templates and addresses', () => {
    const page = sandboxPage([mail(1, { to: '"><script>', parts: { subject: '<script>', html: '<script>alert("1")</script>', text: '<script>' } }), mail(2, { channel: 'push', parts: { title: '<script>', body: "<script>'" }, link: 'app://<script>' })], { limit: 50 });
    expect(page).not.toContain('<script');
    expect(page).toContain('srcdoc="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"');
  });
  it('links to the channels, to one customer, and to what is older where there may be more', () => {
    const page = sandboxPage([mail(2), mail(1)], { limit: 2, channel: 'email' });
    expect(page).toContain('<a href="/sandbox?channel=email" aria-current="true">email</a>');
    expect(page).toContain('<a href="/sandbox?customerId=6f1c0c3e-0000-4000-8000-000000000001">');
    expect(page).toContain('<a href="/sandbox?limit=2&amp;channel=email&amp;before=2026-05-01T10%3A00%3A01.000Z">older</a>');
    expect(sandboxPage([mail(1)], { limit: 2 })).not.toContain('older');
  });
  it('says that nothing was sent', () => {
    expect(sandboxPage([], { limit: 50 })).toContain('Nothing yet.');
  });
});
