/** The only door of the protocol library. The lab, which is the other side of the wire, also reaches the codecs. */

export { type AssociationQuery, isDialect } from './association.ts';
export {
  type ClientCertificateLeaf,
  needsPassphrase,
  readClientCertificate,
  type UsableClientCertificate,
} from './auth/client-certificate.ts';
export { explainFailure, type FailurePlace } from './auth/failure-advice.ts';
export { type FailureCandidate, filteredTokenAdvice } from './auth/failure-words.ts';
export { forgetTickets, kerberosAvailability } from './auth/kerberos/provider.ts';
export { type SelfTestChild, setStartSelfTest } from './auth/kerberos/self-test.ts';
export { refuseByPolicy } from './auth/policy.ts';
export { spnCandidates } from './auth/spn.ts';
export {
  cimSchema,
  classNameOf,
  decodeInstance,
  decodeTyped,
  decodeValue,
  isLocation,
  readCimInstance,
  toReference,
} from './cim.ts';
export { type CimInput, type InputParameter, methodInput, toCimXml } from './cim-input.ts';
export type {
  CimDateTime,
  CimInstance,
  CimInterval,
  CimReference,
  CimScalarName,
  CimSchema,
  CimTyped,
  CimTypeName,
  CimValue,
  Decoded,
} from './cim-types.ts';
export {
  type CimQualifier,
  type ClassDeclaration,
  classDeclarations,
  classNameOfItem,
  classPathsOnly,
  type MethodDeclaration,
  type ParameterDeclaration,
  type PropertyDeclaration,
  readClassDeclaration,
  wholeDeclaration,
} from './class-declaration.ts';
export {
  type CallOptions,
  type ClientOptions,
  createClient,
  type InvokeResult,
  type ResourceLocator,
  type ShellEvent,
  type WSManClient,
} from './client.ts';
export { type CodePageDecoder, createCodePageDecoder, utf8CodePage } from './code-page.ts';
export { codePageEncoder } from './code-page-encoder.ts';
export { type CommandResult, collectOutput } from './collect-output.ts';
export { decodeInput } from './decode/decode.ts';
export { type DecodedField, type DecodedMessage, DecodeError } from './decode/field.ts';
export type { EnumerateOptions } from './enumerate.ts';
export { type EnumerationMode, type Filter, type Item, type PolymorphismMode, readItem } from './enumeration.ts';
export type { Option, OptionSet } from './envelope.ts';
export { type EndpointReference, isEpr, readEpr, type Selectors, type SelectorValue } from './epr.ts';
export { wsmanErrorAdvice } from './error-advice.ts';
export { wsmanErrorName } from './error-codes.ts';
export {
  AuthenticationError,
  type AuthenticationEvidence,
  type AuthenticationReason,
  CancelledError,
  CertificateError,
  type FaultFields,
  OutcomeUnknownError,
  type PresentedCertificate,
  ProtocolError,
  refusesSecret,
  SubscriptionNotOfferedError,
  TransportError,
  type TransportReason,
  type TrustFailure,
  UnsealedAnswerError,
  WSManError,
  WSManFault,
} from './errors.ts';
export {
  type EventDelivery,
  type FollowedEvents,
  followEvents,
  type Subscription,
  subscribe,
} from './eventing.ts';
export { type Bookmark, bookmarkAfter, type EventFilter } from './eventing-messages.ts';
export type { Exchange, ExchangeListener, ExchangeRecording, ExchangeTimings, HttpLeg } from './exchange.ts';
export type { Identity } from './identify.ts';
export type { TargetLimits } from './limits.ts';
export { actions, className, dialects, ns, resourceUris, wmi, wql } from './namespaces.ts';
export { type ClixmlItem, deserializeClixml, readObjs, serializeClixml } from './psrp/clixml.ts';
export {
  dateTimeOf,
  entryOf,
  epochMsOf,
  itemsOf,
  numberOf,
  type PlainValue,
  propertyOf,
  textOf,
  toPlain,
} from './psrp/clixml-plain.ts';
export {
  type PsErrorRecord,
  type PsInformationalRecord,
  type PsInformationRecord,
  type PsInvocation,
  type PsProgressRecord,
  readErrorRecord,
  readInformationalRecord,
  readInformationRecord,
  readProgressRecord,
} from './psrp/clixml-records.ts';
export { type PowerShellStderr, readPowerShellStderr } from './psrp/clixml-stderr.ts';
export {
  isPsObject,
  type PsContainer,
  type PsObject,
  type PsProperty,
  type PsValue,
  psArray,
  psEnum,
  psObject,
  psProperties,
} from './psrp/clixml-types.ts';
export { type ListedPipeline, type ListedPool, listRunspacePools } from './psrp/disconnected-pools.ts';
export {
  type PowerShellLine,
  type PowerShellResult,
  powerShellLine,
  runPowerShell,
  startPowerShell,
} from './psrp/encoded-command.ts';
export {
  type Download,
  downloadFile,
  FileTransferError,
  type FileTransferReason,
  type TransferOptions,
  type TransferredFile,
  uploadFile,
} from './psrp/file-transfer.ts';
export type {
  ChoiceQuestion,
  CredentialQuestion,
  FieldAnswer,
  HostOutput,
  PromptQuestion,
  PsHost,
} from './psrp/host-calls.ts';
export type { HostWindow } from './psrp/host-messages.ts';
export type { HostChoice, HostCredential, HostField, HostKey } from './psrp/host-values.ts';
export type { PipelineState, RunspacePoolState } from './psrp/message.ts';
export type { CommandMetadataRequest, ProtocolVersion, UserEvent } from './psrp/messages.ts';
export type { Pipeline, PipelineEnd, PipelineRecord } from './psrp/pipeline.ts';
export { type PsCommand, type PsParameter, type PsStatement, psCommand } from './psrp/pipeline-messages.ts';
export { PowerShellUnavailableError, type SessionLossReason, SessionLostError } from './psrp/psrp-errors.ts';
export type { OutputFormat } from './psrp/run-statements.ts';
export {
  connectRunspacePool,
  openRunspacePool,
  type PipelineOptions,
  type RunspacePool,
  type RunspacePoolOptions,
} from './psrp/runspace-pool.ts';
export { powerShellUri } from './psrp/shell-bodies.ts';
export { createRecycledShell, type RecycledShell } from './recycled-shell.ts';
export { openShell, type RunningCommand, type RunOptions, type Shell, type ShellOptions } from './shell.ts';
export { deleteShell, listShells, type ShellRecord } from './shell-list.ts';
export type { OutputChunk, SignalName, StreamName } from './shell-messages.ts';
export type { AuthenticationPolicy, ClientCertificate, SpnChoice, Target, TlsTrust } from './target.ts';
export type { ConnectionSecurity } from './transport/connection-pool.ts';
export { type FirstAnswer, firstAnswer } from './transport/first-answer.ts';
export { inspectCertificate } from './transport/open-socket.ts';
export { isWindowsEvent, readWindowsEvent, type WindowsEvent } from './windows-event.ts';
export { readCertificateStore, type StoredCertificate, unsuitableFor } from './winrm-config/certificate-store.ts';
export {
  type ConfigChange,
  type ConfigOperation,
  type ConfigState,
  isOwnPlugin,
  isSameMapping,
  nameOfListener,
  operationsBetween,
  planChanges,
} from './winrm-config/changes.ts';
export { performOperation, type ReadConfig, readConfig, restoreConfig } from './winrm-config/config-client.ts';
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
} from './winrm-config/configuration.ts';
export { type ComparableConfig, type ConfigDifference, differencesOf } from './winrm-config/difference.ts';
export { type ConfigGeneration, generationOf } from './winrm-config/generations.ts';
export {
  findRevertMeans,
  type PlantedRevert,
  pendingReverts,
  plantRevert,
  removeRevert,
} from './winrm-config/plant-revert.ts';
export { configPolicies, policyFor, policyKeys } from './winrm-config/policies.ts';
export {
  type Analysis,
  analyzeRemoting,
  analyzeService,
  enableByQuickconfig,
  type QuickconfigAction,
  type QuickconfigOptions,
} from './winrm-config/quickconfig.ts';
export {
  type QuickconfigGeneration,
  type QuickconfigScript,
  quickconfigScript,
} from './winrm-config/quickconfig-script.ts';
export { registryKeys, registryValues } from './winrm-config/registry.ts';
export { revertLines, type ServiceStartMode } from './winrm-config/revert-lines.ts';
export { type CutRisk, carriersOf, type OwnConnection, risksBetween } from './winrm-config/risk.ts';
export { defaultOf, findSetting, isWritable } from './winrm-config/settings.ts';
export { readWinrmFiles, type WinrmFile } from './winrm-config/winrm-files.ts';
export {
  attribute,
  child,
  childrenOf,
  childText,
  decodeText,
  descend,
  escapeXml,
  isNil,
  makeElement,
  parseXml,
  serializeXml,
  type XmlAttribute,
  type XmlElement,
} from './xml.ts';
