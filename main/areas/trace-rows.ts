/** Kept exchanges in the words of the contract: made when somebody looks, not when they are kept. */
import type { TraceExchange, TraceRow } from '../../shared/contract/trace.ts';
import { actions, className, ns } from '../wsman/index.ts';
import { layersOf } from './trace-layers.ts';
import type { KeptExchange } from './trace-ring.ts';

/** Far enough into a request for its headers. */
const headLength = 4096;

/** `mask`: once more when it is shown, for secrets that became known after it was kept. */
export function rowOf(kept: KeptExchange, mask: (text: string) => string): TraceRow {
  const { exchange } = kept;
  return {
    id: kept.id,
    startedAt: exchange.startedAt,
    milliseconds: exchange.milliseconds,
    action: actionWords(exchange.action, exchange.resourceUri),
    resource: mask(resourceWords(exchange.resourceUri, textOf(kept.request?.subarray(0, headLength) ?? null) ?? '')),
    httpStatus: exchange.httpStatus,
    failed: exchange.error !== null,
    error: exchange.error === null ? null : mask(exchange.error.message),
    bytesSent: exchange.bytesSent,
    bytesReceived: exchange.bytesReceived,
    timings: exchange.timings,
    roundTrips: exchange.roundTrips,
  };
}

export function exchangeOf(kept: KeptExchange, mask: (text: string) => string): TraceExchange {
  const { exchange } = kept;
  const response = masked(textOf(kept.response), mask);
  const { legs, resourceUri, action, httpStatus } = exchange;
  const server = legs.at(-1)?.responseHeaders.find(([name]) => name === 'server')?.[1] ?? null;
  return {
    ...rowOf(kept, mask),
    host: exchange.host,
    port: exchange.port,
    actionUri: mask(action),
    resourceUri: masked(resourceUri, mask),
    request: masked(textOf(kept.request), mask),
    response,
    requestCut: kept.requestCut,
    responseCut: kept.responseCut,
    sealed: exchange.sealed,
    mechanism: exchange.mechanism,
    protection: exchange.protection,
    legs: legs.map((leg) => ({
      ...leg,
      requestHeaders: leg.requestHeaders.map(([name, value]) => [name, mask(value)] as const),
      responseHeaders: leg.responseHeaders.map(([name, value]) => [name, mask(value)] as const),
    })),
    contents: exchange.contents,
    errorName: exchange.error?.name ?? null,
    layers: layersOf({ resourceUri, action, response, httpStatus, server }),
  };
}

function masked(text: string | null, mask: (text: string) => string): string | null {
  return text === null ? null : mask(text);
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** `Get`; `Invoke StopService` where the action is one of the class's own methods. */
export function actionWords(action: string, resourceUri: string | null): string {
  if (action === actions.identify) return 'Identify';
  const last = className(action);
  if (resourceUri !== null && action.startsWith(`${resourceUri}/`) && !action.startsWith(`${ns.shell}/`))
    return `Invoke ${last}`;
  return last === '' ? action : last;
}

/** `Win32_Service?Name=Spooler`, `winrm/config/listener?Address=*+Transport=HTTP`, `root/hardware/CIM_NumericSensor`. */
export function resourceWords(resourceUri: string | null, requestHead: string): string {
  if (resourceUri === null) return '';
  const wmi = /^http:\/\/schemas\.microsoft\.com\/wbem\/wsman\/1\/wmi\/(.*)$/i.exec(resourceUri)?.[1];
  const config = /^http:\/\/schemas\.microsoft\.com\/wbem\/wsman\/1\/config(.*)$/i.exec(resourceUri)?.[1];
  const short =
    wmi !== undefined
      ? wmi.replace(/^root\/cimv2\//i, '')
      : config !== undefined
        ? `winrm/config${config}`
        : resourceUri
            .replace(/^http:\/\/schemas\.microsoft\.com\/wbem\/wsman\/1\/windows\//i, '')
            .replace(/^http:\/\/schemas\./i, '');
  const selectors = [...requestHead.matchAll(/<(?:[\w.-]+:)?Selector\s+Name\s*=\s*"([^"]*)"[^<>]*>([^<]*)</g)]
    .filter(([, name]) => name !== '__cimnamespace')
    .map(([, name, value]) => `${name}=${unescaped(value ?? '')}`);
  const filter = /<(?:[\w.-]+:)?Filter\b[^<>]*>([^<]{1,300})</.exec(requestHead)?.[1];
  if (filter !== undefined && short.endsWith('*')) return unescaped(filter).trim();
  return selectors.length === 0 ? short : `${short}?${selectors.join('+')}`;
}

function unescaped(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, '&');
}
