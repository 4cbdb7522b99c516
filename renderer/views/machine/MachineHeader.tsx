import { Popover, PopoverSurface, PopoverTrigger } from '@fluentui/react-components';
import {
  ArrowClockwiseRegular,
  ArrowSyncRegular,
  EditRegular,
  LockClosedFilled,
  PowerRegular,
  StethoscopeRegular,
  WindowConsoleRegular,
} from '@fluentui/react-icons';
import type { ReactElement } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { SourceBadge } from '../../components/SourceBadge.tsx';
import { useNow } from '../../components/useNow.ts';
import { setName } from '../../credential-words.ts';
import { formatAge, formatDuration, formatTime, shortOs } from '../../format.ts';
import { deniedWord, machineHealth } from '../../machine-health.ts';
import { securityWarning, securityWords } from '../../security-words.ts';
import { useCredentials } from '../../stores/credentials.ts';
import type { PowerActionName } from '../../stores/power.ts';
import { diagnoseMachine } from '../diagnose/diagnose-machine.ts';
import { ConnectionDetails } from './ConnectionDetails.tsx';
import { buildOf, isProduction, nameParts, usePowerRun } from './machine-view.ts';
import { useNarrow } from './use-media.ts';

interface MachineHeaderProps {
  readonly machine: Machine;
  readonly onShell: () => void;
  readonly onPower: (action: PowerActionName) => void;
  readonly onRefresh: () => void;
  readonly onEdit: () => void;
}

/** Who it is, how it stands, how the connection is protected, and what can be done to the machine as a whole. */
export function MachineHeader({ machine, onShell, onPower, onRefresh, onEdit }: MachineHeaderProps) {
  const [name, suffix] = nameParts(machine);
  const health = machineHealth(machine);
  const run = usePowerRun(machine.id);
  const followed = run !== undefined && run.stage !== 'ended';
  const canAsk = machine.state === 'online' && !followed;
  const why = followed ? 'It is being followed' : canAsk ? undefined : `${name} does not answer now`;
  return (
    <header className="mp-head">
      {isProduction(machine) && <span className="mp-env">Production</span>}
      <div className="mp-title">
        <Glyph name={health.glyph} size={14} label={health.word} />
        <h1 className="h1 name ell" title={name + suffix}>
          {name}
          <span className="mp-suffix">{suffix}</span>
        </h1>
      </div>
      <div className="mp-meta num">
        <Os machine={machine} />
        <Standing machine={machine} />
      </div>
      <div className="mp-actions">
        <Button icon={<WindowConsoleRegular />} title="Open a shell (Ctrl+`)" onClick={onShell}>
          Shell
        </Button>
        <span className="vr" aria-hidden="true" />
        <WideButton
          icon={<ArrowSyncRegular />}
          label="Restart…"
          disabled={!canAsk}
          title={why}
          onClick={() => onPower('restart')}
        />
        <WideButton
          icon={<PowerRegular />}
          label="Shut down…"
          disabled={!canAsk}
          title={why}
          onClick={() => onPower('shut-down')}
        />
        <WideButton
          icon={<StethoscopeRegular />}
          label="Diagnose"
          disabled={false}
          title="Why does it not work, layer by layer (F8)"
          onClick={() => diagnoseMachine(machine.id)}
        />
        <span className="vr" aria-hidden="true" />
        <IconButton name="Settings of the machine" keys="F2" icon={<EditRegular />} onClick={onEdit} />
        <IconButton name="Read everything now" keys="F5" icon={<ArrowClockwiseRegular />} onClick={onRefresh} />
      </div>
    </header>
  );
}

/** With its word where there is room. Stays focusable while it cannot be used, so that the focus has a place to return to. */
function WideButton(props: {
  icon: ReactElement;
  label: string;
  disabled: boolean;
  title: string | undefined;
  onClick: () => void;
}) {
  const narrow = useNarrow();
  const { label, title, disabled, ...rest } = props;
  if (narrow) {
    return (
      <IconButton
        name={label}
        {...(title === undefined ? {} : { keys: title })}
        disabledFocusable={disabled}
        {...rest}
      />
    );
  }
  return (
    <Button kind="ghost" title={title} disabledFocusable={disabled} {...rest}>
      {label}
    </Button>
  );
}

function Os({ machine }: { machine: Machine }) {
  const { facts } = machine;
  if (facts?.osCaption == null) return null;
  const build = buildOf(facts.osVersion);
  return (
    <span className="mp-system" title={facts.osCaption}>
      {shortOs(facts.osCaption)}
      {build === null ? '' : ` · ${build}`}
    </span>
  );
}

/** Uptime and protection of a machine that answers; since when and why not, of one that does not. */
function Standing({ machine }: { machine: Machine }) {
  const now = useNow(1000);
  const { state, facts, security, settings } = machine;
  const address = `${settings.transport} ${settings.port}`;
  const last = machine.lastSeenAt === null ? 'never answered' : `last answer ${sinceWords(machine.lastSeenAt, now)}`;
  // An attempt in between begins the state anew; it has been away since it last answered.
  const away = formatAge(now - Math.min(machine.stateSinceAt, machine.lastSeenAt ?? machine.stateSinceAt));
  const age = formatAge(now - machine.stateSinceAt);
  switch (state) {
    case 'online':
      return (
        <>
          {facts?.lastBootAt == null ? null : (
            <span className="mp-system">Up {formatDuration(now - facts.lastBootAt)}</span>
          )}
          {security === null ? (
            <span>{address}</span>
          ) : (
            <Protection machine={machine} security={security} address={address} />
          )}
          {machine.credential.source === 'none' ? null : <CredentialWords machine={machine} />}
        </>
      );
    case 'unreachable':
      return (
        <>
          <span className="mp-system">Uptime unknown</span>
          <span className="c-crit">
            Unreachable for {away} · {last}
          </span>
        </>
      );
    case 'denied':
      return (
        <span className="c-crit">
          {deniedWord(machine)} · {last}
        </span>
      );
    case 'untrusted':
      return <span className="c-crit">Certificate not trusted, nothing was sent · {last}</span>;
    case 'failing':
      return <span className="c-crit">Answers, but not as WS-Management should · {last}</span>;
    case 'restarting':
      return <span className="c-acc">Restarting for {age}</span>;
    default:
      return <span>{state === 'connecting' ? 'Connecting…' : 'Not asked yet'}</span>;
  }
}

/** Which set signs in, and whether it is the machine's own. */
function CredentialWords({ machine }: { machine: Machine }) {
  const name = useCredentials((state) => setName(state.sets, machine.credential.id));
  return (
    <span className="row g6 mp-credential">
      <span className="ell">{name}</span>
      <SourceBadge credential={machine.credential} />
    </span>
  );
}

/** In one line; behind it, the whole. */
function Protection({
  machine,
  security,
  address,
}: {
  machine: Machine;
  security: NonNullable<Machine['security']>;
  address: string;
}) {
  const now = useNow(60_000);
  const warning = securityWarning(security, now);
  const clear = security.protection === null;
  return (
    <Popover positioning="below-start">
      <PopoverTrigger disableButtonEnhancement>
        <button
          type="button"
          className={`mp-security${warning === null ? '' : ' c-warn'}`}
          title={warning ?? 'How the connection is protected'}
        >
          {warning === null ? (
            <LockClosedFilled className="c-ok" fontSize={12} aria-hidden="true" />
          ) : (
            <Glyph name="warning" size={11} label={warning} />
          )}
          <span className="ell">
            {clear ? `${security.mechanism} · not encrypted` : `${securityWords(security)} · encrypted`} · {address}
          </span>
        </button>
      </PopoverTrigger>
      {/* Beside the page, not instead of it: nothing is trapped or hidden. It takes the focus itself, since nothing in it does. */}
      <PopoverSurface
        role="dialog"
        tabIndex={-1}
        className="mp-connection"
        aria-label={`Connection to ${machine.settings.name}`}
      >
        <ConnectionDetails machine={machine} />
      </PopoverSurface>
    </Popover>
  );
}

/** A clock time today, else how long ago. */
const sinceWords = (at: number, now: number): string =>
  now - at < 12 * 3_600_000 ? formatTime(at) : `${formatAge(now - at)} ago`;
