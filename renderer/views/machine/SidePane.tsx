import { DismissRegular } from '@fluentui/react-icons';
import type { ReactNode, Ref } from 'react';
import { IconButton } from '../../components/Button.tsx';
import './side-pane.css';

/** The right-hand pane of a room: what is selected, in full. `body` scrolls, and the keyboard reaches it. */
export function SidePane(props: {
  label: string;
  title: string;
  body: Ref<HTMLDivElement>;
  children: ReactNode;
  onClose: () => void;
}) {
  return (
    <aside className="side-pane" aria-label={props.label}>
      <div className="side-pane-head">
        <h2 className="room-pane-title" title={props.title}>
          {props.title}
        </h2>
        <IconButton name="Close the details" icon={<DismissRegular />} onClick={props.onClose} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <div className="side-pane-body" tabIndex={0} ref={props.body}>
        {props.children}
      </div>
    </aside>
  );
}
