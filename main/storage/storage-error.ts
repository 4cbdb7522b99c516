/** A failure of this console's own data: the folder, the inventory file, the keychain. `advice` says what to do, a sentence each. */
export class StorageError extends Error {
  override readonly name: string = 'StorageError';
  readonly advice: readonly string[];
  constructor(message: string, details: { advice?: readonly string[]; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.advice = details.advice ?? [];
  }
}

/** Another console holds this data folder. */
export class DataFolderInUseError extends StorageError {
  override readonly name = 'DataFolderInUseError';
  readonly dataFolder: string;
  constructor(dataFolder: string, cause: unknown) {
    super(`Another Windeck is using the data folder ${dataFolder}.`, {
      advice: ['Close the other Windeck, or start this one with another data folder.'],
      cause,
    });
    this.dataFolder = dataFolder;
  }
}
