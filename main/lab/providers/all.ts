import type { Provider } from './provider.ts';
import { dependentServiceProvider, windowsServiceProvider } from './windows-service.ts';

/** Every class that the lab knows. */
export const providers: readonly Provider[] = [windowsServiceProvider, dependentServiceProvider];
