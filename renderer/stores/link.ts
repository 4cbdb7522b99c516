import { useSyncExternalStore } from 'react';
import { type LinkState, linkState, onLinkState, retryLink, startLink } from '../host/connect.ts';

/** Whether there is a console behind this page, for the frame. */
export const useLinkState = (): LinkState => useSyncExternalStore(onLinkState, linkState);
export { type LinkState, retryLink, startLink };
