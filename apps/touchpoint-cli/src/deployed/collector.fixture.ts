import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Value = { stringValue?: string; intValue?: string | number; boolValue?: boolean };
type Attributes = readonly { key: string; value: Value }[];
/** A span as a collector has it: of which app and process, in which trace, under which parent, with all that its attributes say. */
export type Collected = Readonly<{ app: string; pid: string; traceId: string; spanId: string; parentSpanId: string | undefined; name: string; kind: number; attributes: Readonly<Record<string, string>>; failed: boolean }>;
type Posted = { resourceSpans: { resource: { attributes: Attributes }; scopeSpans: { spans: { traceId: string; spanId: string; parentSpanId?: string; name: string; kind: number; attributes: Attributes; status?: { code?: number } }[] }[] }[] };

const plain = (attributes: Attributes): Readonly<Record<string, string>> => Object.fromEntries(attributes.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue ?? value.boolValue)]));

/** A collector of traces in this process: what apps post to it as OTLP in JSON. `texts`: every post as it came. */
export const startCollector = async () => {
  const [spans, texts]: [Collected[], string[]] = [[], []];
  const server = createServer((request, answer) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('end', () => {
      texts.push(text);
      for (const { resource, scopeSpans } of (JSON.parse(text) as Posted).resourceSpans) {
        const of = plain(resource.attributes);
        for (const { traceId, spanId, parentSpanId, name, kind, attributes, status } of scopeSpans.flatMap(({ spans: some }) => some))
          spans.push({ app: of['service.name']!, pid: of['process.pid']!, traceId, spanId, parentSpanId, name, kind, attributes: plain(attributes), failed: status?.code === 2 });
      }
      answer.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, texts,
    close: () => { server.closeAllConnections(); server.close(); },
  };
};
