import type { Machine } from '../../../shared/contract/machines.ts';
import type { CertificateInfo, CertificateProblem, TrustFailure } from '../../../shared/contract/problem.ts';
import { Button } from '../../components/Button.tsx';
import { Banner, ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useNow } from '../../components/useNow.ts';
import { secretWord } from '../../credential-words.ts';
import { formatAge, formatDay } from '../../format.ts';
import { accountAccepted } from '../../machine-health.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { diagnoseMachine } from '../diagnose/diagnose-machine.ts';
import { nameParts } from './machine-view.ts';

interface MachineBannerProps {
  readonly machine: Machine;
  readonly onTryNow: () => void;
  readonly onEdit: () => void;
  /** The settings with a test running, to look at the certificate. */
  readonly onInspect: () => void;
}

/** Why a machine does not serve, and what to do. Nothing for one that does. */
export function MachineBanner({ machine, onTryNow, onEdit, onInspect }: MachineBannerProps) {
  const { state, problem } = machine;
  const [name] = nameParts(machine);
  const diagnose = <Button onClick={() => diagnoseMachine(machine.id)}>Diagnose</Button>;
  const tryNow = (
    <>
      {diagnose}
      <Button onClick={onTryNow}>Try now</Button>
      <NextAttempt at={machine.nextAttemptAt} />
    </>
  );
  switch (state) {
    case 'unreachable':
    case 'failing':
      return (
        <ProblemBanner
          problem={
            problem ?? {
              code: state === 'failing' ? 'protocol-error' : 'unreachable',
              message: `${name} does not answer on ${machine.settings.transport} ${machine.settings.port}.`,
              advice: [],
              retryable: true,
            }
          }
          actions={
            <>
              {tryNow}
              <Button kind="ghost" onClick={onEdit}>
                Address and port…
              </Button>
            </>
          }
        />
      );
    case 'denied':
      return <SignInStop machine={machine} name={name} onTryNow={onTryNow} onEdit={onEdit} />;
    case 'untrusted':
      return problem?.certificate ? (
        <CertificateStop name={name} certificate={problem.certificate} onInspect={onInspect} onTryNow={onTryNow} />
      ) : problem ? (
        <ProblemBanner
          problem={problem}
          actions={
            <>
              <Button kind="primary" onClick={onInspect}>
                Look at the certificate…
              </Button>
              {tryNow}
            </>
          }
        />
      ) : null;
    default:
      // Online, but something of the session went wrong: said once, here.
      return state === 'online' && problem ? <ProblemBanner problem={problem} actions={tryNow} /> : null;
  }
}

/** Refused, or not even tried: what is to be done is about the credential set, which many machines may share. */
function SignInStop({ machine, name, onTryNow, onEdit }: Omit<MachineBannerProps, 'onInspect'> & { name: string }) {
  const set = useCredentials((state) => state.sets.find((each) => each.id === machine.credential.id));
  const accepted = accountAccepted(machine);
  const change = <Button onClick={onEdit}>Change the credential…</Button>;
  const diagnose = (
    <Button kind="ghost" onClick={() => diagnoseMachine(machine.id)}>
      Diagnose
    </Button>
  );
  return (
    <ProblemBanner
      problem={
        machine.problem ?? {
          code: 'authentication-failed',
          message: `${name} did not accept the sign-in.`,
          advice: [],
          retryable: false,
        }
      }
      actions={
        set?.kept === 'locked' ? (
          <>
            <Button kind="primary" onClick={() => openDialog({ kind: 'unlock-vault' })}>
              Unlock…
            </Button>
            {change}
            {diagnose}
          </>
        ) : set === undefined || accepted || set.kind === 'signed-in-user' ? (
          <>
            <Button kind="primary" onClick={onEdit}>
              Change the credential…
            </Button>
            <Button onClick={onTryNow}>Try now</Button>
            {diagnose}
            <NextAttempt
              at={machine.nextAttemptAt}
              none={accepted ? 'not tried again by itself' : 'not tried again by itself: that could lock the account'}
            />
          </>
        ) : (
          <>
            <Button kind="primary" onClick={() => openDialog({ kind: 'credential', credentialId: set.id })}>
              {set.kept === 'missing' ? 'Give' : 'Change'} the {secretWord(set.kind)} of {set.name}…
            </Button>
            {change}
            <Button onClick={onTryNow}>Try now</Button>
            {diagnose}
            <NextAttempt at={machine.nextAttemptAt} none="not tried again by itself: that could lock the account" />
          </>
        )
      }
    />
  );
}

/** Counts down in words; ticks by itself, so that nothing around it renders. */
function NextAttempt({ at, none }: { at: number | null; none?: string }) {
  const now = useNow(1000);
  if (at === null) return none === undefined ? null : <span className="t3 mp-attempt">{none}</span>;
  const left = at - now;
  return (
    // Inside an alert, but not news every second.
    <span className="t3 mp-attempt num" role="timer" aria-live="off">
      {left > 1000 ? `next attempt in ${formatAge(left)}` : 'trying now'}
    </span>
  );
}

const failureWords: Readonly<Record<TrustFailure, string>> = {
  'pin-changed': 'It is not the certificate that you confirmed for this machine.',
  'unknown-authority': 'Its issuer is not known to this computer.',
  'wrong-name': 'It is made out to another name than the one Windeck connects to.',
  expired: 'It has expired.',
  'not-yet-valid': 'It is not valid yet.',
  unreadable: 'It cannot be read.',
};

/** A hard stop before the first byte: both thumbprints beside each other, and the one way on. */
function CertificateStop(props: {
  name: string;
  certificate: CertificateProblem;
  onInspect: () => void;
  onTryNow: () => void;
}) {
  const { name, certificate } = props;
  const leaf = certificate.chain[0];
  const changed = certificate.failures.includes('pin-changed');
  return (
    <Banner
      tint="crit"
      glyph="critical"
      actions={
        <>
          <Button kind="primary" onClick={props.onInspect}>
            {changed ? 'Compare and decide…' : 'Look at the certificate…'}
          </Button>
          <Button onClick={props.onTryNow}>Try now</Button>
        </>
      }
    >
      <div role="alert">
        <b>
          {changed
            ? `The certificate of ${name} has changed. Windeck stopped before sending anything.`
            : `The certificate of ${name} is not trusted. Windeck stopped before sending anything.`}
        </b>{' '}
        {changed
          ? 'Either it was renewed, or something else answers in its place. Ask whoever runs the machine, compare the thumbprints, and only then confirm the new one in its settings.'
          : certificate.failures.map((failure) => failureWords[failure]).join(' ')}
      </div>
      <dl className="mp-prints">
        {certificate.pinned === null ? null : (
          <>
            <dt>Confirmed</dt>
            <dd className="mono">{spaced(certificate.pinned)}</dd>
          </>
        )}
        {leaf === undefined ? null : (
          <>
            <dt>Presented</dt>
            <dd className="mono">{spaced(leaf.sha256)}</dd>
            <dt>Made out to</dt>
            <dd>{describe(leaf)}</dd>
          </>
        )}
      </dl>
    </Banner>
  );
}

/** Thumbprints are compared by eye: in groups of eight. */
const spaced = (sha256: string): string => sha256.replace(/(.{8})(?=.)/g, '$1 ');

const describe = (leaf: CertificateInfo): string =>
  `${leaf.names.join(', ') || leaf.subject}, ${
    leaf.selfSigned ? 'signed by itself' : `by ${leaf.issuer}`
  }, valid ${formatDay(leaf.validFromAt)} to ${formatDay(leaf.validToAt)}`;
