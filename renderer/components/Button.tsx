import { Button as FluentButton, Tooltip } from '@fluentui/react-components';
import { type ComponentPropsWithoutRef, forwardRef, type ReactElement, type ReactNode } from 'react';

type Common = Omit<ComponentPropsWithoutRef<'button'>, 'children' | 'name' | 'type'> & {
  /** Disabled, but still reached by the keyboard, so that its tooltip can say why. */
  disabledFocusable?: boolean;
};

export type ButtonProps = Common & {
  /** `primary`: one per screen. `danger`: a primary that destroys or interrupts. `plain`: outlined. `ghost`: verbs of a toolbar. */
  kind?: 'primary' | 'danger' | 'plain' | 'ghost';
  icon?: ReactElement | undefined;
  children: ReactNode;
};

// Fluent's props are those of a button and of an anchor at once, which no ref and no rest of ours fits: hence the two casts.

/** A button with a word. */
export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button(
  { kind = 'plain', icon, className, ...rest },
  ref,
) {
  const appearance = kind === 'primary' || kind === 'danger' ? 'primary' : kind === 'ghost' ? 'subtle' : 'secondary';
  return (
    <FluentButton
      ref={ref as never}
      type="button"
      appearance={appearance}
      className={[kind === 'danger' ? 'danger' : kind === 'ghost' ? 'ghost' : '', className ?? ''].join(' ').trim()}
      {...(icon === undefined ? {} : { icon })}
      {...(rest as object)}
    />
  );
});

export type IconButtonProps = Common & {
  /** Its name for everybody: tooltip and accessible name. */
  name: string;
  /** Shown in the tooltip behind the name. */
  keys?: string;
  icon: ReactElement;
};

/** A button with a picture only; the tooltip gives its name and its key. */
export const IconButton = forwardRef<HTMLButtonElement, IconButtonProps>(function IconButton(
  { name, keys, icon, className, ...rest },
  ref,
) {
  return (
    <Tooltip content={keys === undefined ? name : `${name} (${keys})`} relationship="label">
      <FluentButton
        ref={ref as never}
        type="button"
        appearance="subtle"
        icon={icon}
        className={`icon-only ghost ${className ?? ''}`}
        aria-label={name}
        {...(rest as object)}
      />
    </Tooltip>
  );
});
