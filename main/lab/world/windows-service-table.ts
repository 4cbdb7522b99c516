/**
 * Names of real Windows services with their display names, start modes, accounts and hosts; descriptions in our own words.
 * One line each: name | display name | start | account | host | depends on | flags | description
 *   start    A automatic, D automatic (delayed), M manual, X disabled; + runs after boot, - does not
 *   account  S LocalSystem, L NT AUTHORITY\LocalService, N NT AUTHORITY\NetworkService
 *   host     svchost group, or a path
 *   flags    p accepts pause, n does not accept stop, d stopping and changing it is refused even to administrators
 */
export const coreServices = `
AJRouter|AllJoyn Router Service|M-|L|LocalServiceNetworkRestricted|||Routes AllJoyn messages for local clients
ALG|Application Layer Gateway Service|M-|L|C:\\Windows\\System32\\alg.exe|||Hosts protocol plug-ins for Internet Connection Sharing
AppIDSvc|Application Identity|M-|L|LocalServiceNetworkRestricted|RpcSs,CryptSvc||Determines and verifies the identity of an application
Appinfo|Application Information|M+|S|netsvcs|RpcSs,ProfSvc||Runs interactive applications with additional privileges
AppMgmt|Application Management|M-|S|netsvcs|||Processes installation and removal of software deployed by policy
AppReadiness|App Readiness|M-|S|AppReadiness|||Prepares apps for first use when a user signs in
AppVClient|Microsoft App-V Client|X-|S|C:\\Windows\\system32\\AppVClient.exe|RpcSs||Manages App-V users and virtual applications
AppXSvc|AppX Deployment Service (AppXSVC)|M-|S|wsappx|RpcSs,staterepository||Deploys Store applications
AudioEndpointBuilder|Windows Audio Endpoint Builder|M-|S|LocalSystemNetworkRestricted|||Manages audio devices for the audio service
Audiosrv|Windows Audio|M-|L|LocalServiceNetworkRestricted|AudioEndpointBuilder,RpcSs||Manages audio for Windows-based programs
AxInstSV|ActiveX Installer (AxInstSV)|X-|S|AxInstSVGroup|RpcSs||Checks with User Account Control before ActiveX controls are installed
BFE|Base Filtering Engine|A+|L|LocalServiceNoNetworkFirewall|RpcSs||Manages firewall and IPsec policies and filters in user mode
BITS|Background Intelligent Transfer Service|M-|S|netsvcs|RpcSs|p|Transfers files in the background with idle bandwidth
BrokerInfrastructure|Background Tasks Infrastructure Service|A+|S|DcomLaunch|RpcEptMapper,DcomLaunch,RpcSs|n|Controls which background tasks may run
BTAGService|Bluetooth Audio Gateway Service|M-|L|LocalServiceNetworkRestricted|RpcSs||Supports the audio gateway role of the hands-free profile
bthserv|Bluetooth Support Service|M-|L|LocalService|||Discovers and associates remote Bluetooth devices
camsvc|Capability Access Manager Service|M-|S|appmodel|||Manages access of apps to capabilities
CDPSvc|Connected Devices Platform Service|D+|L|LocalService|ncbservice,RpcSs,Tcpip||Supports scenarios with connected devices
CertPropSvc|Certificate Propagation|M+|S|netsvcs|RpcSs||Copies certificates from smart cards to the user store
ClipSVC|Client License Service (ClipSVC)|M-|S|wsappx|RpcSs||Provides infrastructure for the Store
COMSysApp|COM+ System Application|M+|S|C:\\Windows\\system32\\dllhost.exe /Processid:{02D4B3F1-FD88-11D1-960D-00805FC79235}|RpcSs,EventSystem,SENS||Manages configuration and tracking of COM+ components
CoreMessagingRegistrar|CoreMessaging|A+|L|LocalServiceNoNetwork|RpcSs|n|Manages communication between system components
CryptSvc|Cryptographic Services|A+|N|NetworkService|RpcSs||Provides catalog, protected root and automatic root certificate services
CscService|Offline Files|X-|S|LocalSystemNetworkRestricted|RpcSs||Maintains the Offline Files cache
DcomLaunch|DCOM Server Process Launcher|A+|S|DcomLaunch||n|Launches COM and DCOM servers on request
defragsvc|Optimize drives|M-|S|defragsvc|RpcSs||Helps the computer run more efficiently by optimizing files on storage drives
DeviceAssociationService|Device Association Service|M-|S|LocalSystemNetworkRestricted|||Pairs the system with wired and wireless devices
DeviceInstall|Device Install Service|M-|S|DcomLaunch|||Recognizes and adapts to hardware changes with little user input
DevQueryBroker|DevQuery Background Discovery Broker|M-|S|LocalSystemNetworkRestricted|||Lets apps discover devices with a background task
Dhcp|DHCP Client|A+|L|LocalServiceNetworkRestricted|NSI,Tdx,Afd||Registers and updates IP addresses and DNS records for this computer
diagnosticshub.standardcollector.service|Microsoft (R) Diagnostics Hub Standard Collector Service|M-|S|C:\\Windows\\system32\\DiagSvcs\\DiagnosticsHub.StandardCollector.Service.exe|||Collects real-time trace events and processes them
DiagTrack|Connected User Experiences and Telemetry|A+|S|utcsvc|RpcSs||Manages event-driven collection of diagnostic information
DmEnrollmentSvc|Device Management Enrollment Service|M-|S|netsvcs|RpcSs||Performs device enrollment activities
dmwappushservice|Device Management Wireless Application Protocol (WAP) Push message Routing Service|X-|S|netsvcs|RpcSs||Routes WAP push messages received by the device
Dnscache|DNS Client|A+|N|NetworkService|Tdx,NSI|n|Caches DNS names and registers the full name of this computer
DoSvc|Delivery Optimization|M-|N|NetworkService|RpcSs||Performs content delivery optimization tasks
dot3svc|Wired AutoConfig|M-|S|LocalSystemNetworkRestricted|RpcSs,Ndisuio,EapHost||Performs IEEE 802.1X authentication on Ethernet interfaces
DPS|Diagnostic Policy Service|A+|L|LocalServiceNoNetwork|||Detects, troubleshoots and resolves problems of Windows components
DsmSvc|Device Setup Manager|M-|S|netsvcs|RpcSs||Detects, downloads and installs device-related software
DsSvc|Data Sharing Service|M-|S|LocalSystemNetworkRestricted|RpcSs||Brokers data between applications
EapHost|Extensible Authentication Protocol|M-|S|netsvcs|RpcSs,KeyIso||Provides EAP for 802.1x, VPN and NAP
EFS|Encrypting File System (EFS)|M-|S|C:\\Windows\\System32\\lsass.exe|RpcSs||Provides the file encryption of NTFS volumes
embeddedmode|Embedded Mode|M-|S|LocalSystemNetworkRestricted|BrokerInfrastructure||Enables scenarios around background applications
EntAppSvc|Enterprise App Management Service|M-|S|appmodel|RpcSs||Manages enterprise applications
EventLog|Windows Event Log|A+|L|LocalServiceNetworkRestricted||p|Manages events and event logs
EventSystem|COM+ Event System|A+|L|LocalService|RpcSs||Distributes events to subscribing COM components
fdPHost|Function Discovery Provider Host|M-|L|LocalService|RpcSs,http||Hosts network discovery providers
FDResPub|Function Discovery Resource Publication|M-|L|LocalServiceAndNoImpersonation|RpcSs,http,fdPHost||Publishes this computer so that it can be found on the network
FontCache|Windows Font Cache Service|A+|L|LocalService|||Caches commonly used font data
FrameServer|Windows Camera Frame Server|M-|L|Camera|RpcSs||Lets several clients read video frames of a camera
gpsvc|Group Policy Client|A+|S|GPSvcGroup|RpcSs,Mup|nd|Applies the settings of Group Policy
GraphicsPerfSvc|GraphicsPerfSvc|X-|S|GraphicsPerfSvcGroup|||Monitors graphics performance
hidserv|Human Interface Device Service|M-|S|LocalSystemNetworkRestricted|||Activates hot buttons on keyboards and remote controls
HvHost|HV Host Service|M-|S|LocalSystemNetworkRestricted|hvservice||Provides performance counters of the hypervisor
icssvc|Windows Mobile Hotspot Service|X-|L|LocalServiceNetworkRestricted|RpcSs,wcmsvc||Shares a cellular data connection
IKEEXT|IKE and AuthIP IPsec Keying Modules|M+|S|netsvcs|BFE,nsi||Hosts the IKE and AuthIP keying modules
InstallService|Microsoft Store Install Service|M-|S|netsvcs|RpcSs||Supports the Store's installations
iphlpsvc|IP Helper|A+|S|NetSvcs|RpcSs,Tcpip,nsi,WinHttpAutoProxySvc||Provides tunnel connectivity with IPv6 transition technologies
KeyIso|CNG Key Isolation|M+|S|C:\\Windows\\system32\\lsass.exe|RpcSs||Isolates private keys and cryptographic operations
KPSSVC|KDC Proxy Server service (KPS)|M-|N|KpsSvcGroup|http,RpcSs||Runs on edge servers to proxy Kerberos messages
KtmRm|KtmRm for Distributed Transaction Coordinator|M-|N|NetworkServiceAndNoImpersonation|RpcSs,SamSs||Coordinates transactions between MSDTC and the kernel transaction manager
LanmanServer|Server|A+|S|netsvcs|SamSs,srv2|p|Shares files, printers and named pipes of this computer over the network
LanmanWorkstation|Workstation|A+|N|NetworkService|Bowser,MRxSmb20,NSI|p|Creates and maintains connections to remote servers over SMB
lfsvc|Geolocation Service|X-|S|netsvcs|RpcSs||Monitors the current location and manages geofences
LicenseManager|Windows License Manager Service|M-|L|LocalService|RpcSs||Provides infrastructure for the Store
lltdsvc|Link-Layer Topology Discovery Mapper|M-|L|LocalService|RpcSs,lltdio||Draws the network map
lmhosts|TCP/IP NetBIOS Helper|M+|L|LocalServiceNetworkRestricted|Afd||Supports NetBIOS over TCP/IP and name resolution
LSM|Local Session Manager|A+|S|DcomLaunch|RpcEptMapper,DcomLaunch,RpcSs|nd|Manages local user sessions
MapsBroker|Downloaded Maps Manager|X-|N|NetworkService|RpcSs||Gives applications access to downloaded maps
MpsSvc|Windows Defender Firewall|A+|L|LocalServiceNoNetworkFirewall|mpsdrv,bfe|d|Prevents unauthorized users from reaching this computer through the network
MSDTC|Distributed Transaction Coordinator|D+|N|C:\\Windows\\System32\\msdtc.exe|RpcSs,SamSs||Coordinates transactions that span several resource managers
MSiSCSI|Microsoft iSCSI Initiator Service|M-|S|netsvcs|||Manages sessions of this computer to iSCSI targets
msiserver|Windows Installer|M-|S|C:\\Windows\\system32\\msiexec.exe /V|RpcSs||Adds, modifies and removes applications provided as installer packages
NcaSvc|Network Connectivity Assistant|M-|S|NetSvcs|BFE,dnscache,NSI,iphlpsvc||Shows DirectAccess status to user components
NcbService|Network Connection Broker|M+|S|LocalSystemNetworkRestricted|RpcSs,Tcpip,BrokerInfrastructure||Brokers connections that let Store apps receive notifications
Netlogon|Netlogon|A+|S|C:\\Windows\\system32\\lsass.exe|LanmanWorkstation|p|Keeps a secure channel between this computer and the domain controller
Netman|Network Connections|M-|S|LocalSystemNetworkRestricted|RpcSs,nsi||Manages objects in the network connections folder
netprofm|Network List Service|M+|L|LocalService|RpcSs,nlasvc||Identifies the networks this computer is connected to
NetSetupSvc|Network Setup Service|M-|S|netsvcs|||Installs network drivers and configures low-level network settings
NetTcpPortSharing|Net.Tcp Port Sharing Service|X-|L|C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\SMSvcHost.exe|||Shares TCP ports over the net.tcp protocol
NgcCtnrSvc|Microsoft Passport Container|M-|L|LocalServiceNetworkRestricted|RpcSs||Manages local identity keys
NgcSvc|Microsoft Passport|M-|S|LocalSystemNetworkRestricted|RpcSs||Isolates keys used to authenticate to identity providers
NlaSvc|Network Location Awareness|A+|N|NetworkService|NSI,RpcSs,TcpIp,Dhcp,Eventlog||Collects configuration of networks and tells programs when it changes
nsi|Network Store Interface Service|A+|L|LocalService|rpcss,nsiproxy||Delivers network notifications to user-mode clients
PcaSvc|Program Compatibility Assistant Service|D+|S|LocalSystemNetworkRestricted|RpcSs||Detects known compatibility problems of programs
PerfHost|Performance Counter DLL Host|M-|L|C:\\Windows\\SysWow64\\perfhost.exe|RpcSs||Lets remote users and 64-bit processes query 32-bit counter libraries
PhoneSvc|Phone Service|M-|L|LocalService|RpcSs||Manages the telephony state of the device
PimIndexMaintenanceSvc|Contact Data|M-|S|UnistackSvcGroup|||Indexes contact data for fast searching
pla|Performance Logs & Alerts|M-|L|LocalServiceNoNetwork|RpcSs||Collects performance data on a schedule
PlugPlay|Plug and Play|M+|S|DcomLaunch|||Recognizes hardware changes without user input
PolicyAgent|IPsec Policy Agent|M+|N|NetworkServiceNetworkRestricted|Tcpip,bfe||Enforces IPsec policies
Power|Power|A+|S|DcomLaunch||n|Manages power policy and its notifications
PrintNotify|Printer Extensions and Notifications|M-|S|print|RpcSs||Opens printer dialogs and handles notifications of a remote print server
ProfSvc|User Profile Service|A+|S|netsvcs|RpcSs|n|Loads and unloads user profiles
PushToInstall|Windows PushToInstall Service|M-|S|netsvcs|RpcSs||Provides infrastructure for remote app installation
QWAVE|Quality Windows Audio Video Experience|M-|L|LocalServiceAndNoImpersonation|rpcss,psched,QWAVEdrv,LLTDIO||Supports streaming on home networks
RasAuto|Remote Access Auto Connection Manager|M-|S|netsvcs|RasAcd,RasMan||Creates a connection when a program references a remote name
RasMan|Remote Access Connection Manager|M-|S|netsvcs|Tapisrv,SstpSvc||Manages dial-up and VPN connections
RemoteAccess|Routing and Remote Access|X-|S|netsvcs|RpcSS,Bfe,RasMan,Http||Offers routing to businesses in local and wide area networks
RemoteRegistry|Remote Registry|A+|L|LocalService|RPCSS||Lets remote users modify registry settings on this computer
RmSvc|Radio Management Service|M-|L|LocalServiceNetworkRestricted|RpcSs||Manages radios and airplane mode
RpcEptMapper|RPC Endpoint Mapper|A+|N|RPCSS||n|Resolves RPC interface identifiers to transport endpoints
RpcLocator|Remote Procedure Call (RPC) Locator|M-|N|C:\\Windows\\system32\\locator.exe|||Does nothing since Windows Vista, kept for compatibility
RpcSs|Remote Procedure Call (RPC)|A+|N|rpcss|RpcEptMapper,DcomLaunch|n|Is the service control manager for COM and DCOM servers
RSoPProv|Resultant Set of Policy Provider|M-|S|C:\\Windows\\system32\\RSoPProv.exe|RPCSS||Simulates the application of Group Policy settings
sacsvr|Special Administration Console Helper|M-|S|netsvcs|||Lets administrators reach a command prompt over emergency management services
SamSs|Security Accounts Manager|A+|S|C:\\Windows\\system32\\lsass.exe|RPCSS|n|Signals other services that the accounts manager accepts requests
SCardSvr|Smart Card|M-|L|LocalServiceAndNoImpersonation|||Manages access to smart cards read by this computer
ScDeviceEnum|Smart Card Device Enumeration Service|M-|S|LocalSystemNetworkRestricted|||Creates device nodes for smart card readers
Schedule|Task Scheduler|A+|S|netsvcs|RPCSS,SystemEventsBroker|d|Configures and runs automated tasks on this computer
SCPolicySvc|Smart Card Removal Policy|M-|S|netsvcs|RpcSs||Locks the desktop when a smart card is removed
seclogon|Secondary Logon|M-|S|netsvcs||p|Starts processes under alternate credentials
SecurityHealthService|Windows Security Service|M+|S|C:\\Windows\\system32\\SecurityHealthService.exe|RpcSs|d|Handles protection and health information of the device
SEMgrSvc|Payments and NFC/SE Manager|X-|L|LocalService|RpcSs||Manages payments and secure elements
SENS|System Event Notification Service|A+|S|netsvcs|EventSystem||Monitors system events and notifies COM+ subscribers
Sense|Windows Defender Advanced Threat Protection Service|M-|S|"C:\\Program Files\\Windows Defender Advanced Threat Protection\\MsSense.exe"||d|Helps protect against advanced threats by monitoring events
SensorDataService|Sensor Data Service|M-|S|C:\\Windows\\System32\\SensorDataService.exe|||Delivers data from a variety of sensors
SensorService|Sensor Service|M-|S|LocalSystemNetworkRestricted|||Manages the functions of different sensors
SensrSvc|Sensor Monitoring Service|M-|L|LocalServiceAndNoImpersonation|||Monitors sensors to adapt the system to the user
SessionEnv|Remote Desktop Configuration|M+|S|netsvcs|RPCSS,LanmanWorkstation||Performs configuration and session maintenance of Remote Desktop
SgrmBroker|System Guard Runtime Monitor Broker|D+|S|C:\\Windows\\system32\\SgrmBroker.exe|RpcSs|d|Monitors and attests to the integrity of the platform
SharedAccess|Internet Connection Sharing (ICS)|X-|S|netsvcs|BFE||Provides address translation for a home or small office network
ShellHWDetection|Shell Hardware Detection|A+|S|netsvcs|RpcSs||Notifies of AutoPlay hardware events
shpamsvc|Shared PC Account Manager|X-|S|netsvcs|RpcSs,ProfSvc||Manages profiles and accounts on a shared device
smphost|Microsoft Storage Spaces SMP|M-|N|smphost|RPCSS||Hosts the storage spaces management provider
SNMPTRAP|SNMP Trap|M-|L|C:\\Windows\\System32\\snmptrap.exe|||Receives trap messages and forwards them to management programs
Spooler|Print Spooler|A+|S|C:\\Windows\\System32\\spoolsv.exe|RPCSS,http||Keeps print jobs in a queue and talks to the printer
sppsvc|Software Protection|D-|N|C:\\Windows\\system32\\sppsvc.exe|RpcSs||Downloads, installs and enforces digital licences
SSDPSRV|SSDP Discovery|X-|L|LocalServiceAndNoImpersonation|HTTP,NSI||Discovers devices that use the SSDP protocol
SstpSvc|Secure Socket Tunneling Protocol Service|M-|L|LocalService|||Supports SSTP connections to remote computers
StateRepository|State Repository Service|M+|S|appmodel|rpcss||Provides infrastructure for the application model
stisvc|Windows Image Acquisition (WIA)|M-|L|imgsvc|RpcSs,ShellHWDetection||Provides image acquisition for scanners and cameras
StorSvc|Storage Service|D+|S|LocalSystemNetworkRestricted|||Provides services for storage settings and external storage
svsvc|Spot Verifier|M-|S|LocalSystemNetworkRestricted|||Verifies potential file system corruption
swprv|Microsoft Software Shadow Copy Provider|M-|S|swprv|RPCSS||Manages software-based volume shadow copies
SysMain|SysMain|A+|S|LocalSystemNetworkRestricted|rpcss,fileinfo||Maintains and improves performance over time
SystemEventsBroker|System Events Broker|A+|S|DcomLaunch|RpcEptMapper,RpcSs|n|Coordinates background work of WinRT applications
TabletInputService|Touch Keyboard and Handwriting Panel Service|M-|S|LocalSystemNetworkRestricted|RpcSs||Enables pen and ink functions of the touch keyboard
tapisrv|Telephony|M-|N|NetworkService|PlugPlay,RpcSs||Supports programs that control telephony devices
TermService|Remote Desktop Services|M+|N|NetworkService|RPCSS||Lets users connect interactively to a remote computer
Themes|Themes|A+|S|netsvcs|||Provides theme management for the user experience
TieringEngineService|Storage Tiers Management|M-|S|C:\\Windows\\system32\\TieringEngineService.exe|||Optimizes data placement in storage tiers
TimeBrokerSvc|Time Broker|M+|L|LocalServiceNetworkRestricted|||Coordinates background work of WinRT applications by time
TokenBroker|Web Account Manager|M-|S|netsvcs|UserManager||Provides single sign-on to apps and services
TrkWks|Distributed Link Tracking Client|A+|S|LocalSystemNetworkRestricted|RpcSs||Maintains links between NTFS files within a computer or across a network
TrustedInstaller|Windows Modules Installer|M-|S|C:\\Windows\\servicing\\TrustedInstaller.exe|||Installs, modifies and removes Windows updates and components
tzautoupdate|Auto Time Zone Updater|X-|L|LocalService|||Sets the system time zone automatically
UALSVC|User Access Logging Service|D+|S|LocalSystemNetworkRestricted|WinMgmt||Logs unique client access requests of installed products and roles
UevAgentService|User Experience Virtualization Service|X-|S|C:\\Windows\\system32\\AgentService.exe|RpcSs||Roams application and operating system settings
UmRdpService|Remote Desktop Services UserMode Port Redirector|M+|S|LocalSystemNetworkRestricted|TermService,RDPDR||Redirects printers, drives and ports for RDP connections
upnphost|UPnP Device Host|X-|L|LocalServiceAndNoImpersonation|SSDPSRV,HTTP||Hosts UPnP devices on this computer
UserManager|User Manager|A+|S|netsvcs|RpcSs,ProfSvc|n|Provides components required for multi-user interaction
UsoSvc|Update Orchestrator Service|D+|S|netsvcs|rpcss||Manages Windows updates
VaultSvc|Credential Manager|M+|S|C:\\Windows\\system32\\lsass.exe|rpcss||Stores and retrieves credentials for users and applications
vds|Virtual Disk|M-|S|C:\\Windows\\System32\\vds.exe|RpcSs,PlugPlay||Manages disks, volumes, file systems and storage arrays
VGAuthService|VMware Alias Manager and Ticket Service|A+|S|"C:\\Program Files\\VMware\\VMware Tools\\VMware VGAuth\\VGAuthService.exe"|||Manages aliases and tickets of guest users
VMTools|VMware Tools|A+|S|"C:\\Program Files\\VMware\\VMware Tools\\vmtoolsd.exe"|||Synchronizes objects between host and guest
VSS|Volume Shadow Copy|M-|S|C:\\Windows\\system32\\vssvc.exe|RPCSS||Manages volume shadow copies used for backup
W32Time|Windows Time|A+|L|LocalService||p|Keeps date and time in step on all clients and servers of the network
WaaSMedicSvc|Windows Update Medic Service|M-|S|wusvcs|rpcss|d|Repairs components of Windows Update
WalletService|WalletService|X-|S|appmodel|RpcSs||Hosts objects used by clients of the wallet
WarpJITSvc|WarpJITSvc|M-|L|LocalServiceNetworkRestricted|||Provides a just-in-time compiler for software rendering
WbioSrvc|Windows Biometric Service|M-|S|WbioSvcGroup|RpcSs||Captures, compares and stores biometric data
Wcmsvc|Windows Connection Manager|A+|L|LocalServiceNetworkRestricted|RpcSs,NSI||Decides about automatic connections by the options available
WdiServiceHost|Diagnostic Service Host|M-|L|LocalService|||Hosts diagnostics that run as local service
WdiSystemHost|Diagnostic System Host|M-|S|LocalSystemNetworkRestricted|||Hosts diagnostics that run as local system
WdNisSvc|Windows Defender Antivirus Network Inspection Service|M+|L|"C:\\Program Files\\Windows Defender\\NisSrv.exe"|WdNisDrv|d|Guards against intrusion through newly found weaknesses in network protocols
Wecsvc|Windows Event Collector|M-|N|NetworkService|HTTP,Eventlog||Manages persistent subscriptions to events of remote sources
WEPHOSTSVC|Windows Encryption Provider Host Service|M-|L|WepHostSvcGroup|rpcss||Brokers encryption of third-party providers
wercplsupport|Problem Reports Control Panel Support|M-|S|netsvcs|||Shows, sends and deletes reports of system-level problems
WerSvc|Windows Error Reporting Service|M-|S|WerSvcGroup|||Lets errors be reported when programs stop working
WiaRpc|Still Image Acquisition Events|M-|S|LocalSystemNetworkRestricted|RpcSs||Launches applications for image acquisition events
WinDefend|Windows Defender Antivirus Service|A+|S|"C:\\Program Files\\Windows Defender\\MsMpEng.exe"|RpcSs|d|Helps protect users from malware
WinHttpAutoProxySvc|WinHTTP Web Proxy Auto-Discovery Service|M+|L|LocalServiceNetworkRestricted|Dhcp||Implements the HTTP client stack and proxy auto-discovery
Winmgmt|Windows Management Instrumentation|A+|S|netsvcs|RPCSS|p|Provides access to management information about system and devices
WinRM|Windows Remote Management (WS-Management)|A+|N|NetworkService|RPCSS,HTTP||Implements the WS-Management protocol for remote management
wisvc|Windows Insider Service|X-|S|netsvcs|rpcss||Provides infrastructure for the insider program
wlidsvc|Microsoft Account Sign-in Assistant|M-|S|netsvcs|RpcSs||Lets users sign in through Microsoft accounts
wmiApSrv|WMI Performance Adapter|M-|S|C:\\Windows\\system32\\wbem\\WmiApSrv.exe|||Provides performance library information to clients on the network
WPDBusEnum|Portable Device Enumerator Service|M-|S|LocalSystemNetworkRestricted|RpcSs||Enforces Group Policy for removable storage devices
WpnService|Windows Push Notifications System Service|A+|S|netsvcs|rpcss||Connects to notification providers for this session
WSearch|Windows Search|X-|S|C:\\Windows\\system32\\SearchIndexer.exe /Embedding|RPCSS||Indexes content and caches properties for search results
wuauserv|Windows Update|M-|S|netsvcs|rpcss||Detects, downloads and installs updates for Windows and other programs
`;

/** Kernel drivers that services depend on; Win32_SystemDriver in WMI. */
export const systemDrivers: readonly string[] = [
  'Afd',
  'Bowser',
  'fileinfo',
  'HTTP',
  'hvservice',
  'lltdio',
  'mpsdrv',
  'MRxSmb20',
  'Mup',
  'Ndisuio',
  'nsiproxy',
  'psched',
  'QWAVEdrv',
  'RasAcd',
  'RDPDR',
  'srv2',
  'Tcpip',
  'tdx',
  'WdNisDrv',
];

/** What a role adds. Product names with "Northwind" and "Contoso" are invented. */
export const roleServices: Readonly<Record<string, string>> = {
  DC: `
NTDS|Active Directory Domain Services|A+|S|C:\\Windows\\System32\\lsass.exe|SamSs||Provides methods to store directory data
DNS|DNS Server|A+|S|C:\\Windows\\system32\\dns.exe|RPCSS,Afd,Tcpip|p|Answers queries and dynamic updates of DNS clients
Kdc|Kerberos Key Distribution Center|A+|S|C:\\Windows\\System32\\lsass.exe|RPCSS,Afd,NTDS||Lets users sign in to the network with Kerberos
IsmServ|Intersite Messaging|A+|S|C:\\Windows\\System32\\ismserv.exe|SamSs,NTDS||Exchanges messages between computers of Windows sites
ADWS|Active Directory Web Services|A+|S|C:\\Windows\\ADWS\\Microsoft.ActiveDirectory.WebServices.exe|NTDS||Offers a web service interface to directory instances
DFSR|DFS Replication|A+|S|C:\\Windows\\system32\\DFSRs.exe|RPCSS,EventSystem,NTDS||Synchronizes folders on several servers
`,
  SQL: `
MSSQLSERVER|SQL Server (MSSQLSERVER)|A+|corp\\svc-sql|"C:\\Program Files\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\Binn\\sqlservr.exe" -sMSSQLSERVER||p|Stores, processes and controls access to data
SQLSERVERAGENT|SQL Server Agent (MSSQLSERVER)|A+|corp\\svc-sql|"C:\\Program Files\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\Binn\\SQLAGENT.EXE" -i MSSQLSERVER|MSSQLSERVER||Executes jobs, monitors SQL Server and fires alerts
SQLBrowser|SQL Server Browser|A+|L|"C:\\Program Files (x86)\\Microsoft SQL Server\\90\\Shared\\sqlbrowser.exe"||p|Gives connection information of SQL Server to clients
SQLWriter|SQL Server VSS Writer|A+|S|"C:\\Program Files\\Microsoft SQL Server\\90\\Shared\\sqlwriter.exe"|||Lets backup software work with SQL Server through VSS
`,
  FS: `
DFSR|DFS Replication|A+|S|C:\\Windows\\system32\\DFSRs.exe|RPCSS,EventSystem||Synchronizes folders on several servers
SrmSvc|File Server Resource Manager|A+|S|srmsvcs|RpcSs,EventLog||Manages quotas and file screens
`,
  WEB: `
W3SVC|World Wide Web Publishing Service|A+|S|iissvcs|WAS,HTTP|p|Provides web connectivity and administration through IIS
WAS|Windows Process Activation Service|M+|S|iissvcs|RPCSS||Provides process activation, resource and health management
AppHostSvc|Application Host Helper Service|A+|S|apphost|||Provides administrative services for IIS
NorthwindWeb|Northwind Storefront|A+|S|"C:\\Program Files\\Northwind\\Storefront\\storefront.exe"|W3SVC||Keeps the storefront's caches warm
`,
  APP: `
ContosoOrders|Contoso Order Processing|A+|corp\\svc-orders|"C:\\Program Files\\Contoso\\Orders\\orders.exe"||p|Takes orders from the queue and books them
ContosoQueue|Contoso Message Queue|A+|N|"C:\\Program Files\\Contoso\\Queue\\queue.exe"|||Holds messages between Contoso applications
ContosoBilling|Contoso Billing|D+|corp\\svc-billing|"C:\\Program Files\\Contoso\\Billing\\billing.exe"|ContosoQueue||Writes invoices for processed orders
`,
  PRN: `
LPDSVC|LPD Service|A+|S|print|RPCSS||Lets other computers print to this server with LPR
`,
  BAK: `
NorthwindBackup|Northwind Backup Engine|A+|corp\\svc-backup|"C:\\Program Files\\Northwind\\Backup\\engine.exe"||p|Runs backup and restore jobs
NorthwindCatalog|Northwind Backup Catalog|A+|corp\\svc-backup|"C:\\Program Files\\Northwind\\Backup\\catalog.exe"|NorthwindBackup||Keeps the index of backup media
`,
  RDS: `
TermServLicensing|Remote Desktop Licensing|A+|N|TSLicensing|RPCSS||Provides licences for Remote Desktop clients
Tssdis|Remote Desktop Connection Broker|A+|N|tssdis|RpcSs||Reconnects users to their existing sessions
`,
};
