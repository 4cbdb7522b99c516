import { Button as FluentButton, type ButtonProps as FluentButtonProps, Tooltip } from '@fluentui/react-components';
import { forwardRef, type ReactElement, type ReactNode } from 'react';

type Common = Omit<FluentButtonProps, 'appearance' | 'size' | 'icon' | 'children' | 'shape' | 'as'>;

export type ButtonProps = Common & {
  /** `primary`: one per screen. `danger`: a primary that destroys or interrupts. `plain`: outlined. `ghost`: verbs of a toolbar. */
  kind?: 'primary' | 'danger' | 'plain' | 'ghost';
  icon?: ReactElement | undefined;
  children: ReactNode;
};

/** A button with a word. */
export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button({ kind = 'plain', icon, className, ...rest }, ref) {
  const appearance = kind === 'primary' || kind === 'danger' ? 'primary' : kind === 'ghost' ? 'subtle' : 'secondary';
  return (
    <FluentButton
      ref={ref}
      type="button"
      appearance={appearance}
      className={[kind === 'danger' ? 'danger' : kind === 'ghost' ? 'ghost' : '', className ?? ''].join(' ').trim()}
      {...(icon === undefined ? {} : { icon })}
      {...rest}
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
        ref={ref}
        type="button"
        appearance="subtle"
        icon={icon}
        className={`icon-only ghost ${className ?? ''}`}
        aria-label={name}
        {...rest}
      />
    </Tooltip>
  );
});
