import type { Ref } from 'react';
import { processKeyText, type WindowsProcess } from '../../../shared/contract/processes.ts';
import { CopyButton } from '../../components/CodeLine.tsx';
import { Kv } from '../../components/Kv.tsx';
import { formatBytes, formatCount, formatDate, plural } from '../../format.ts';
import type { MachineProcesses } from '../../stores/processes.ts';
import { SidePane } from '../machine/SidePane.tsx';
import { descendantsOf, parentsOf, vitalPart } from './process-view.ts';

interface ProcessPaneProps {
  readonly view: MachineProcesses;
  readonly selected: readonly WindowsProcess[];
  readonly body: Ref<HTMLDivElement>;
  readonly onGo: (key: string) => void;
  readonly onClose: () => void;
}

/** One process in full, or what several come to. */
export function ProcessPane({ view, selected, body, onGo, onClose }: ProcessPaneProps) {
  const [only] = selected;
  const title =
    selected.length === 1 && only
      ? only.name
      : selected.length > 1
        ? plural(selected.length, 'process', 'processes')
        : 'Details';
  return (
    <SidePane label="Details of the selection" title={title} body={body} onClose={onClose}>
      {selected.length === 1 && only ? (
        <One key={processKeyText(only)} process={only} view={view} onGo={onGo} />
      ) : (
        <Sum view={view} selected={selected} />
      )}
    </SidePane>
  );
}

function Sum({ view, selected }: { view: MachineProcesses; selected: readonly WindowsProcess[] }) {
  const all = selected.length > 0 ? selected : [...(view.processes?.values() ?? [])];
  if (all.length === 0) return null;
  // The idle process has what nobody uses.
  const busy = all.filter(({ processId }) => processId !== 0);
  const cpu = busy.reduce((sum, { cpuPercent }) => sum + (cpuPercent ?? 0), 0);
  const memory = all.reduce((sum, { workingSetBytes }) => sum + (workingSetBytes ?? 0n), 0n);
  return (
    <>
      {selected.length === 0 ? <p className="t2">Select a process to see what it is and what it started.</p> : null}
      <Kv
        rows={[
          ['Processes', formatCount(all.length)],
          ['CPU', `${cpu.toFixed(1)} %`],
          ['Memory', formatBytes(memory)],
          ['Threads', formatCount(all.reduce((sum, { threads }) => sum + (threads ?? 0), 0))],
          ['Handles', formatCount(all.reduce((sum, { handles }) => sum + (handles ?? 0), 0))],
        ]}
      />
      <p className="t3 pr-note">{cpuWords(view)}</p>
    </>
  );
}

/** Which share it is, and where it comes from. */
export function cpuWords({ cpuSource, logicalProcessors }: MachineProcesses): string {
  const of =
    logicalProcessors === null
      ? 'one logical processor, since the machine has not said how many it has'
      : logicalProcessors === 1
        ? 'its one logical processor'
        : `all ${logicalProcessors} logical processors together`;
  const from =
    cpuSource === 'times'
      ? 'from kernel and user time over the clock of this computer, because the machine offers no counters of processes'
      : 'from its raw performance counters';
  return `CPU is the share of ${of}, over the last two seconds, ${from}.`;
}

function One(props: { process: WindowsProcess; view: MachineProcesses; onGo: (key: string) => void }) {
  const { process, view, onGo } = props;
  const all = view.processes ?? new Map<string, WindowsProcess>();
  const key = processKeyText(process);
  const parentKey = parentsOf(all).get(key) ?? null;
  const parent = parentKey === null ? undefined : all.get(parentKey);
  const descendants = descendantsOf(all, new Set([key]));
  const owner = view.owners.get(key);
  const part = vitalPart(process);
  return (
    <>
      {part === null ? null : <p className="t2">Windows needs it: {part}.</p>}
      <Kv
        rows={[
          ['PID', String(process.processId)],
          [
            'Parent',
            parent && parentKey !== null ? (
              <button key="parent" type="button" className="pr-link" onClick={() => onGo(parentKey)}>
                {parent.name} ({parent.processId})
              </button>
            ) : process.parentProcessId === null ? (
              '–'
            ) : (
              `${process.parentProcessId}, gone`
            ),
          ],
          ['Owner', owner?.kind === 'known' ? owner.name : owner?.kind === 'withheld' ? owner.why : '–'],
          ['Started', formatDate(process.createdAt)],
          ['Session', process.sessionId === null ? '–' : String(process.sessionId)],
          ['CPU', process.cpuPercent === null ? '–' : `${process.cpuPercent.toFixed(1)} %`],
          ['Memory', `${formatBytes(process.workingSetBytes)}, private ${formatBytes(process.privateBytes)}`],
          ['Threads', process.threads === null ? '–' : formatCount(process.threads)],
          ['Handles', process.handles === null ? '–' : formatCount(process.handles)],
        ]}
      />
      <h3 className="h2">Command line</h3>
      {process.commandLine === null ? (
        <p className="t3">The machine does not tell it.</p>
      ) : (
        <>
          <p className="mono pr-command">{process.commandLine}</p>
          <CopyButton text={process.commandLine} label="Copy the command line" kind="plain" />
        </>
      )}
      <h3 className="h2">Started by it</h3>
      {descendants.length === 0 ? (
        <p className="t3">Nothing that is still there</p>
      ) : (
        <ul className="pr-list">
          {descendants.slice(0, 30).map((each) => (
            <li key={processKeyText(each)}>
              <button type="button" className="pr-link ell" onClick={() => onGo(processKeyText(each))}>
                {each.name}
              </button>
              <span className="num t3">{each.processId}</span>
            </li>
          ))}
          {descendants.length > 30 ? <li className="t3">and {descendants.length - 30} more</li> : null}
        </ul>
      )}
    </>
  );
}
