import { ns } from '../wsman/namespaces.ts';
import { escapeXml } from '../wsman/xml.ts';
import { keywordsOf } from './event-query.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import type { LabEvent } from './world/event-logs.ts';

/** One record as its own document (MS-EVEN6 2.2.13); rendered it has the words of its publisher behind it. */
export function writeEvent(machine: SimulatedMachine, event: LabEvent, isRendered: boolean): string {
  const { level, audit } = event;
  const keywords = `0x${keywordsOf(audit).toString(16)}`;
  const user = event.userSid === null ? '' : ` UserID="${event.userSid}"`;
  const data = event.data
    .map(([name, value]) => `<Data${name === '' ? '' : ` Name="${escapeXml(name)}"`}>${escapeXml(value)}</Data>`)
    .join('');
  const rendering = isRendered
    ? `<RenderingInfo Culture="en-US"><Message>${escapeXml(event.message)}</Message><Level>${levelNames[level] ?? 'Information'}</Level>` +
      `<Task>${escapeXml(event.taskName ?? '')}</Task><Opcode>Info</Opcode><Channel></Channel><Provider></Provider><Keywords>` +
      `${audit === null ? '' : `<Keyword>Audit ${audit === 'failure' ? 'Failure' : 'Success'}</Keyword>`}</Keywords></RenderingInfo>`
    : '';
  return (
    `<Event xmlns="${ns.event}"><System><Provider Name="${escapeXml(event.provider)}"/><EventID>${event.eventId}</EventID>` +
    `<Version>0</Version><Level>${level}</Level><Task>${event.task}</Task><Opcode>0</Opcode><Keywords>${keywords}</Keywords>` +
    `<TimeCreated SystemTime="${systemTime(event.at)}"/><EventRecordID>${event.recordId}</EventRecordID><Correlation/>` +
    `<Execution ProcessID="${audit === null ? 0 : 640}" ThreadID="0"/><Channel>${escapeXml(event.channel)}</Channel>` +
    `<Computer>${escapeXml(`${machine.plan.name}.${machine.plan.domain}`)}</Computer><Security${user}/></System>` +
    `<EventData>${data}</EventData>${rendering}</Event>`
  );
}

const levelNames: Readonly<Record<number, string>> = {
  1: 'Critical',
  2: 'Error',
  3: 'Warning',
  4: 'Information',
  5: 'Verbose',
};

/** With a hundred nanoseconds, as Windows has them. */
const systemTime = (at: number): string => new Date(Math.floor(at)).toISOString().replace('Z', '0000Z');
