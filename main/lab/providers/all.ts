import { systemLogicalDisksProvider, systemProcessesProvider } from './associations.ts';
import { dataFileProvider } from './data-file.ts';
import { eventLogFileProvider, eventProvider } from './event-log.ts';
import {
  biosProvider,
  computerSystemProductProvider,
  computerSystemProvider,
  logicalDiskProvider,
  networkAdapterProvider,
  processorProvider,
} from './hardware.ts';
import { ipmiProviders } from './ipmi.ts';
import { namespaceProviders } from './namespaces.ts';
import { operatingSystemProvider } from './operating-system.ts';
import { perfProviders } from './perf.ts';
import { diskAndProcessCounters } from './perf-disk-process.ts';
import { processProvider } from './process.ts';
import type { Provider } from './provider.ts';
import { registryProvider } from './registry.ts';
import { sampleProvider } from './sample.ts';
import { scheduledJobProvider, scheduledTaskProvider, taskMethodsProvider } from './scheduled-task.ts';
import {
  environmentProvider,
  loggedOnUserProvider,
  logonSessionProvider,
  systemDriverProvider,
  userAccountProvider,
} from './sessions.ts';
import { dependentServiceProvider, systemServicesProvider, windowsServiceProvider } from './windows-service.ts';

const declared: readonly Provider[] = [
  operatingSystemProvider,
  computerSystemProvider,
  computerSystemProductProvider,
  biosProvider,
  processorProvider,
  logicalDiskProvider,
  networkAdapterProvider,
  processProvider,
  windowsServiceProvider,
  dependentServiceProvider,
  systemServicesProvider,
  systemDriverProvider,
  logonSessionProvider,
  loggedOnUserProvider,
  userAccountProvider,
  environmentProvider,
  dataFileProvider,
  eventLogFileProvider,
  eventProvider,
  registryProvider,
  scheduledTaskProvider,
  taskMethodsProvider,
  scheduledJobProvider,
  ...perfProviders,
  ...diskAndProcessCounters,
  systemProcessesProvider,
  systemLogicalDisksProvider,
  sampleProvider,
  ...ipmiProviders,
];

/** Every class that the lab knows. */
export const providers: readonly Provider[] = [...declared, ...namespaceProviders(declared)];
