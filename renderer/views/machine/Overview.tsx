import { useStore } from 'zustand';
import type { Machine } from '../../../shared/contract/machines.ts';
import { CodeLine } from '../../components/CodeLine.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { overviewStore } from '../../stores/overview.ts';
import { useUserName } from './machine-view.ts';
import { CpuSection, DiskActivitySection, MemorySection, NetworkSection } from './OverviewCharts.tsx';
import { DisksSection, ProcessesSection } from './OverviewLists.tsx';
import { OverviewSide } from './OverviewSide.tsx';
import { winrmLine } from './remote-line.ts';
import { isNeverRead } from './section.tsx';
import './overview.css';

export interface SectionProps {
  readonly machine: Machine;
  readonly onEdit: () => void;
}

/** The machine at a glance. Every section stands for itself: one that is refused or late never holds up its neighbours. */
export function Overview({ machine, onEdit }: SectionProps) {
  const problem = useStore(overviewStore.state, (all) => all[machine.id]?.problem ?? null);
  const neverRead = useStore(overviewStore.state, (all) => isNeverRead(all[machine.id]?.sections, machine));
  const userName = useUserName(machine);
  const props = { machine, onEdit };
  // Where the console is away, the frame says so; where the machine is, the banner does.
  const own = problem !== null && problem.code !== 'disconnected' && machine.state === 'online' ? problem : null;
  return (
    <>
      {neverRead ? (
        <p className="ov-never">
          Nothing has been read from {machine.settings.name} yet. Its overview appears here when it answers.
        </p>
      ) : (
        <div className="ov">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
          <section className="ov-main" aria-label={`Overview of ${machine.settings.name}`} tabIndex={0}>
            {own && (
              <div className="ov-own-problem">
                <ProblemBanner problem={own} />
              </div>
            )}
            <CpuSection {...props} />
            <MemorySection {...props} />
            <div className="ov-pair">
              <NetworkSection {...props} />
              <DiskActivitySection {...props} />
            </div>
            <div className="ov-pair last">
              <ProcessesSection {...props} />
              <DisksSection {...props} />
            </div>
          </section>
          <OverviewSide {...props} />
        </div>
      )}
      <CodeLine
        command={
          machine.state === 'online'
            ? winrmLine('get', ['wmicimv2/Win32_OperatingSystem'], machine.settings, userName)
            : winrmLine('id', ['-auth:none'], { ...machine.settings, signIn: 'negotiate' }, null)
        }
      />
    </>
  );
}
