import { DeleteRegular, EditRegular } from '@fluentui/react-icons';
import { useId } from 'react';
import type { CredentialSet } from '../../../shared/contract/credentials.ts';
import { Button } from '../../components/Button.tsx';
import { Glyph, type GlyphName } from '../../components/Glyph.tsx';
import { useNow } from '../../components/useNow.ts';
import { expiryOf, keptWords, kindWords, secretIs, secretWord } from '../../credential-words.ts';
import { plural } from '../../format.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { useMachineFilter } from '../../stores/machine-filter.ts';
import { openMachines } from '../../stores/router.ts';
import { ExpiryWords } from './CertificateFacts.tsx';
import { RefusalWords } from './RefusalWords.tsx';
import { RetryButton } from './RetryButton.tsx';

/** One set. What stands in its way is a second line in its tint, with the next step. */
export function SetRow({ set, users }: { set: CredentialSet; users: number }) {
  const now = useNow(60_000);
  const nameId = useId();
  const glyph = glyphOf(set, now);
  const edit = () => openDialog({ kind: 'credential', credentialId: set.id });
  const wanting = set.kept === 'missing' || set.kept === 'locked';
  return (
    <li className={set.refusal !== null ? 'refused' : wanting ? 'wanting' : ''} data-set={set.name}>
      <div className="credential-line">
        <Glyph name={glyph.name} label={glyph.label} />
        <span className="credential-name">
          <span id={nameId} className="b5 ell name" title={set.name}>
            {set.name}
          </span>
          <span className="t3 ell" title={detailOf(set)}>
            {detailOf(set)}
          </span>
        </span>
        <span className={set.kept === 'missing' || set.kept === 'locked' ? 'c-warn' : 't2'}>{keptPhrase(set)}</span>
        <span>
          {users === 0 ? (
            <span className="t3">not used</span>
          ) : (
            <button
              type="button"
              className="link-button"
              title="Show them in the list"
              onClick={() => {
                useMachineFilter.setState({ group: 'all', text: `credential:"${set.name}"` });
                openMachines();
              }}
            >
              for {plural(users, 'machine')}
            </button>
          )}
        </span>
        <span className="credential-expiry">
          {set.certificate === null ? null : <ExpiryWords validToAt={set.certificate.validToAt} />}
        </span>
        <Button kind="ghost" icon={<EditRegular />} aria-describedby={nameId} onClick={edit}>
          Edit…
        </Button>
        <Button
          kind="ghost"
          icon={<DeleteRegular />}
          aria-describedby={nameId}
          onClick={() => openDialog({ kind: 'remove-credential', credentialId: set.id })}
        >
          Remove…
        </Button>
      </div>
      {set.refusal !== null ? (
        <div className="credential-note">
          <p>
            <RefusalWords set={set} />
          </p>
          <div className="row g4">
            {set.kind === 'signed-in-user' ? null : (
              <Button aria-describedby={nameId} onClick={edit}>
                Change the {secretWord(set.kind)}…
              </Button>
            )}
            <RetryButton set={set} />
          </div>
        </div>
      ) : set.kept === 'locked' ? (
        <div className="credential-note">
          <p>Its {secretIs(set.kind)} in the sealed file, whose passphrase has not been given in this run.</p>
          <div className="row g4">
            <Button onClick={() => openDialog({ kind: 'unlock-vault' })}>Unlock…</Button>
          </div>
        </div>
      ) : set.kept === 'missing' ? (
        <div className="credential-note">
          <p>
            It was kept for an earlier run only
            {users === 0 ? '.' : `; ${plural(users, 'machine')} ${users === 1 ? 'waits' : 'wait'} for it.`}
          </p>
          <div className="row g4">
            <Button aria-describedby={nameId} onClick={edit}>
              Give the {secretWord(set.kind)}…
            </Button>
          </div>
        </div>
      ) : null}
    </li>
  );
}

function glyphOf(set: CredentialSet, nowMs: number): { readonly name: GlyphName; readonly label: string } {
  if (set.refusal !== null) return { name: 'denied', label: 'Refused' };
  if (set.kept === 'locked') return { name: 'denied', label: 'Locked' };
  if (set.kept === 'missing') return { name: 'warning', label: 'Missing' };
  if (set.certificate !== null) {
    const { level } = expiryOf(set.certificate.validToAt, nowMs);
    if (level === 'expired') return { name: 'critical', label: 'Expired' };
    if (level === 'soon') return { name: 'warning', label: 'Expires soon' };
  }
  // Kept for this run only is neither good nor bad: nothing needs doing now.
  return set.kept === 'this-run' ? { name: 'stopped', label: 'For this run' } : { name: 'healthy', label: 'Good' };
}

/** Kind and whom it is for; the user only where the name of the set does not say it. */
function detailOf(set: CredentialSet): string {
  const who = set.kind === 'certificate' ? (set.certificate?.subject ?? 'not readable') : set.userName;
  return who === null || who === set.name ? kindWords[set.kind] : `${kindWords[set.kind]} · ${who}`;
}

const keptPhrase = (set: CredentialSet): string =>
  set.kept === 'missing' ? `${secretWord(set.kind)} missing` : keptWords[set.kept];
