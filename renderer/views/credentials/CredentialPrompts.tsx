import { DismissRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { Button, IconButton } from '../../components/Button.tsx';
import { Banner } from '../../components/ProblemBanner.tsx';
import { type CredentialPrompt, credentialPrompts, promptKey, secretIs, secretWord } from '../../credential-words.ts';
import { plural } from '../../format.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { useMachines } from '../../stores/machines.ts';
import { openSettings } from '../../stores/router.ts';
import { RefusalWords } from './RefusalWords.tsx';
import { RetryButton } from './RetryButton.tsx';
import './prompts.css';

/** More than this would push the list off the screen. */
const most = 2;

/** What machines wait for: one line for the sealed file, one for each set, however many machines that are. */
export function CredentialPrompts() {
  const sets = useCredentials((state) => state.sets);
  const vault = useCredentials((state) => state.vault);
  const machines = useMachines((state) => state.list);
  const [later, setLater] = useState<ReadonlySet<string>>(new Set());
  const prompts = useMemo(
    () => credentialPrompts(sets, vault, machines).filter((prompt) => !later.has(promptKey(prompt))),
    [sets, vault, machines, later],
  );
  if (prompts.length === 0) return null;
  return (
    <section className="credential-prompts" aria-label="Credentials that need you">
      {prompts.slice(0, most).map((prompt) => (
        <Prompt
          key={promptKey(prompt)}
          prompt={prompt}
          onLater={() => setLater((before) => new Set(before).add(promptKey(prompt)))}
        />
      ))}
      {prompts.length > most ? (
        <Button kind="ghost" onClick={() => openSettings('credentials')}>
          {plural(prompts.length - most, 'more credential set needs', 'more credential sets need')} you…
        </Button>
      ) : null}
    </section>
  );
}

function Prompt({ prompt, onLater }: { prompt: CredentialPrompt; onLater: () => void }) {
  const waiting = plural(prompt.machines, 'machine');
  const waits = prompt.machines === 1 ? 'waits' : 'wait';
  return (
    <div className="credential-prompt" data-prompt={prompt.kind}>
      {prompt.kind === 'unlock' ? (
        <Banner
          tint="warn"
          glyph="denied"
          actions={<Button onClick={() => openDialog({ kind: 'unlock-vault' })}>Unlock…</Button>}
        >
          <b>The sealed file is locked.</b> {waiting} {waits} for{' '}
          {prompt.sets.length === 1 ? prompt.sets[0]?.name : plural(prompt.sets.length, 'credential set')} in it.
        </Banner>
      ) : prompt.kind === 'missing' ? (
        <Banner
          tint="warn"
          glyph="denied"
          actions={
            <Button onClick={() => openDialog({ kind: 'credential', credentialId: prompt.set.id })}>
              Give the {secretWord(prompt.set.kind)}…
            </Button>
          }
        >
          <b>
            {prompt.set.name}: its {secretIs(prompt.set.kind)} not kept here.
          </b>{' '}
          {waiting} {waits} for it.
        </Banner>
      ) : (
        <Banner
          tint="crit"
          glyph="denied"
          actions={
            <>
              {prompt.set.kind === 'signed-in-user' ? null : (
                <Button onClick={() => openDialog({ kind: 'credential', credentialId: prompt.set.id })}>
                  Change the {secretWord(prompt.set.kind)}…
                </Button>
              )}
              <RetryButton set={prompt.set} />
              <span className="t3">
                {waiting} {waits} for it.
              </span>
            </>
          }
        >
          <span className="b6">{prompt.set.name}: </span>
          <RefusalWords set={prompt.set} />
        </Banner>
      )}
      <IconButton name="Not now" icon={<DismissRegular fontSize={14} />} onClick={onLater} />
    </div>
  );
}
