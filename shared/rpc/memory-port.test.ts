import { portConformance } from './conformance.test-suite.ts';
import { memoryPortPair } from './memory-port.ts';

portConformance('memory', () => {
  const [console, window] = memoryPortPair();
  return { console, window, close: () => console.close('the test has closed it') };
});
