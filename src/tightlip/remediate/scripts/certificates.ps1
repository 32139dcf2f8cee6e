<#
.SYNOPSIS
Lists, read-only, which certificate each Exchange server shows for POP3, IMAP and SMTP, and how long it is good.

.DESCRIPTION
Run it in the Exchange Management Shell. One line for each server, service and certificate: Server, Service, SetTo (the
X509CertificateName of POP3 and IMAP), Thumbprint, NotAfter (UTC), DaysLeft, SelfSigned, Names, and a Remark where
something is to be done. A server that does not answer gives one line with the reason. It changes nothing.

It tells what is assigned. What a port really shows, and up to which version of TLS, tells: tightlip scan

.EXAMPLE
.\certificates.ps1 -OutFile certificates.csv

.EXAMPLE
.\certificates.ps1 -Server EX01, EX02 -WarnDays 60 | Format-Table -AutoSize
#>
[CmdletBinding()]
param(
    [string[]] $Server = @(),
    [string] $OutFile = '',
    [int] $WarnDays = 30
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$Invariant = [System.Globalization.CultureInfo]::InvariantCulture
$Columns = @('Server', 'Service', 'SetTo', 'Thumbprint', 'NotAfter', 'DaysLeft', 'SelfSigned', 'Names', 'Remark')

if (-not (Get-Command -Name Get-ExchangeCertificate -ErrorAction SilentlyContinue)) {
    throw 'Get-ExchangeCertificate is not known here: run this in the Exchange Management Shell.'
}

function New-Line([string] $ServerName, [string] $Service, [string] $SetTo, [string] $Remark) {
    return New-Object PSObject -Property @{
        Server = $ServerName; Service = $Service; SetTo = $SetTo; Thumbprint = ''; NotAfter = ''; DaysLeft = ''
        SelfSigned = ''; Names = ''; Remark = $Remark
    }
}

function Get-Names($Certificate) {
    return @(@($Certificate.CertificateDomains) | ForEach-Object { [string] $_ } | Where-Object { $_ })
}

# A star stands for one label.
function Test-Name([string[]] $Names, [string] $Wanted) {
    $dot = $Wanted.IndexOf('.')
    $star = if ($dot -gt 0) { '*' + $Wanted.Substring($dot) } else { '' }
    return ($Names -contains $Wanted) -or ($star -and ($Names -contains $star))
}

function Get-Remark($Certificate, [int] $Days, [string] $SetTo, [string[]] $Names) {
    if ($Days -lt 0) { return 'has ended' }
    if ($Days -lt $WarnDays) { return 'ends soon' }
    if ($SetTo -and -not (Test-Name $Names $SetTo)) { return 'not the certificate that the service is set to' }
    if ([string] $Certificate.IsSelfSigned -eq 'True') { return 'signed by itself: clients cannot check it' }
    return ''
}

function Get-SetName([string] $ServerName, [string] $Service) {
    try {
        if ($Service -eq 'POP') { return [string] (Get-PopSettings -Server $ServerName).X509CertificateName }
        if ($Service -eq 'IMAP') { return [string] (Get-ImapSettings -Server $ServerName).X509CertificateName }
    }
    catch { Write-Warning ($ServerName + ': ' + $Service + ': ' + $_.Exception.Message) }
    return ''
}

function Get-Lines([string] $ServerName) {
    try { $certificates = @(Get-ExchangeCertificate -Server $ServerName) }
    catch { return New-Line $ServerName '' '' ('not read: ' + $_.Exception.Message) }
    foreach ($service in @('POP', 'IMAP', 'SMTP')) {
        $setTo = Get-SetName $ServerName $service
        $assigned = @($certificates | Where-Object { ([string] $_.Services -split '\s*,\s*') -contains $service })
        if ($assigned.Count -eq 0) { New-Line $ServerName $service $setTo 'no certificate is assigned' }
        foreach ($certificate in $assigned) {
            $names = @(Get-Names $certificate)
            $ends = ([DateTime] $certificate.NotAfter).ToUniversalTime()
            $days = [int] [Math]::Floor(($ends - [DateTime]::UtcNow).TotalDays)
            $line = New-Line $ServerName $service $setTo (Get-Remark $certificate $days $setTo $names)
            $line.Thumbprint = [string] $certificate.Thumbprint
            $line.NotAfter = $ends.ToString('yyyy-MM-ddTHH:mm:ssZ', $Invariant)
            $line.DaysLeft = $days
            $line.SelfSigned = [string] $certificate.IsSelfSigned
            $line.Names = [string]::Join(' ', [string[]] $names)
            $line
        }
    }
}

if ($Server.Count -gt 0) { $Names = $Server }
else {
    $Names = @(Get-ExchangeServer | Where-Object { [string] $_.ServerRole -notmatch 'Edge' } | ForEach-Object { [string] $_.Name })
}

$Lines = @($Names | ForEach-Object { Get-Lines $_ } | Select-Object -Property $Columns)
if ($OutFile) {
    $Lines | Export-Csv -Path $OutFile -NoTypeInformation -Encoding UTF8
    Write-Host ('Written: ' + $OutFile + ' (' + $Lines.Count + ' lines)')
}
else { $Lines }
