import { DismissRegular, LockClosedFilled } from '@fluentui/react-icons';
import type { WinrmConfiguration, WinrmSetting } from '../../../shared/contract/winrm-settings.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Kv } from '../../components/Kv.tsx';
import { formatTime, plural } from '../../format.ts';
import { changeKey, type Draft } from '../../stores/winrm-draft.ts';
import { whyOnlyHere } from '../../stores/winrm-many.ts';
import { DiffValue } from './DiffLines.tsx';
import { fullName, lockSentence, lockWords, withMeaning } from './setting-view.ts';
import { draftLine } from './words.ts';

/** At the right: what is about to change, else what the setting under the cursor means. */
export function ChangesPane(props: {
  machine: string;
  configuration: WinrmConfiguration;
  draft: Draft;
  /** What cannot be a value, and why. */
  wrong: { readonly name: string; readonly why: string } | null;
  focused: WinrmSetting | null;
  /** Why nothing can be applied now. */
  frozen: string | null;
  onDrop: (key: string) => void;
  onDiscard: () => void;
  onReview: () => void;
  onApplyTo: () => void;
}) {
  const { machine, configuration, draft, wrong, focused } = props;
  const whyNotMore = props.frozen ?? (wrong === null ? whyOnlyHere(draft) : `${wrong.name} takes ${wrong.why}`);
  const locked = configuration.settings.filter((setting) => setting.lock?.kind === 'policy').length;
  return (
    <aside className="wr-pane" aria-label={`Changes to ${machine}`}>
      <div className="wr-pane-head">
        <h2 className="room-pane-title">
          {draft.length === 0 ? `WinRM of ${machine}` : `${plural(draft.length, 'change')} to ${machine}`}
        </h2>
        <span className="visually-hidden" role="status">
          {draft.length === 0 ? '' : plural(draft.length, 'change')}
        </span>
        {draft.length === 0 ? null : (
          <Button kind="ghost" onClick={props.onDiscard}>
            Discard
          </Button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to get there */}
      <div className="wr-pane-body" tabIndex={0}>
        {draft.length === 0 ? null : (
          <ul className="wr-drafts" aria-label="Changes">
            {draft.map((change) => {
              const line = draftLine(change, configuration);
              return (
                <li key={changeKey(change)}>
                  <div className="wr-draft-head">
                    <span className="b5 ell" title={line.subject}>
                      {line.subject}
                    </span>
                    <IconButton
                      name={`Take back: ${line.subject}`}
                      icon={<DismissRegular fontSize={12} />}
                      onClick={() => props.onDrop(changeKey(change))}
                    />
                  </div>
                  {line.values.map((value) => (
                    <DiffValue key={value.label ?? ''} label={value.label} before={value.before} after={value.after} />
                  ))}
                </li>
              );
            })}
          </ul>
        )}
        {focused === null ? (
          draft.length === 0 ? (
            <p className="t2">
              Change values in the form, listeners in their table. Nothing is sent before you have seen the difference
              and confirmed it.
            </p>
          ) : null
        ) : (
          <About setting={focused} />
        )}
        {focused === null && draft.length === 0 ? (
          <Kv
            rows={[
              ['Stack', configuration.stack ?? 'not known'],
              ['Defaults of', configuration.generation ?? 'not known'],
              ['Read at', formatTime(configuration.readAt)],
            ]}
          />
        ) : null}
        {locked === 0 ? null : (
          <div className="wr-locked-note">
            <LockClosedFilled fontSize={12} aria-hidden="true" />
            <div>
              <b className="b6">{locked === 1 ? '1 value is' : `${locked} values are`} set by Group Policy</b>
              <p className="t2">
                Windows refuses to change {locked === 1 ? 'it' : 'them'} here. Change the policy, then run{' '}
                <span className="mono">gpupdate</span>.
              </p>
            </div>
          </div>
        )}
      </div>
      {draft.length === 0 ? null : (
        <div className="wr-pane-foot">
          <Button
            kind="primary"
            disabledFocusable={wrong !== null || props.frozen !== null}
            title={props.frozen ?? (wrong === null ? 'Ctrl+Enter' : `${wrong.name} takes ${wrong.why}`)}
            onClick={() => {
              if (wrong === null && props.frozen === null) props.onReview();
            }}
          >
            Review {plural(draft.length, 'change')}…
          </Button>
          <Button
            disabledFocusable={whyNotMore !== null}
            title={whyNotMore ?? undefined}
            onClick={() => {
              if (whyNotMore === null) props.onApplyTo();
            }}
          >
            Apply to more machines…
          </Button>
          {wrong === null ? null : (
            <span className="c-crit s12">
              {wrong.name}: {wrong.why}
            </span>
          )}
        </div>
      )}
    </aside>
  );
}

/** The setting under the cursor: what it does, its default, and why it cannot be changed, with the policy to look for. */
function About({ setting }: { setting: WinrmSetting }) {
  const { lock } = setting;
  const policy = lock?.kind === 'policy' ? lock.policy : null;
  return (
    <section className="wr-about" aria-label={`About ${fullName(setting.path)}`}>
      <h3 className="h2">{fullName(setting.path)}</h3>
      <p>{setting.meaning}</p>
      <Kv
        rows={[
          ['Now', <Long key="now" text={withMeaning(setting, setting.current)} />],
          [
            'Default',
            <Long
              key="default"
              text={setting.default === null ? 'not documented' : withMeaning(setting, setting.default)}
            />,
          ],
          ...(setting.value.kind === 'number'
            ? [
                [
                  'Takes',
                  `${withMeaning(setting, String(setting.value.least))} to ${withMeaning(setting, String(setting.value.most))}`,
                ] as const,
              ]
            : []),
        ]}
      />
      {lock === null ? null : (
        <div className="wr-lock">
          <p>
            <b className="b6">{lockWords(setting)}.</b> {lockSentence(setting)}
          </p>
          {policy === null ? null : (
            <dl>
              <dt>Policy</dt>
              <dd>
                <span className="t1 b5">{policy.name}</span>
                <br />
                {policy.path}
              </dd>
              <dt>Registry</dt>
              <dd className="mono">
                {policy.key} › {policy.valueName}
                {policy.value === null ? '' : ` = ${policy.value}`}
              </dd>
            </dl>
          )}
        </div>
      )}
    </section>
  );
}

const Long = ({ text }: { text: string }) => <span title={text}>{text === '' ? '(empty)' : text}</span>;
