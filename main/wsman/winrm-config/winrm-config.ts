/** What of winrm/config is offered outside the library, under one name. */
export { readCertificateStore, type StoredCertificate, unsuitableFor } from './certificate-store.ts';
export {
  type ConfigChange,
  type ConfigOperation,
  type ConfigState,
  nameOfListener,
  operationsBetween,
  planChanges,
} from './changes.ts';
export { performOperation, type ReadConfig, readConfig, restoreConfig } from './config-client.ts';
export {
  type ConfigListener,
  type ConfigMapping,
  type ConfigPlugin,
  type ConfigSetting,
  readListener,
  readMapping,
  readPlugin,
  readSettings,
  type WinrmConfig,
} from './configuration.ts';
export { type ConfigDifference, differencesOf } from './difference.ts';
export { type ConfigGeneration, generationOf } from './generations.ts';
export { findRevertMeans, type PlantedRevert, pendingReverts, plantRevert, removeRevert } from './plant-revert.ts';
export { configPolicies, policyFor, policyKey } from './policies.ts';
export {
  type Analysis,
  analyzeRemoting,
  analyzeService,
  enable,
  type QuickconfigAction,
  type QuickconfigOptions,
} from './quickconfig.ts';
export { type QuickconfigGeneration, type QuickconfigScript, quickconfigScript } from './quickconfig-script.ts';
export { registryValues } from './registry.ts';
export { revertLines } from './revert-lines.ts';
export { type CutRisk, carriersOf, type OwnConnection, risksBetween } from './risk.ts';
export { defaultOf, findSetting, isWritable } from './settings.ts';
export { readWinrmFiles, type WinrmFile } from './winrm-files.ts';
