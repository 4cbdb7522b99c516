import { Radio, RadioGroup } from '@fluentui/react-components';
import { CopyButton } from '../../components/CodeLine.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Kv } from '../../components/Kv.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Tabs } from '../../components/Tabs.tsx';
import { useCredentials } from '../../stores/credentials.ts';
import { attempt } from '../../stores/notices.ts';
import { openSettings, type SettingsTab } from '../../stores/router.ts';
import { changeSettings, useSettings } from '../../stores/settings.ts';
import { CredentialsTab } from '../credentials/CredentialsTab.tsx';
import { VaultLine } from '../credentials/VaultLine.tsx';
import { NtlmTab } from '../ntlm/NtlmTab.tsx';
import './settings.css';

const tabs = [
  { id: 'general', name: 'General' },
  { id: 'credentials', name: 'Credentials' },
  { id: 'ntlm', name: 'Without NTLM' },
] as const satisfies readonly { id: SettingsTab; name: string }[];

export function SettingsPage({ tab }: { tab: SettingsTab }) {
  return (
    <div className="settings">
      <header>
        <h1 className="h1">Settings</h1>
      </header>
      <div className="tab-row">
        <Tabs label="Settings" tabs={tabs} current={tab} prefix="settings" onOpen={openSettings} />
      </div>
      <div
        className={tab === 'ntlm' ? 'settings-room' : 'settings-body'}
        id="settings-room"
        role="tabpanel"
        aria-labelledby={`settings-tab-${tab}`}
      >
        {tab === 'general' ? <General /> : tab === 'credentials' ? <CredentialsTab /> : <NtlmTab />}
      </div>
    </div>
  );
}

function General() {
  const { settings, info, problem } = useSettings();
  const vault = useCredentials((state) => state.vault);
  return (
    <>
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
                ['Passwords', <VaultLine key="vault" vault={vault} />],
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
    </>
  );
}
