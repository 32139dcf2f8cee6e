<#
.SYNOPSIS
Collects, read-only, what tightlip needs to know of Exchange 2010 to Subscription Edition, as JSON.

.DESCRIPTION
Run it in the Exchange Management Shell, with a role that may read (View-Only Organization Management is enough for
Exchange; the states of Windows services are asked by WMI, and where that is refused the file says so).
It calls cmdlets that begin with Get- only, and writes one file. No password, key or mail gets into it; addresses of
mailboxes that may use POP3 or IMAP do, unless -SkipMailboxes is given.

Take the file to where tightlip runs, then: tightlip audit --product exchange FILE

Works with PowerShell 2.0 (Exchange 2010), which has no ConvertTo-Json.

.EXAMPLE
.\collect.ps1 -OutFile exchange.json

.EXAMPLE
.\collect.ps1 -Server EX01, EX02 -SkipMailboxes
#>
[CmdletBinding()]
param(
    [string] $OutFile = 'tightlip-exchange.json',
    [string[]] $Server = @(),
    [int] $MostNames = 5000,
    [switch] $SkipMailboxes
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$Invariant = [System.Globalization.CultureInfo]::InvariantCulture

if (-not (Get-Command -Name Get-ExchangeServer -ErrorAction SilentlyContinue)) {
    throw 'Get-ExchangeServer is not known here: run this in the Exchange Management Shell.'
}

# --- JSON -----------------------------------------------------------------------------------------------------

function Format-Text([string] $Text) {
    $builder = New-Object System.Text.StringBuilder
    [void] $builder.Append('"')
    foreach ($letter in $Text.ToCharArray()) {
        $code = [int] $letter
        if ($code -eq 34 -or $code -eq 92) { [void] $builder.Append('\').Append($letter) }
        elseif ($code -lt 32 -or $code -gt 126) { [void] $builder.Append('\u').Append($code.ToString('x4', $Invariant)) }
        else { [void] $builder.Append($letter) }
    }
    [void] $builder.Append('"')
    return $builder.ToString()
}

function Format-Json($Value, [string] $Indent) {
    if ($null -eq $Value) { return 'null' }
    if ($Value -is [bool]) { return $Value.ToString().ToLower() }
    if ($Value -is [int]) { return $Value.ToString($Invariant) }
    if ($Value -is [string]) { return Format-Text $Value }
    $inner = $Indent + '  '
    $parts = New-Object System.Collections.ArrayList
    if ($Value -is [System.Collections.IDictionary]) {
        foreach ($key in $Value.Keys) {
            [void] $parts.Add($inner + (Format-Text $key) + ': ' + (Format-Json $Value[$key] $inner))
        }
        $open = '{'; $close = '}'
    }
    else {
        foreach ($item in $Value) { [void] $parts.Add($inner + (Format-Json $item $inner)) }
        $open = '['; $close = ']'
    }
    if ($parts.Count -eq 0) { return $open + $close }
    return $open + "`n" + [string]::Join(",`n", [string[]] $parts.ToArray()) + "`n" + $Indent + $close
}

# A value as plain data: yes or no, whole number, time in UTC, text, or a list of texts.
function ConvertTo-Plain($Value) {
    if ($null -eq $Value -or $Value -is [bool] -or $Value -is [int]) { return $Value }
    if ($Value -is [DateTime]) { return $Value.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', $Invariant) }
    return [string] $Value
}

function ConvertTo-Record($Object, [string] $ServerName, [string[]] $Names, [string[]] $Lists) {
    $record = New-Object System.Collections.Specialized.OrderedDictionary
    if ($ServerName) { $record.Add('Server', $ServerName) }
    foreach ($name in $Names) {
        $property = $Object.PSObject.Properties[$name]
        if ($null -ne $property -and -not $record.Contains($name)) { $record.Add($name, (ConvertTo-Plain $property.Value)) }
    }
    foreach ($name in $Lists) {
        $property = $Object.PSObject.Properties[$name]
        if ($null -ne $property) {
            $items = New-Object System.Collections.ArrayList
            foreach ($item in @($property.Value)) { if ($null -ne $item) { [void] $items.Add([string] $item) } }
            $record.Add($name, $items)
        }
    }
    return $record
}

# --- Asking ---------------------------------------------------------------------------------------------------

$Problems = New-Object System.Collections.ArrayList
$Collected = New-Object System.Collections.Specialized.OrderedDictionary

function Add-Problem([string] $ServerName, [string] $What, $Fault) {
    $record = New-Object System.Collections.Specialized.OrderedDictionary
    $record.Add('Server', $ServerName)
    $record.Add('What', $What)
    $record.Add('Why', [string] $Fault.Exception.Message)
    [void] $Problems.Add($record)
    Write-Warning ($ServerName + ': ' + $What + ': ' + $Fault.Exception.Message)
}

function Add-Answers([string] $What, [string] $ServerName, [scriptblock] $Ask, [string[]] $Names, [string[]] $Lists) {
    try {
        foreach ($object in @(& $Ask)) {
            if ($null -ne $object) { [void] $Collected[$What].Add((ConvertTo-Record $object $ServerName $Names $Lists)) }
        }
    }
    catch { Add-Problem $ServerName $What $_ }
}

# Before Exchange 2013 only servers with the Client Access role serve POP3 and IMAP; since then every one but Edge.
function Test-Access($Object) {
    return ([string] $Object.ServerRole -match 'ClientAccess') -or ([string] $Object.AdminDisplayVersion -match 'Version 1[5-9]')
}

foreach ($what in @('Get-ExchangeServer', 'Win32_Service', 'Get-PopSettings', 'Get-ImapSettings',
        'Get-ReceiveConnector', 'Get-ExchangeCertificate')) {
    $Collected.Add($what, (New-Object System.Collections.ArrayList))
}

if ($Server.Count -gt 0) { $Servers = @($Server | ForEach-Object { Get-ExchangeServer -Identity $_ }) }
else { $Servers = @(Get-ExchangeServer | Where-Object { [string] $_.ServerRole -notmatch 'Edge' }) }

$BindingLists = @('UnencryptedOrTLSBindings', 'SSLBindings')
$SettingNames = @('EnableGSSAPIAndNTLMAuth', 'LoginType', 'X509CertificateName', 'ProxyTargetPort', 'ExtendedProtectionPolicy')
$ConnectorNames = @('Identity', 'Enabled', 'AuthMechanism', 'PermissionGroups', 'RequireTLS', 'EnableAuthGSSAPI',
    'TransportRole', 'Fqdn', 'TlsCertificateName', 'SuppressXAnonymousTls')
$ConnectorLists = @('Bindings', 'RemoteIPRanges')
$CertificateNames = @('Thumbprint', 'Subject', 'NotBefore', 'NotAfter', 'Services', 'Status', 'IsSelfSigned')
$ServiceFilter = "Name='MSExchangePOP3' OR Name='MSExchangePOP3BE' OR Name='MSExchangeIMAP4' OR Name='MSExchangeIMAP4BE'"

foreach ($each in $Servers) {
    $name = [string] $each.Name
    $fqdn = [string] $each.Fqdn
    [void] $Collected['Get-ExchangeServer'].Add(
        (ConvertTo-Record $each '' @('Name', 'Fqdn', 'DistinguishedName', 'AdminDisplayVersion', 'ServerRole', 'Edition') @()))
    if (Test-Access $each) {
        Add-Answers 'Win32_Service' $name { Get-WmiObject -Class Win32_Service -ComputerName $fqdn -Filter $ServiceFilter } `
            @('Name', 'State', 'StartMode') @()
        Add-Answers 'Get-PopSettings' $name { Get-PopSettings -Server $name } $SettingNames $BindingLists
        Add-Answers 'Get-ImapSettings' $name { Get-ImapSettings -Server $name } $SettingNames $BindingLists
    }
    Add-Answers 'Get-ReceiveConnector' $name { Get-ReceiveConnector -Server $name } $ConnectorNames $ConnectorLists
    Add-Answers 'Get-ExchangeCertificate' $name { Get-ExchangeCertificate -Server $name } $CertificateNames @('CertificateDomains')
}

# Who may use POP3 and IMAP: counts, and the addresses of the first so many. Exchange's own probes are left out.
if (-not $SkipMailboxes) {
    try {
        $count = @{ All = 0; Pop = 0; Imap = 0 }
        $popNames = New-Object System.Collections.ArrayList
        $imapNames = New-Object System.Collections.ArrayList
        Get-CASMailbox -ResultSize Unlimited -WarningAction SilentlyContinue |
            Where-Object { [string] $_.Name -notlike 'HealthMailbox*' } |
            ForEach-Object {
                $address = [string] $_.PrimarySmtpAddress
                $count.All = $count.All + 1
                if ($_.PopEnabled) {
                    $count.Pop = $count.Pop + 1
                    if ($popNames.Count -lt $MostNames) { [void] $popNames.Add($address) }
                }
                if ($_.ImapEnabled) {
                    $count.Imap = $count.Imap + 1
                    if ($imapNames.Count -lt $MostNames) { [void] $imapNames.Add($address) }
                }
            }
        $mailboxes = New-Object System.Collections.Specialized.OrderedDictionary
        $mailboxes.Add('Mailboxes', $count.All)
        $mailboxes.Add('PopEnabled', $count.Pop)
        $mailboxes.Add('ImapEnabled', $count.Imap)
        $mailboxes.Add('MostNames', $MostNames)
        $mailboxes.Add('PopNames', $popNames)
        $mailboxes.Add('ImapNames', $imapNames)
        $Collected.Add('Get-CASMailbox', $mailboxes)
    }
    catch { Add-Problem '' 'Get-CASMailbox' $_ }
}

# --- Writing --------------------------------------------------------------------------------------------------

$document = New-Object System.Collections.Specialized.OrderedDictionary
$document.Add('tightlip', 'exchange')
$document.Add('schema', 1)
$document.Add('collected', [DateTime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ', $Invariant))
$document.Add('problems', $Problems)
foreach ($what in @($Collected.Keys)) { $document.Add($what, $Collected[$what]) }

# Not by Out-File or >, which write UTF-16; everything in it is ASCII.
$path = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($OutFile)
[System.IO.File]::WriteAllText($path, (Format-Json $document '') + "`n", [System.Text.Encoding]::ASCII)
Write-Host ('Written: ' + $path + ' (' + $Servers.Count + ' servers, ' + $Problems.Count + ' problems)')
