import type { Account } from '../authentication/accounts.ts';
import { type CimRow, defineClass } from '../cim-class.ts';
import { LabFault } from '../faults.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { LabEvent, LabEventLog } from '../world/event-logs.ts';
import { dateTime } from './operating-system.ts';
import type { Provider } from './provider.ts';

/** The classic event logs as WMI has them. Channels of manifests are not among them, as on Windows. */

const keyOf = ({ path }: LabEventLog): string => path.replace('%SystemRoot%', 'C:\\Windows').toLowerCase();

export const eventLogFileProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_NTEventlogFile',
    keys: ['Name'],
    bases: ['CIM_DataFile', 'CIM_LogicalFile'],
    properties: {
      Archive: 'boolean',
      Caption: 'string',
      Extension: 'string',
      FileName: 'string',
      FileSize: 'uint64',
      LastModified: 'datetime',
      LogfileName: 'string',
      MaxFileSize: 'uint32',
      Name: 'string',
      NumberOfRecords: 'uint32',
      OverwriteOutDated: 'uint32',
      OverWritePolicy: 'string',
      Sources: 'string[]',
      Status: 'string',
    },
  }),
  instances: (machine) =>
    machine.eventLogs
      .all()
      .filter(({ isClassic }) => isClassic)
      .map((log): CimRow => {
        const last = log.events.at(-1);
        return {
          Archive: true,
          Caption: keyOf(log),
          Extension: 'evtx',
          FileName: log.name.toLowerCase(),
          FileSize: BigInt(Math.ceil(((log.events.length * 620) / 65_536 + 1) * 65_536)),
          LastModified: last ? dateTime(machine, last.at) : null,
          LogfileName: log.name,
          MaxFileSize: log.maxBytes,
          Name: keyOf(log),
          NumberOfRecords: log.events.length,
          OverwriteOutDated: 0,
          OverWritePolicy: 'WhenNeeded',
          Sources: [...new Set(log.events.map(({ provider }) => provider))].sort(),
          Status: 'OK',
        };
      }),
};

/** EventType and its word. WMI has no critical level: those are errors there. */
function typeOf({ level, audit }: LabEvent): readonly [number, string] {
  if (audit === 'success') return [4, 'Audit Success'];
  if (audit === 'failure') return [5, 'Audit Failure'];
  return level <= 2 && level > 0 ? [1, 'Error'] : level === 3 ? [2, 'Warning'] : [3, 'Information'];
}

function toRow(machine: SimulatedMachine, event: LabEvent): CimRow {
  const [eventType, type] = typeOf(event);
  // Whole seconds, as the WMI provider has them.
  const at = dateTime(machine, Math.floor(event.at / 1000) * 1000);
  return {
    Category: event.task,
    CategoryString: event.taskName,
    ComputerName: `${machine.plan.name}.${machine.plan.domain}`,
    EventCode: event.eventId,
    EventIdentifier: event.eventId,
    EventType: eventType,
    InsertionStrings: event.data.length === 0 ? null : event.data.map(([, value]) => value),
    Logfile: event.channel,
    Message: event.message.replaceAll('\n', '\r\n'),
    RecordNumber: event.recordId,
    SourceName: event.provider,
    TimeGenerated: at,
    TimeWritten: at,
    Type: type,
    User: event.userName,
  };
}

export const eventProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_NTLogEvent',
    keys: ['Logfile', 'RecordNumber'],
    properties: {
      Category: 'uint16',
      CategoryString: 'string',
      ComputerName: 'string',
      Data: 'uint8[]',
      EventCode: 'uint16',
      EventIdentifier: 'uint32',
      EventType: 'uint8',
      InsertionStrings: 'string[]',
      Logfile: 'string',
      Message: 'string',
      RecordNumber: 'uint32',
      SourceName: 'string',
      TimeGenerated: 'datetime',
      TimeWritten: 'datetime',
      Type: 'string',
      User: 'string',
    },
  }),
  *instances(machine, reader, queryText) {
    for (const log of machine.eventLogs.all()) {
      if (!log.isClassic) continue;
      if (isHidden(log, reader)) {
        // Asked for by name it is refused; otherwise it is just not there.
        if (new RegExp(`logfile\\s*=\\s*['"]${log.name}['"]`, 'i').test(queryText ?? '')) {
          throw new LabFault(accessDenied, { providerText: 'Access denied ' });
        }
        continue;
      }
      // Newest first, as the provider of Windows reads them.
      for (let at = log.events.length - 1; at >= 0; at--) yield toRow(machine, log.events[at]!);
    }
  },
};

/** ERROR_WSMAN_WMI_PROVIDER_ACCESS_DENIED. */
const accessDenied = 2150859013;
const isHidden = (log: LabEventLog, reader: Account | undefined): boolean =>
  log.isRestricted && reader !== undefined && !reader.isAdministrator;
