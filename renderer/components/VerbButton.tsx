import { forwardRef, type ReactElement } from 'react';
import { Button, type ButtonProps, IconButton } from './Button.tsx';
import { smallWindow, useMedia } from './useMedia.ts';

export type VerbButtonProps = Omit<ButtonProps, 'children' | 'icon' | 'kind'> & {
  icon: ReactElement;
  children: string;
};

/** A verb of a toolbar: with its word, and where there is no room for it, with its picture only. */
export const VerbButton = forwardRef<HTMLButtonElement, VerbButtonProps>(function VerbButton(
  { icon, children, ...rest },
  ref,
) {
  const small = useMedia(smallWindow);
  if (small) return <IconButton ref={ref} name={children} icon={icon} {...rest} />;
  return (
    <Button ref={ref} kind="ghost" icon={icon} {...rest}>
      {children}
    </Button>
  );
});
