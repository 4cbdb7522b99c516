export interface MappingKeys {
  readonly issuer: string;
  readonly subject: string;
  readonly uri: string;
}

/** What would not do, field by field, as MS-WSMV 2.2.4.3 has it. `taken`: mappings that exist or are drafted, where this is a new one. */
export function mappingProblems(
  form: { readonly print: string; readonly subject: string; readonly uri: string; readonly userName: string },
  taken: readonly MappingKeys[],
): Record<'issuer' | 'subject' | 'uri' | 'userName', string | undefined> {
  const subject = form.subject.trim();
  const uri = form.uri.trim();
  const isTaken = taken.some(
    (one) =>
      one.issuer.toUpperCase() === form.print &&
      one.subject.toLowerCase() === subject.toLowerCase() &&
      one.uri.toLowerCase() === uri.toLowerCase(),
  );
  return {
    issuer: /^[0-9A-F]{40}$/.test(form.print) ? undefined : 'The SHA-1 thumbprint of the issuer: 40 hex digits.',
    subject:
      subject === ''
        ? 'The name in the certificate, or one * at an end of it for many.'
        : !/^(\*?[^*]*|[^*]*\*)$/.test(subject)
          ? 'One * at most, at an end.'
          : isTaken
            ? 'There is such a mapping already. Edit that one.'
            : undefined,
    uri:
      uri === ''
        ? '* for everything.'
        : !/^[^*\s?]*\*?$/.test(uri)
          ? 'One * at most, at the end; neither blanks nor question marks.'
          : undefined,
    userName:
      form.userName.trim() === ''
        ? 'A local account of the machine.'
        : /[\\@]/.test(form.userName)
          ? 'A local account of the machine, without a domain.'
          : undefined,
  };
}
