import { Sparkline } from '../../components/Sparkline.tsx';
import { formatPercent } from '../../format.ts';
import { historySpanMs } from '../../stores/history.ts';
import { memoryPercent, overviewStore } from '../../stores/overview.ts';
import { useSection } from './section.tsx';

/** CPU and memory beside the tabs, where the overview is not in sight: what a stop or a start does to the machine is seen at once. */
export function Vitals({ machineId }: { machineId: string }) {
  const cpu = useSection(machineId, 'cpu');
  const memory = useSection(machineId, 'memory');
  if (!cpu.live && !memory.live) return null;
  return (
    <div className="mp-vitals num">
      <span className="t3">CPU</span>
      <span className="t1">{formatPercent(cpu.value?.totalPercent)}</span>
      <Sparkline series="cpu" stale={!cpu.live} values={recent(machineId, 'cpu')} />
      <span className="t3">Memory</span>
      <span className="t1">{formatPercent(memory.value === null ? null : memoryPercent(memory.value))}</span>
      <Sparkline series="memory" stale={!memory.live} values={recent(machineId, 'memory')} />
    </div>
  );
}

const points = 60;

/** The newest readings, thinned out to what 64 pixels can show; a gap stays one. */
function recent(machineId: string, chart: 'cpu' | 'memory'): readonly (number | null)[] {
  const [column = []] = overviewStore.history(machineId, chart).columns(Date.now() - historySpanMs).series;
  if (column.length <= points) return column;
  const step = column.length / points;
  return Array.from({ length: points }, (_, index) => column[Math.floor((index + 1) * step) - 1] ?? null);
}
