import type { ChangeLine, ConfigurationDifference, WinrmSetting } from '../../../shared/contract/winrm-settings.ts';
import { Glyph } from '../../components/Glyph.tsx';
import { fullName, withMeaning } from './setting-view.ts';
import { cutWords } from './words.ts';

/** One value before and after. A side that has none is left out: it is created, or gone. */
export function DiffValue(props: { label: string | null; before: string | null; after: string | null }) {
  return (
    <div className="wr-diff">
      {props.label === null ? null : <div className="t3 s11">{props.label}</div>}
      {props.before === null ? null : (
        <del className="mono">
          <span aria-hidden="true">− </span>
          <span className="visually-hidden">before: </span>
          {props.before === '' ? '(empty)' : props.before}
        </del>
      )}
      {props.after === null ? null : (
        <ins className="mono">
          <span aria-hidden="true">+ </span>
          <span className="visually-hidden">after: </span>
          {props.after === '' ? '(empty)' : props.after}
        </ins>
      )}
    </div>
  );
}

/** What the machine would make of the changes, line by line; what could cut the connection, and what it would refuse, says why. */
export function PreviewLines({ lines, settings }: { lines: readonly ChangeLine[]; settings: readonly WinrmSetting[] }) {
  const settingOf = (path: string) => settings.find((one) => one.path === path);
  const said = (path: string, text: string | null) => (text === null ? null : withMeaning(settingOf(path), text));
  return (
    <ul className="wr-lines" aria-label="What changes">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one preview, in their order
        <li key={index} className={line.refusal !== null ? 'refused' : line.risk !== null ? 'risky' : ''}>
          <div className="row g8">
            <span className="b5 grow">
              {settingOf(line.subject) === undefined ? line.subject : fullName(line.subject)}
            </span>
            {line.risk === null ? null : (
              <span className={`row g6 nowrap ${line.risk.certainty === 'certain' ? 'c-crit' : 'c-warn'}`}>
                <Glyph name={line.risk.certainty === 'certain' ? 'critical' : 'warning'} size={11} label="" />
                {line.risk.certainty === 'certain' ? 'cuts this connection' : 'could cut this connection'}
              </span>
            )}
          </div>
          <DiffValue label={null} before={said(line.subject, line.before)} after={said(line.subject, line.after)} />
          {line.meaning === '' ? null : <p className="t2">{line.meaning}</p>}
          {line.risk === null ? null : (
            <p className={line.risk.certainty === 'certain' ? 'c-crit' : 'c-warn'}>
              {cutWords[line.risk.class]}: {line.risk.why}
            </p>
          )}
          {line.refusal === null ? null : (
            <p className="c-crit row g6">
              <Glyph name="denied" size={11} label="" /> {line.refusal}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Two configurations side by side; what differs by nature is grey and comes last. Different is not bad: the tints are neutral. */
export function Differences(props: { left: string; right: string; differences: readonly ConfigurationDifference[] }) {
  const ordered = props.differences.toSorted((a, b) => Number(a.expected) - Number(b.expected));
  return (
    <table className="wr-differences">
      <thead>
        <tr>
          <th scope="col">Setting</th>
          <th scope="col">{props.left}</th>
          <th scope="col">{props.right}</th>
        </tr>
      </thead>
      <tbody>
        {ordered.map((difference) => (
          <tr key={difference.subject} className={difference.expected ? 'expected' : ''}>
            <th scope="row">
              {difference.subject}
              {difference.expected ? <span className="t3"> differs by nature</span> : null}
            </th>
            <Side text={difference.left} tint="left" />
            <Side text={difference.right} tint="right" />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const Side = ({ text, tint }: { text: string | null; tint: string }) => (
  <td className={`mono ${tint}`}>
    {text === null ? <span className="t3">not there</span> : text === '' ? '(empty)' : text}
  </td>
);
