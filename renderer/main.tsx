import { createDOMRenderer, RendererProvider } from '@fluentui/react-components';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import './app.css';
import './components/parts.css';
import { keepRefreshKey } from './components/refresh-key.ts';
import { startCredentials } from './stores/credentials.ts';
import { startLeaveQuestion } from './stores/leaving.ts';
import { startLink } from './stores/link.ts';
import { startMachines } from './stores/machines.ts';
import { startLeftovers } from './stores/open-shells.ts';
import { followHistory } from './stores/router.ts';
import { startSettings } from './stores/settings.ts';
import { installTokens } from './theme/tokens.ts';

// Fluent writes its rules into style elements of its own; under our content security policy those need the nonce of this load.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
const styles = createDOMRenderer(document, { styleElementAttributes: { nonce } });

installTokens();
followHistory();
keepRefreshKey();
startLeaveQuestion();
startSettings();
startMachines();
startCredentials();
startLeftovers();
startLink();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <RendererProvider renderer={styles}>
      <App />
    </RendererProvider>
  </StrictMode>,
);
