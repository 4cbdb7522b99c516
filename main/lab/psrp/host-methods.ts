/** RemoteHostMethodId (MS-PSRP 2.2.3.17): the position is the number. */
const names = [
  '',
  ...['GetName', 'GetVersion', 'GetInstanceId', 'GetCurrentCulture', 'GetCurrentUICulture', 'SetShouldExit'],
  ...['EnterNestedPrompt', 'ExitNestedPrompt', 'NotifyBeginApplication', 'NotifyEndApplication'],
  ...['ReadLine', 'ReadLineAsSecureString', 'Write1', 'Write2', 'WriteLine1', 'WriteLine2', 'WriteLine3'],
  ...['WriteErrorLine', 'WriteDebugLine', 'WriteProgress', 'WriteVerboseLine', 'WriteWarningLine', 'Prompt'],
  ...['PromptForCredential1', 'PromptForCredential2', 'PromptForChoice'],
  ...['GetForegroundColor', 'SetForegroundColor', 'GetBackgroundColor', 'SetBackgroundColor'],
  ...['GetCursorPosition', 'SetCursorPosition', 'GetWindowPosition', 'SetWindowPosition', 'GetCursorSize'],
  ...['SetCursorSize', 'GetBufferSize', 'SetBufferSize', 'GetWindowSize', 'SetWindowSize', 'GetWindowTitle'],
  ...['SetWindowTitle', 'GetMaxWindowSize', 'GetMaxPhysicalWindowSize', 'GetKeyAvailable', 'ReadKey'],
  ...['FlushInputBuffer', 'SetBufferContents1', 'SetBufferContents2', 'GetBufferContents', 'ScrollBufferContents'],
  ...['PushRunspace', 'PopRunspace', 'GetIsRunspacePushed', 'GetRunspace', 'PromptForChoiceMultipleSelection'],
];

export const hostMethodNumbers: ReadonlyMap<string, number> = new Map(
  names.map((name, number) => [name, number] as const).slice(1),
);
