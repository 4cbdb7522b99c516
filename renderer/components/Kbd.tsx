/** A key as it is written on the keyboard. */
export const Kbd = ({ children }: { children: string }) => <kbd className="kbd">{children}</kbd>;
