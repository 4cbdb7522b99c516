import { Radio, RadioGroup } from '@fluentui/react-components';
import { DeleteRegular, KeyRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { CredentialSet } from '../../../shared/contract/credentials.ts';
import { Button } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CodeLine.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Kv } from '../../components/Kv.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { plural } from '../../format.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { useMachines } from '../../stores/machines.ts';
import { attempt } from '../../stores/notices.ts';
import { changeSettings, useSettings } from '../../stores/settings.ts';
import { PasswordDialog, RemoveCredentialDialog } from './CredentialDialogs.tsx';
import './settings.css';

export function SettingsPage() {
  const { settings, info, problem } = useSettings();
  return (
    <div className="settings">
      <header>
        <h1 className="h1">Settings</h1>
      </header>
      <div className="settings-body">
        {problem === null ? null : <ProblemBanner problem={problem} />}
        <section>
          <h2>Appearance</h2>
          <RadioGroup
            layout="horizontal"
            aria-label="Theme"
            value={settings.theme}
            onChange={(_event, data) =>
              void attempt(() => changeSettings({ theme: data.value as typeof settings.theme }))
            }
          >
            <Radio value="system" label="As the system" />
            <Radio value="light" label="Light" />
            <Radio value="dark" label="Dark" />
          </RadioGroup>
          <p className="t3 s12">A high-contrast theme of the system is followed in any case.</p>
        </section>
        <Credentials />
        <section>
          <h2>This console</h2>
          {info === null ? (
            <p className="t3">Not connected.</p>
          ) : (
            <>
              <Kv
                rows={[
                  ['Version', `Windeck ${info.version}`],
                  ['Runs', info.host === 'desktop' ? 'in its own window' : 'for this browser, on this computer only'],
                  [
                    'Data folder',
                    <span className="row g4" key="folder">
                      <span className="mono ell" title={info.dataFolder}>
                        {info.dataFolder}
                      </span>
                      <CopyButton text={info.dataFolder} label="Copy" />
                    </span>,
                  ],
                  [
                    'Keychain',
                    info.keychain ? (
                      <span className="row g6" key="keychain">
                        <Glyph name="healthy" label="" />
                        This computer’s keychain keeps the passwords
                      </span>
                    ) : (
                      <span className="row g6" key="keychain">
                        <Glyph name="warning" label="" />
                        None answers: passwords last for this run only
                      </span>
                    ),
                  ],
                  ['Demo lab', info.lab ? 'connected: simulated machines on this computer' : 'not connected'],
                ]}
              />
              {info.notices.map((notice) => (
                <p key={notice} className="settings-notice">
                  <Glyph name="warning" label="" />
                  {notice}
                </p>
              ))}
            </>
          )}
        </section>
      </div>
    </div>
  );
}

const keptWords: Readonly<Record<CredentialSet['kept'], string>> = {
  keychain: 'in the keychain',
  'sealed-file': 'in the sealed file',
  locked: 'locked',
  'nothing-to-keep': 'nothing to keep',
  'this-run': 'for this run only',
  missing: 'password missing',
};

function Credentials() {
  const { sets: credentials, loaded, problem } = useCredentials();
  const machines = useMachines((state) => state.list);
  const [dialog, setDialog] = useState<
    { kind: 'password' | 'remove'; credential: CredentialSet } | { kind: 'new' } | null
  >(null);
  const users = (id: string) => machines.filter((machine) => machine.credential.id === id).length;
  return (
    <section>
      <div className="row">
        <h2 className="grow">Credentials</h2>
        <Button kind="ghost" icon={<KeyRegular />} onClick={() => setDialog({ kind: 'new' })}>
          New credential…
        </Button>
      </div>
      {problem === null ? null : <ProblemBanner problem={problem} />}
      {loaded && credentials.length === 0 && problem === null ? (
        <p className="t3 s12">None yet. They are made when a machine is added, and can be used for many.</p>
      ) : null}
      {credentials.length === 0 ? null : (
        <ul className="credential-list">
          {credentials.map((credential) => (
            <li key={credential.id}>
              <Glyph
                name={
                  credential.kept === 'missing' ? 'warning' : credential.kept === 'keychain' ? 'healthy' : 'stopped'
                }
                label=""
              />
              <span className="b5 ell name">{credential.name}</span>
              <span className={credential.kept === 'missing' ? 'c-warn' : 't2'}>{keptWords[credential.kept]}</span>
              <span className="t3">
                {users(credential.id) === 0 ? 'not used' : `for ${plural(users(credential.id), 'machine')}`}
              </span>
              <Button kind="ghost" onClick={() => setDialog({ kind: 'password', credential })}>
                Replace password…
              </Button>
              <Button kind="ghost" icon={<DeleteRegular />} onClick={() => setDialog({ kind: 'remove', credential })}>
                Remove…
              </Button>
            </li>
          ))}
        </ul>
      )}
      {dialog === null ? null : dialog.kind === 'remove' ? (
        <RemoveCredentialDialog
          credential={dialog.credential}
          users={users(dialog.credential.id)}
          onClose={() => setDialog(null)}
        />
      ) : (
        <PasswordDialog
          credential={dialog.kind === 'password' ? dialog.credential : null}
          onClose={() => setDialog(null)}
        />
      )}
    </section>
  );
}
