import { DismissRegular } from '@fluentui/react-icons';
import { IconButton } from '../../components/Button.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { notify, useNotice } from '../../stores/notices.ts';

/** How the last thing went that was asked for outside a dialog. */
export function NoticeBar() {
  const notice = useNotice((state) => state.notice);
  if (notice === null) return null;
  const dismiss = <IconButton name="Dismiss" icon={<DismissRegular fontSize={14} />} onClick={() => notify(null)} />;
  if (notice.kind === 'done') {
    return (
      <div className="notice-bar done" role="status">
        <Glyph name="healthy" label="" />
        <span className="grow">{notice.words}</span>
        {dismiss}
      </div>
    );
  }
  return (
    <div className="notice-bar">
      <div className="grow">
        <ProblemBanner problem={notice.problem} />
      </div>
      {dismiss}
    </div>
  );
}
