import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { Hardware, HardwareLogRecord, HardwareSensor } from '../../../shared/contract/hardware.ts';
import type { Machine } from '../../../shared/contract/machines.ts';
import { AgeLabel } from '../../components/AgeLabel.tsx';
import { Button } from '../../components/Button.tsx';
import { Chip } from '../../components/Chip.tsx';
import { CodeLine } from '../../components/CodeLine.tsx';
import { type Column, DataTable, type DataTableHandle, type Sorting } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FilterBox } from '../../components/FilterBox.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Kv } from '../../components/Kv.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Toolbar } from '../../components/Toolbar.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatDate, plural } from '../../format.ts';
import { hardwareRereadMs, hardwareStore } from '../../stores/hardware.ts';
import { useUserName } from '../machine/machine-view.ts';
import { winrmLine } from '../machine/remote-line.ts';
import { isOwnProblem, Skeleton } from '../machine/section.tsx';
import { useNarrow } from '../machine/use-media.ts';
import { SensorStrip } from './SensorStrip.tsx';
import { absenceWords, isOutOfRange, readingText, sensorRank, stateLook } from './sensor-words.ts';
import './hardware.css';

const noIds: ReadonlySet<string> = new Set();
const sensorId = ({ id }: HardwareSensor): string => id;
const sensorClass = (sensor: HardwareSensor): string =>
  sensor.state === 'critical' || sensor.state === 'fatal' ? 'crit' : sensor.state === 'non-critical' ? 'warn' : '';

/** Machine → Hardware: sensors with what is out of range first, the controller's event log, and what it says of the chassis. */
export function HardwareRoom({ machine }: { machine: Machine }) {
  const machineId = machine.id;
  useEffect(() => hardwareStore.watch(machineId), [machineId]);
  const view = useStore(
    hardwareStore.state,
    useCallback((all) => all[machineId], [machineId]),
  );
  const userName = useUserName(machine);
  const narrow = useNarrow();
  const [text, setText] = useState('');
  const [onlyOut, setOnlyOut] = useState(false);
  const [sorting, setSorting] = useState<Sorting>(null);
  const [selected, setSelected] = useState(noIds);
  const [inLog, setInLog] = useState(false);
  const handle = useRef<DataTableHandle>(null);
  const hardware = view?.hardware ?? null;
  const sensors = hardware?.sensors.value ?? [];
  const out = sensors.filter(isOutOfRange).length;
  const shown = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return (hardware?.sensors.value ?? []).filter(
      (sensor) =>
        (!onlyOut || isOutOfRange(sensor)) &&
        words.every((word) =>
          `${sensor.name} ${sensor.type} ${sensor.currentState ?? ''}`.toLowerCase().includes(word),
        ),
    );
  }, [hardware, text, onlyOut]);
  const columns = useMemo(() => sensorColumns(narrow), [narrow]);
  const command = winrmLine(
    'enumerate',
    [`cimv2/${inLog ? 'CIM_LogRecord' : 'CIM_NumericSensor'}`],
    machine.settings,
    userName,
  );
  const problem = view?.problem && isOwnProblem(view.problem, machine) ? view.problem : null;

  if (hardware === null || hardware.absence !== null) {
    return (
      <>
        <div className="room">
          <div className="room-main">
            <Instead machine={machine} hardware={hardware} problem={problem} reading={view?.reading ?? false} />
          </div>
        </div>
        <CodeLine command={command} />
      </>
    );
  }
  return (
    <>
      <div className="room hw" data-pane>
        <div className="room-main">
          <Toolbar
            label="Sensors"
            end={
              <>
                <Chip pressed={onlyOut} onPress={() => setOnlyOut(!onlyOut)}>
                  <Glyph name={out > 0 ? 'critical' : 'healthy'} size={11} label="" /> {out} out of range
                </Chip>
                <Chip>{plural(sensors.length, 'sensor')}</Chip>
                <FilterBox value={text} onChange={setText} onLeave={() => handle.current?.focus()} />
              </>
            }
          >
            <h2 className="h2">Sensors</h2>
            <Age machine={machine} readAt={hardware.readAt} />
          </Toolbar>
          {problem || hardware.sensors.problem ? (
            <div className="room-note">
              <ProblemBanner problem={(problem ?? hardware.sensors.problem)!} />
            </div>
          ) : null}
          <section className="hw-sensors" aria-label="All sensors" onFocus={() => setInLog(false)}>
            <DataTable
              label={`Sensors of ${machine.settings.name}`}
              rows={shown}
              columns={columns}
              rowId={sensorId}
              sorting={sorting}
              onSorting={setSorting}
              rank={sensorRank}
              selected={selected}
              onSelect={setSelected}
              selecting="list"
              rowClass={sensorClass}
              handle={handle}
              empty={
                <EmptyState title={sensors.length === 0 ? 'No sensors' : 'No sensor is like this'}>
                  {sensors.length === 0
                    ? 'The controller reports none, or could not be asked for them.'
                    : 'The filter leaves nothing of the list.'}
                </EmptyState>
              }
            />
          </section>
          <RecordLog machine={machine} hardware={hardware} onFocus={() => setInLog(true)} />
        </div>
        <FactsPane hardware={hardware} sensors={sensors.filter((sensor) => selected.has(sensor.id))} />
      </div>
      <CodeLine command={command} />
    </>
  );
}

function Age({ machine, readAt }: { machine: Machine; readAt: number }) {
  const now = useNow(4000);
  if (machine.state === 'online' && now - readAt < hardwareRereadMs * 1.5) return null;
  return <AgeLabel readAt={readAt} />;
}

function sensorColumns(narrow: boolean): readonly Column<HardwareSensor>[] {
  const columns: (Column<HardwareSensor> | null)[] = [
    {
      id: 'name',
      title: 'Sensor',
      width: 170,
      grow: 2,
      sortBy: ({ name }) => name,
      cell: (sensor) => <span className={`name ell ${isOutOfRange(sensor) ? 'b6' : ''} t1`}>{sensor.name}</span>,
    },
    {
      id: 'reading',
      title: 'Reading',
      width: 110,
      align: 'right',
      className: 'num',
      sortBy: ({ reading }) => reading,
      cell: (sensor) => <span className={isOutOfRange(sensor) ? 'b6 t1' : 't1'}>{readingText(sensor)}</span>,
    },
    {
      id: 'range',
      title: 'Range',
      width: 180,
      cell: (sensor) => <SensorStrip sensor={sensor} />,
    },
    {
      id: 'state',
      title: 'State',
      width: 190,
      grow: 1,
      sortBy: sensorRank,
      cell: (sensor) => {
        const look = stateLook[sensor.state];
        const own = sensor.currentState;
        return (
          <span className="row g8">
            <Glyph name={look.glyph} size={11} label="" />
            <span className={`ell ${isOutOfRange(sensor) ? 'b6 t1' : ''}`}>
              {sensor.isDiscrete ? (own ?? look.words) : look.words}
              {!sensor.isDiscrete && own !== null && isOutOfRange(sensor) ? (
                <span className="t2 hw-own"> {own}</span>
              ) : null}
            </span>
          </span>
        );
      },
    },
    narrow
      ? null
      : { id: 'type', title: 'Type', width: 140, plain: true, sortBy: ({ type }) => type, cell: ({ type }) => type },
  ];
  return columns.filter((column) => column !== null);
}

const recordId = ({ id, at }: HardwareLogRecord): string => `${id} ${at}`;
const recordColumns: readonly Column<HardwareLogRecord>[] = [
  {
    id: 'at',
    title: 'Time',
    width: 160,
    className: 'num',
    plain: true,
    sortBy: ({ at }) => at,
    descendingFirst: true,
    cell: ({ at }) => formatDate(at),
  },
  {
    id: 'event',
    title: 'Event',
    width: 90,
    cell: ({ asserted }) =>
      asserted === null ? '' : <span className={asserted ? 't1' : 't3'}>{asserted ? 'began' : 'ended'}</span>,
  },
  {
    id: 'text',
    title: 'What',
    width: 220,
    grow: 3,
    sortBy: ({ text }) => text,
    cell: ({ text }) => <span className="t1 ell">{text}</span>,
  },
  {
    id: 'type',
    title: 'Sensor type',
    width: 130,
    plain: true,
    sortBy: ({ sensorType }) => sensorType,
    cell: ({ sensorType }) => sensorType ?? '–',
  },
  {
    id: 'id',
    title: 'Record',
    width: 70,
    align: 'right',
    className: 'num',
    plain: true,
    sortBy: ({ id }) => id,
    cell: ({ id }) => id,
  },
];

function RecordLog({ machine, hardware, onFocus }: { machine: Machine; hardware: Hardware; onFocus: () => void }) {
  const [sorting, setSorting] = useState<Sorting>(null);
  const [selected, setSelected] = useState(noIds);
  const records = hardware.records.value ?? [];
  const log = hardware.log.value;
  const full =
    log?.records != null && log.most != null && log.most > 0 ? Math.round((log.records / log.most) * 100) : null;
  const problem = hardware.records.problem ?? hardware.log.problem;
  return (
    <section className="hw-log" aria-label="Event log of the controller" onFocus={onFocus}>
      <div className="hw-head">
        <h2 className="h2">Event log</h2>
        <span className="t3 num">
          {plural(records.length, 'record')}
          {hardware.recordsCutOff ? ', older ones not read' : ''}
          {full === null ? '' : ` · ${full} % of ${log?.most}`}
        </span>
        {full !== null && full >= 90 ? (
          <span className="row g8 warn-text">
            <Glyph name="warning" size={11} label="" /> Nearly full: what comes next may be lost
          </span>
        ) : null}
      </div>
      {problem ? (
        <div className="room-note">
          <ProblemBanner problem={problem} />
        </div>
      ) : (
        <DataTable
          label={`Event log of ${machine.settings.name}`}
          rows={records}
          columns={recordColumns}
          rowId={recordId}
          sorting={sorting}
          onSorting={setSorting}
          selected={selected}
          onSelect={setSelected}
          selecting="list"
          empty={<EmptyState title="The log is empty">Nothing has been recorded, or somebody cleared it.</EmptyState>}
        />
      )}
    </section>
  );
}

function FactsPane({ hardware, sensors }: { hardware: Hardware; sensors: readonly HardwareSensor[] }) {
  const facts = hardware.facts.value;
  const [sensor] = sensors;
  return (
    <aside className="hw-pane" aria-label="Chassis and controller">
      {sensor && sensors.length === 1 ? (
        <>
          <h2 className="h2">{sensor.name}</h2>
          <Kv rows={sensorFacts(sensor)} />
        </>
      ) : null}
      <h2 className="h2">Chassis</h2>
      {hardware.facts.problem ? <ProblemBanner problem={hardware.facts.problem} /> : null}
      {facts === null || facts.chassis.length === 0 ? (
        <p className="t3">Nothing is said of it.</p>
      ) : (
        <Kv rows={facts.chassis} />
      )}
      <h2 className="h2">Controller</h2>
      {facts === null || facts.controller.length === 0 ? (
        <p className="t3">Nothing is said of it.</p>
      ) : (
        <Kv rows={facts.controller} />
      )}
    </aside>
  );
}

function sensorFacts(sensor: HardwareSensor): readonly (readonly [string, string])[] {
  const limit = (label: string, value: number | null) =>
    value === null ? [] : [[label, readingText(sensor, value)] as const];
  return [
    ['Reading', readingText(sensor)],
    ['Says', sensor.currentState ?? '–'],
    ...limit('Upper non-recoverable', sensor.upper.fatal),
    ...limit('Upper critical', sensor.upper.critical),
    ...limit('Upper warning', sensor.upper.nonCritical),
    ...limit('Lower warning', sensor.lower.nonCritical),
    ...limit('Lower critical', sensor.lower.critical),
    ...limit('Lower non-recoverable', sensor.lower.fatal),
    ['DeviceID', sensor.id],
  ];
}

/** Instead of sensors: being read, refused, no controller, or never known. */
function Instead(props: {
  machine: Machine;
  hardware: Hardware | null;
  problem: NonNullable<ReturnType<typeof hardwareStore.state.getState>[string]>['problem'];
  reading: boolean;
}) {
  const { machine, hardware, problem } = props;
  const again = <Button onClick={() => hardwareStore.refresh(machine.id)}>Read again</Button>;
  if (problem !== null) {
    return (
      <div className="room-note">
        <ProblemBanner problem={problem} actions={again} />
      </div>
    );
  }
  if (hardware?.absence) {
    const { title, text, todo } = absenceWords[hardware.absence];
    const said = hardware.why?.fault?.message ?? null;
    return (
      <EmptyState title={title} actions={again}>
        <span className="hw-line">{text}</span>
        <span className="hw-line">{todo}</span>
        {said === null ? null : (
          <span className="hw-line t3">
            The machine said: {said}
            {hardware.why?.technical ? <span className="mono"> {hardware.why.technical}</span> : null}
          </span>
        )}
      </EmptyState>
    );
  }
  if (machine.state === 'online' || machine.state === 'connecting' || machine.state === 'unknown') {
    return <Skeleton className="room-skeleton" label="The hardware is being read" lines={14} />;
  }
  return (
    <EmptyState title="Not known yet">
      Sensors and event log of {machine.settings.name} are read as soon as it answers.
    </EmptyState>
  );
}
