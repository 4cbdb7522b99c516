import {
  ArrowDownRegular,
  ArrowExportLtrRegular,
  ArrowUpRegular,
  ChevronRightRegular,
  DismissRegular,
} from '@fluentui/react-icons';
import { Fragment, type ReactNode, useMemo, useState } from 'react';
import type { TraceExchange } from '../../../shared/contract/trace.ts';
import { layOutXml, xmlText } from '../../../shared/xml-lines.ts';
import { IconButton } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CodeLine.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Tabs } from '../../components/Tabs.tsx';
import { formatBytes, formatCount, plural } from '../../format.ts';
import type { OpenedExchange } from '../../stores/trace.ts';
import { Skeleton } from '../machine/section.tsx';
import { HttpLegs } from './HttpLegs.tsx';
import { TimingBar } from './TraceCells.tsx';
import { phases, phaseText, protectionWords } from './trace-view.ts';
import { XmlView } from './XmlView.tsx';

type Part = 'both' | 'request' | 'response' | 'http';
/** The same for every exchange, until another is chosen. */
let lastPart: Part = 'both';

/** One exchange: where its time went, both messages, its HTTP round trips, and what it went through. */
export function TracePane(props: { opened: OpenedExchange; onClose: () => void; onSave: () => void }) {
  const { exchange, problem } = props.opened;
  const [part, setPart] = useState(lastPart);
  lastPart = part;
  return (
    <aside
      className="tr-pane"
      aria-label="The exchange"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        event.preventDefault();
        props.onClose();
      }}
    >
      {problem !== null ? (
        <div className="room-note">
          <ProblemBanner problem={problem} />
        </div>
      ) : exchange === null ? (
        <Skeleton className="room-skeleton" label="The exchange is being read" lines={8} />
      ) : (
        <Exchange exchange={exchange} part={part} onPart={setPart} onClose={props.onClose} onSave={props.onSave} />
      )}
    </aside>
  );
}

function Exchange(props: {
  exchange: TraceExchange;
  part: Part;
  onPart: (part: Part) => void;
  onClose: () => void;
  onSave: () => void;
}) {
  const { exchange, part } = props;
  const request = useMemo(() => layOutXml(exchange.request ?? ''), [exchange]);
  const response = useMemo(() => layOutXml(exchange.response ?? ''), [exchange]);
  const copied = `${xmlText(request)}\n\n${xmlText(response)}\n`;
  return (
    <>
      <header className="tr-head">
        <h2 className="ell">
          {exchange.action} <span className="t3">{exchange.resource}</span>
        </h2>
        <CopyButton text={copied} label="Copy" />
        <IconButton name="Save this exchange" icon={<ArrowExportLtrRegular />} onClick={props.onSave} />
        <IconButton name="Close" keys="Esc" icon={<DismissRegular />} onClick={props.onClose} />
      </header>
      <div className="tr-timing">
        <TimingBar timings={exchange.timings} full={exchange.milliseconds} large />
        <dl>
          {phases.map(([phase, word]) => (
            <div key={phase}>
              <dt className="t3">
                <i className={`tr-${phase}`} aria-hidden="true" />
                {word}
              </dt>
              <dd className="num">{phaseText(exchange, phase)}</dd>
            </div>
          ))}
          <div>
            <dt className="t3">Total</dt>
            <dd className="num">{exchange.milliseconds.toFixed(1)} ms</dd>
          </div>
        </dl>
      </div>
      {exchange.error !== null && (
        <p className="tr-error">
          <Glyph name="critical" size={12} label="Failed" /> <b>{exchange.errorName}</b> {exchange.error}
        </p>
      )}
      <div className="tr-tabs">
        <Tabs
          label="Parts of the exchange"
          tabs={[
            { id: 'both', name: 'Both' },
            { id: 'request', name: 'Request' },
            { id: 'response', name: 'Response' },
            { id: 'http', name: `HTTP ${exchange.legs.length}` },
          ]}
          current={part}
          prefix="tr"
          onOpen={props.onPart}
        />
      </div>
      <div className="tr-parts" id="tr-room" role="tabpanel" aria-labelledby={`tr-tab-${part}`}>
        {(part === 'both' || part === 'request') && (
          <Message
            title="Request"
            icon={<ArrowUpRegular fontSize={14} aria-hidden="true" />}
            facts={`${formatBytes(exchange.bytesSent)} · ${protectionWords(exchange)}`}
            absent="Nothing was sent."
            text={exchange.request}
            cut={exchange.requestCut}
          >
            <XmlView label="Request" lines={request} />
          </Message>
        )}
        {(part === 'both' || part === 'response') && (
          <Message
            title="Response"
            icon={<ArrowDownRegular fontSize={14} aria-hidden="true" />}
            facts={`${exchange.httpStatus ?? 'no status'} · ${formatBytes(exchange.bytesReceived)}${exchange.sealed ? ' · unsealed, signature good' : ''}`}
            absent="No message came back."
            text={exchange.response}
            cut={exchange.responseCut}
          >
            <XmlView label="Response" lines={response} />
          </Message>
        )}
        {part === 'http' && <HttpLegs legs={exchange.legs} />}
      </div>
      <Layers exchange={exchange} />
    </>
  );
}

function Message(props: {
  title: string;
  icon: ReactNode;
  facts: string;
  absent: string;
  text: string | null;
  cut: number;
  children: ReactNode;
}) {
  return (
    <section className="tr-message" aria-label={props.title}>
      <h3>
        {props.icon} {props.title} <span className="t3 num">{props.facts}</span>
        {props.cut > 0 && <span className="c-warn"> · {formatCount(props.cut)} characters more are not kept</span>}
      </h3>
      {props.text === null ? <p className="tr-absent t3">{props.absent}</p> : props.children}
    </section>
  );
}

/** From the network inwards. What is inferred is called so. */
function Layers({ exchange }: { exchange: TraceExchange }) {
  const { passed, answered, because } = exchange.layers;
  return (
    <footer className="tr-layers" title={`Inferred: ${because}`}>
      {passed.length === 0 ? (
        <span className="t3">{because}</span>
      ) : (
        <>
          {passed.map((layer, index) => (
            <Fragment key={layer}>
              {index > 0 && <ChevronRightRegular fontSize={11} aria-hidden="true" />}
              <span className={layer === answered ? 't1 b5' : 't3'}>{layer}</span>
            </Fragment>
          ))}
          <span className="tag">inferred</span>
          <span className="visually-hidden">{because}</span>
        </>
      )}
      <span className="spacer" />
      <span className="t3 nowrap">{plural(exchange.roundTrips, 'round trip')}</span>
    </footer>
  );
}
