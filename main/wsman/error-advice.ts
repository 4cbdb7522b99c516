/**
 * What the numbers of faults mean to an administrator, and what to do. Only numbers that targets are known to send, or that other tools
 * report for the same situation; everything else keeps the target's own words.
 */
export interface ErrorAdvice {
  /** One sentence: what it means. */
  readonly meaning: string;
  /** One sentence: what to do. */
  readonly advice: string;
}

const accessDenied: ErrorAdvice = {
  meaning: 'The account is known to the machine, but may not do this.',
  advice:
    'Use a member of the local Administrators or Remote Management Users group; for a local account other than Administrator also check LocalAccountTokenFilterPolicy.',
};
const wmiAccess: ErrorAdvice = {
  meaning: 'WMI refuses the account access.',
  advice: 'Give the account Remote Enable and Execute Methods on this namespace in WMI Control (wmimgmt.msc).',
};
const pluginQuota: ErrorAdvice = {
  meaning: 'A quota of the WinRM plug-in is used up.',
  advice: 'Close unused shells, or raise the quota in winrm/config/plugin.',
};
const shellQuota: ErrorAdvice = {
  meaning: 'The account has as many shells open as it may have.',
  advice: 'Close shells that are not used any more, or raise MaxShellsPerUser in winrm/config/winrs.',
};
const responseTooLarge: ErrorAdvice = {
  meaning: 'The answer is larger than one envelope may be.',
  advice: 'Ask for fewer items at a time, or raise MaxEnvelopeSizekb in winrm/config.',
};
const badFilter: ErrorAdvice = {
  meaning: 'The machine cannot work with this filter or query.',
  advice: 'Check the query text, the class name and the namespace.',
};
const badSelectors: ErrorAdvice = {
  meaning: 'The keys do not name one instance of this resource.',
  advice: 'Give every key of the class, and no other.',
};
const trustedHosts: ErrorAdvice = {
  meaning: 'The machine cannot prove who it is with this way of signing in.',
  advice: 'Use HTTPS, or mark the machine as trusted if the network between is.',
};
const credSsp: ErrorAdvice = {
  meaning: 'CredSSP is switched off, or policy does not allow fresh credentials to be handed on.',
  advice: 'Enable CredSSP on both sides and allow the target in the policy "Allow delegating fresh credentials".',
};

const table: ReadonlyMap<number, ErrorAdvice> = new Map<number, ErrorAdvice>([
  [5, accessDenied],
  [2147942405, accessDenied],
  [
    1314,
    {
      meaning: 'The account lacks a privilege that this needs.',
      advice: 'Use an account that holds the privilege, such as remote shutdown.',
    },
  ],
  [
    1326,
    {
      meaning: 'User name or password is wrong.',
      advice: 'Check both, and write the name as DOMAIN\\user or .\\user.',
    },
  ],
  [
    1327,
    {
      meaning: 'A restriction on the account forbids it, such as an empty password.',
      advice: 'Give the account a password, or check its logon restrictions.',
    },
  ],
  [1330, { meaning: 'The password has expired.', advice: 'Change the password, then store the new one.' }],
  [1331, { meaning: 'The account is disabled.', advice: 'Enable the account, or use another.' }],
  [
    1909,
    {
      meaning: 'The account is locked out.',
      advice: 'Unlock the account or wait until the lockout ends; look for another program with an old password.',
    },
  ],
  [
    1311,
    {
      meaning: 'No domain controller could be reached to check the account.',
      advice: "Check the machine's way to a domain controller, or use a local account.",
    },
  ],
  [
    50,
    {
      meaning: 'The machine does not support this request.',
      advice: 'Nothing to set: this resource does not offer it.',
    },
  ],
  [
    87,
    {
      meaning: 'A parameter of the request is wrong.',
      advice: 'Check the parameters; for a shell, the command may be gone already.',
    },
  ],
  [995, { meaning: 'The operation was ended because its shell was closed.', advice: 'Open a new shell.' }],
  [1223, { meaning: 'The operation was cancelled.', advice: 'Start it again if it is still wanted.' }],
  [
    2147942402,
    { meaning: 'A file, command or registry key was not found.', advice: 'Check the path or the resource URI.' },
  ],
  [
    2147942606,
    { meaning: 'The command line is too long.', advice: 'Shorten it, or pass the script by standard input.' },
  ],
  [
    2147943418,
    {
      meaning: "The user's profile was unloaded meanwhile.",
      advice: 'Open a new shell, or open it without a profile.',
    },
  ],
  [
    2147943458,
    { meaning: 'A service that this needs is disabled.', advice: 'Enable and start the service on the machine.' },
  ],
  [
    2147954575,
    {
      meaning: 'The certificate is not accepted: authority, name, date or revocation.',
      advice: 'Trust its authority, connect by the name it is for, or pin it.',
    },
  ],
  [2150858752, { meaning: 'The machine has no such resource.', advice: 'Check class, namespace and keys.' }],
  [
    2150858753,
    { meaning: 'The resource does not offer this operation.', advice: 'Check the name of the operation or method.' },
  ],
  [
    2150858767,
    { meaning: 'A header of the message is wrong or missing.', advice: 'Report this with the exchange from Trace.' },
  ],
  [
    2150858768,
    {
      meaning: 'The target does not understand a header that it must.',
      advice: 'This make of server lacks the feature; report it with the exchange from Trace.',
    },
  ],
  [
    2150858770,
    {
      meaning: 'Nothing answers WS-Man there.',
      advice: 'Run winrm quickconfig on the machine; check port and firewall.',
    },
  ],
  [2150858776, badFilter],
  [2150858777, { meaning: 'The machine does not know this filter dialect.', advice: 'Use WQL on a WMI resource.' }],
  [2150858778, badFilter],
  [2150858779, { meaning: 'The enumeration has expired at the machine.', advice: 'Start it again.' }],
  [2150858790, responseTooLarge],
  [
    2150858793,
    {
      meaning: 'The operation did not finish in the time allowed.',
      advice: 'Try again; if it stays so, the machine is overloaded or WMI hangs.',
    },
  ],
  [
    2150858805,
    {
      meaning: 'A value of the message is outside what the machine can encode or allows.',
      advice: 'Use an envelope size of at least 8,192 octets, and shorter URIs.',
    },
  ],
  [2150858811, { meaning: 'The resource URI is not valid.', advice: 'Check spelling and alias.' }],
  [2150858813, badSelectors],
  [2150858842, badSelectors],
  [
    2150858874,
    { meaning: 'The keys are written in a way that cannot be read.', advice: 'Write them as ?NAME=VALUE+NAME=VALUE.' },
  ],
  [
    2150858817,
    {
      meaning: 'The body of the request does not fit the schema of the resource.',
      advice: 'Check names, order and namespace of the values.',
    },
  ],
  [
    2150858841,
    {
      meaning: 'The part of the representation is wrapped wrongly.',
      advice: 'Report this with the exchange from Trace.',
    },
  ],
  [2150858843, { meaning: 'The shell or command does not exist any more.', advice: 'Open a new shell.' }],
  [2150858823, responseTooLarge],
  [2150858824, responseTooLarge],
  [
    2150858871,
    { meaning: 'The target cannot read or write parts of this resource.', advice: 'Read or write the whole instance.' },
  ],
  [
    2150858887,
    {
      meaning: 'The target will not be told which language to use.',
      advice: 'Report this with the exchange from Trace.',
    },
  ],
  [2150858890, { meaning: 'Group Policy controls this setting.', advice: 'Change the policy instead.' }],
  [2150858897, { meaning: 'There is no such part in the instance.', advice: 'Check the path; it is case-sensitive.' }],
  [
    2150858899,
    {
      meaning: 'The path to the part is not valid.',
      advice: 'Write a property name, with [n] or /text() behind it; no leading slash.',
    },
  ],
  [
    2150858909,
    {
      meaning: 'Windows security refused the connection; the text names the inner code.',
      advice: 'Look at the 0x8009… code in the text: name, clock, domain trust.',
    },
  ],
  [
    2148074243,
    { meaning: 'The target name is not known to the domain.', advice: 'Use the full DNS name; check the SPN.' },
  ],
  [2148074252, { meaning: 'The logon was denied.', advice: 'Check user name and password.' }],
  [2148074254, { meaning: 'There are no credentials to sign in with.', advice: 'Give user name and password.' }],
  [2148074257, { meaning: 'No domain controller can be reached.', advice: 'Check DNS and the way to the domain.' }],
  [
    2148074274,
    {
      meaning: 'The machine is not the one the ticket was made for.',
      advice: 'Use the full DNS name; look for a duplicate SPN.',
    },
  ],
  [
    2148074310,
    {
      meaning: 'The channel binding is missing or wrong.',
      advice: 'Something between ends TLS, or the certificate changed; connect directly.',
    },
  ],
  [2150858974, { meaning: 'Unencrypted traffic is switched off.', advice: 'Use HTTPS or a sealed scheme.' }],
  [2150858977, { meaning: 'Negotiate is switched off.', advice: 'Allow it in winrm/config, or use another scheme.' }],
  [2150858978, { meaning: 'Kerberos is switched off.', advice: 'Allow it in winrm/config, or use another scheme.' }],
  [2150858980, trustedHosts],
  [2150858981, { meaning: 'This way of signing in needs a user name and password.', advice: 'Give both.' }],
  [
    2150859002,
    { meaning: 'The class has keys, and none was given.', advice: 'Name the instance, or enumerate the class.' },
  ],
  [2150859003, { meaning: 'A WQL query goes to all classes of a namespace.', advice: 'Use * in place of the class.' }],
  [2150859012, wmiAccess],
  [2150859013, wmiAccess],
  [2150859014, wmiAccess],
  [2150859019, { meaning: 'Kerberos does not work with an IP address.', advice: 'Use the full DNS name.' }],
  [
    2150859020,
    { meaning: 'Kerberos does not work in a workgroup.', advice: 'Use Negotiate with HTTPS or a trusted machine.' },
  ],
  [
    2150859023,
    {
      meaning: 'The target answered with an HTTP status that means nothing here.',
      advice: 'Check address, port and proxies.',
    },
  ],
  [2150859024, { meaning: 'The target sends the request elsewhere.', advice: 'Check address, port and proxies.' }],
  [2150859025, responseTooLarge],
  [2150859026, { meaning: 'The service is stopping or overloaded.', advice: 'Wait and try again.' }],
  [
    2150859027,
    { meaning: 'Nothing answers at this URL.', advice: 'Check the URL prefix and which program owns the port.' },
  ],
  [
    2150859029,
    {
      meaning: 'There is no certificate fit for an HTTPS listener.',
      advice: 'Install one for the host name, for server authentication, not self-signed.',
    },
  ],
  [2150859046, { meaning: 'The machine did not answer in time.', advice: 'Check that it is on, and the firewall.' }],
  [2150859071, { meaning: 'The setting is read-only.', advice: 'It cannot be changed here.' }],
  [
    2150859113,
    {
      meaning: 'A network of the machine is set to Public.',
      advice: 'Change the network profile, or force the firewall rule.',
    },
  ],
  [
    2150859120,
    { meaning: 'The machine answered with status 500 and nothing readable.', advice: 'Use a sealed scheme or HTTPS.' },
  ],
  [
    2150859121,
    {
      meaning: 'The machine could not read the HTTP request.',
      advice: 'Large Kerberos tickets need a larger MaxFieldLength at the machine.',
    },
  ],
  [2150859170, credSsp],
  [2150859171, credSsp],
  [2150859172, credSsp],
  [2150859173, shellQuota],
  [
    2150859174,
    {
      meaning: 'The account has as many operations under way as it may have.',
      advice: 'Wait for them, or raise MaxConcurrentOperationsPerUser in winrm/config/service.',
    },
  ],
  [
    2150859175,
    { meaning: 'The account sends more requests than the machine allows.', advice: 'Wait and ask less often.' },
  ],
  [2150859176, { meaning: 'The machine is answering more requests than it allows.', advice: 'Wait and try again.' }],
  [
    2150859179,
    {
      meaning: 'As many users have shells open as may have.',
      advice: 'Wait, or raise MaxConcurrentUsers in winrm/config/winrs.',
    },
  ],
  [
    2150859180,
    {
      meaning: 'Remote shells are switched off.',
      advice: 'Set AllowRemoteShellAccess in winrm/config/winrs or Group Policy.',
    },
  ],
  [2150859182, { meaning: 'The setting is out of use.', advice: 'It cannot be changed any more.' }],
  [2150859193, { meaning: 'The name cannot be resolved.', advice: 'Check spelling and DNS.' }],
  [
    2150859194,
    {
      meaning: 'The TLS connection broke off.',
      advice: 'Check the port (5986 for HTTPS) and which TLS versions the machine has.',
    },
  ],
  [2150859195, trustedHosts],
  [2150859212, { meaning: 'The command was ended.', advice: 'Start it again.' }],
  [
    2150859213,
    {
      meaning: 'Another client is connected to this session.',
      advice: 'Disconnect it there first, or open a session of your own.',
    },
  ],
  [
    2150859229,
    {
      meaning: 'Remote access is switched off at the machine.',
      advice: 'Run Enable-PSRemoting or winrm quickconfig there.',
    },
  ],
  [2150859230, { meaning: 'The stream is disconnected.', advice: 'Reconnect to the shell.' }],
  [
    2150859235,
    { meaning: 'Remote access is switched off for this end point.', advice: 'Run Enable-PSRemoting there.' },
  ],
  [2150859236, pluginQuota],
  [
    2147749902,
    {
      meaning: 'WMI on the machine has no such namespace.',
      advice: 'Check its spelling; some namespaces come with a role, a feature or a driver.',
    },
  ],
  [
    2147749907,
    {
      meaning: 'The WMI provider behind this class did not load.',
      advice:
        'See the log Microsoft-Windows-WMI-Activity/Operational of the machine; the driver or feature it belongs to may be missing.',
    },
  ],
  [
    2147749913,
    {
      meaning: 'WMI has an instance with these keys already.',
      advice: 'Open that one and change it, or use other keys.',
    },
  ],
  [
    2147749923,
    {
      meaning: 'WMI does not let this property be written.',
      advice: 'Leave it as it is; a method of the class may change it.',
    },
  ],
  [2150859237, pluginQuota],
  [2150859238, pluginQuota],
  [2150859239, pluginQuota],
  [2150859240, pluginQuota],
  [2150859241, pluginQuota],
  [2150859242, pluginQuota],
]);

/** Meaning and advice for a fault's number (unsigned 32 bit), where there is something to say. */
export function wsmanErrorAdvice(code: number): ErrorAdvice | undefined {
  return table.get(code >>> 0);
}
