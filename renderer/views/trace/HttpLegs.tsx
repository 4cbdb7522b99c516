import type { TraceHeaders, TraceLeg } from '../../../shared/contract/trace.ts';
import { formatBytes, formatCount } from '../../format.ts';
import { msText } from './trace-view.ts';

/** The HTTP round trips of an exchange: signing in, then the request itself. Bodies are what the other parts show. */
export function HttpLegs({ legs }: { legs: readonly TraceLeg[] }) {
  if (legs.length === 0) return <p className="tr-absent t3">It did not come to an HTTP request.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className="tr-legs tr-xml" tabIndex={0} aria-label="HTTP round trips">
      {legs.map((leg, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a leg has no other name than its place
        <section key={index}>
          <h3>
            {formatCount(index + 1)} of {formatCount(legs.length)}{' '}
            <span className="t3 num">
              {leg.status ?? 'no answer'} · {msText(leg.milliseconds)} ms
            </span>
          </h3>
          <pre className="mono">
            <b>{leg.requestLine}</b>
            {'\n'}
            <Lines headers={leg.requestHeaders} />
            <span className="t3">
              {leg.requestBytes === 0 ? 'no body' : `body of ${formatBytes(leg.requestBytes)}`}
            </span>
          </pre>
          <pre className="mono">
            <b>{leg.status === null ? 'No answer' : `HTTP/1.1 ${leg.status}`}</b>
            {'\n'}
            <Lines headers={leg.responseHeaders} />
            {leg.status !== null && (
              <span className="t3">
                {leg.responseBytes === 0 ? 'no body' : `body of ${formatBytes(leg.responseBytes)}`}
              </span>
            )}
          </pre>
        </section>
      ))}
    </section>
  );
}

const Lines = ({ headers }: { headers: TraceHeaders }) =>
  headers.map(([name, value], index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: headers may be repeated, and never move
    <span key={index}>
      <span className="x-attribute">{name}</span>: {value}
      {'\n'}
    </span>
  ));
