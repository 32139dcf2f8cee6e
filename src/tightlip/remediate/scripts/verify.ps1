<#
.SYNOPSIS
Proves a plan of tightlip on Exchange: reads every setting again, and asks every port for NTLM.

.DESCRIPTION
Changes nothing and logs in nowhere: a port is sent the first NTLM message, which anybody may send, and asked whether it
would take a password, which is then not given. Every line says ok, NOT OK or unknown. Silence, or "try again later", is
unknown and never ok. Run it where the mail ports are reached as clients reach them; -SkipWire reads the settings alone,
which proves less: it was never shown on a real Exchange that EnableGSSAPIAndNTLMAuth covers sessions under TLS.

Exit codes: 0 all ok, 1 something is not ok, 4 something is unknown. Certificates are not judged here; tightlip verify
asks the same from where it runs, judges certificates too, and is what closes a finding.
#>
[CmdletBinding()]
param(
    [int] $TimeoutSeconds = 20,
    [switch] $SkipWire
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

#{plan}

#{endpoints}

#{shared}

$Results = New-Object System.Collections.ArrayList

function Add-Result([string] $Verdict, [string] $What, [string] $Detail) {
    [void] $Results.Add((New-Object PSObject -Property @{ Verdict = $Verdict; What = $What; Detail = $Detail }))
}

foreach ($step in $Steps) {
    try {
        $now = Get-Now $step
        $verdict = if (Test-Same $now $step.Wanted) { 'ok' } else { 'NOT OK' }
        Add-Result $verdict $step.What ('is ' + (Format-Words $now))
    }
    catch { Add-Result 'unknown' $step.What $_.Exception.Message }
}

# --- Talking to a port ----------------------------------------------------------------------------------------

function Open-Talk($Endpoint) {
    $literal = $null
    $isLiteral = [System.Net.IPAddress]::TryParse($Endpoint.Server, [ref] $literal)
    $family = if ($isLiteral) { $literal.AddressFamily } else { [System.Net.Sockets.AddressFamily]::InterNetwork }
    $client = New-Object System.Net.Sockets.TcpClient($family)
    $client.ReceiveTimeout = $TimeoutSeconds * 1000
    $client.SendTimeout = $TimeoutSeconds * 1000
    $waiting = $client.BeginConnect($Endpoint.Server, $Endpoint.Port, $null, $null)
    if (-not $waiting.AsyncWaitHandle.WaitOne($TimeoutSeconds * 1000, $false)) {
        $client.Close()
        throw 'no connection in time'
    }
    try { $client.EndConnect($waiting) }
    catch {
        $client.Close()
        throw 'no connection'
    }
    return @{ Client = $client; Stream = $client.GetStream(); Server = $Endpoint.Server; Kind = $Endpoint.Protocol }
}

# Any certificate is taken here: a bad one must not keep us from asking.
function Start-Tls($Talk) {
    $any = [System.Net.Security.RemoteCertificateValidationCallback] { $true }
    $secured = New-Object System.Net.Security.SslStream($Talk.Stream, $false, $any)
    # 4032 stands for TLS 1.0 to 1.2; the .NET of Exchange 2010 knows 1.0 alone.
    try { $versions = [System.Enum]::ToObject([System.Security.Authentication.SslProtocols], 4032) }
    catch { $versions = [System.Security.Authentication.SslProtocols]::Default }
    $secured.AuthenticateAsClient($Talk.Server, $null, $versions, $false)
    $Talk.Stream = $secured
}

function Send-Line($Talk, [string] $Line) {
    $bytes = [System.Text.Encoding]::ASCII.GetBytes($Line + "`r`n")
    $Talk.Stream.Write($bytes, 0, $bytes.Length)
    $Talk.Stream.Flush()
}

function Read-Line($Talk) {
    $builder = New-Object System.Text.StringBuilder
    while ($builder.Length -lt 8192) {
        $byte = $Talk.Stream.ReadByte()
        if ($byte -lt 0) { throw 'the server closed the connection' }
        if ($byte -eq 10) { return $builder.ToString() }
        if ($byte -ne 13) { [void] $builder.Append([char] $byte) }
    }
    throw 'a line without end'
}

# The last line of a reply: SMTP goes on with "250-", IMAP has untagged lines before the tagged one.
function Read-Reply($Talk) {
    for ($count = 0; $count -lt 100; $count++) {
        $line = Read-Line $Talk
        if ($Talk.Kind -eq 'smtp') { if ($line -match '^\d{3}( |$)') { return $line } }
        elseif ($Talk.Kind -eq 'imap') { if ($line -match '^(a\d|\+)') { return $line } }
        else { return $line }
    }
    throw 'a reply without end'
}

function Send-Command($Talk, [string] $Command) {
    if ($Talk.Kind -eq 'imap') { $Command = 'a1 ' + $Command }
    Send-Line $Talk $Command
    return Read-Reply $Talk
}

function Test-Good($Talk, [string] $Reply) {
    if ($Talk.Kind -eq 'pop3') { return $Reply -match '^\+OK' }
    if ($Talk.Kind -eq 'imap') { return $Reply -match '^(a1|\*) OK' }
    return $Reply -match '^2'
}

function Test-GoAhead([string] $Reply) {
    return $Reply -match '^\+' -or $Reply -match '^334'
}

# Only a refusal for good is one; "for now" is not.
function Test-Refusal([string] $Reply) {
    if ($Reply -match '\[(SYS/TEMP|IN-USE|LOGIN-DELAY|UNAVAILABLE|INUSE|SERVERBUG|LIMIT)\]|try again|later|too many') { return $false }
    return $Reply -match '^-ERR|^a1 (NO|BAD)|^5\d\d'
}

function Start-Talk($Endpoint) {
    $talk = Open-Talk $Endpoint
    try {
        if ($Endpoint.Security -eq 'implicit') { Start-Tls $talk }
        $greeting = if ($talk.Kind -eq 'imap') { Read-Line $talk } else { Read-Reply $talk }
        if (-not (Test-Good $talk $greeting)) { throw ('greets with: ' + $greeting) }
        if ($talk.Kind -eq 'smtp') { [void] (Send-Command $talk 'EHLO verify.invalid') }
        if ($Endpoint.Security -eq 'starttls') {
            $word = if ($talk.Kind -eq 'pop3') { 'STLS' } else { 'STARTTLS' }
            $reply = Send-Command $talk $word
            if (-not (Test-Good $talk $reply)) { throw ('no TLS: ' + $reply) }
            Start-Tls $talk
            if ($talk.Kind -eq 'smtp') { [void] (Send-Command $talk 'EHLO verify.invalid') }
        }
    }
    catch {
        $talk.Client.Close()
        throw
    }
    return $talk
}

# What one port says to one mechanism: refused, taken, challenge (NTLM's names), or unclear, with its words.
function Get-Answer($Endpoint, [string] $Verb, [string] $Mechanism) {
    $talk = Start-Talk $Endpoint
    try {
        $reply = Send-Command $talk ($Verb + ' ' + $Mechanism)
        if (Test-Refusal $reply) { return @('refused', $reply) }
        if (-not (Test-GoAhead $reply)) { return @('unclear', $reply) }
        if ($Mechanism -eq 'NTLM') {
            Send-Line $talk $TypeOne
            $reply = Read-Reply $talk
            if ($reply -cmatch 'TlRMTVNTUAAC') { return @('challenge', 'the server names itself in an NTLM challenge') }
        }
        Send-Line $talk '*'
        return @('taken', $reply)
    }
    finally { $talk.Client.Close() }
}

function Get-Verb($Endpoint) {
    if ($Endpoint.Protocol -eq 'imap') { return 'AUTHENTICATE' }
    return 'AUTH'
}

function Test-Withdrawn($Endpoint, [string] $Verb, [string] $Mechanism) {
    $what = $Endpoint.Name + ': ' + $Verb + ' ' + $Mechanism + ' is refused'
    try {
        $answer = @(Get-Answer $Endpoint $Verb $Mechanism)
        $verdict = if ($answer[0] -eq 'refused') { 'ok' } elseif ($answer[0] -eq 'unclear') { 'unknown' } else { 'NOT OK' }
        Add-Result $verdict $what $answer[1]
    }
    catch { Add-Result 'unknown' $what $_.Exception.Message }
}

function Test-Kept($Endpoint, [string] $Mechanism) {
    $what = $Endpoint.Name + ': ' + $Mechanism + ' is still taken'
    try {
        $answer = @(Get-Answer $Endpoint (Get-Verb $Endpoint) $Mechanism)
        $verdict = if ($answer[0] -eq 'taken') { 'ok' } elseif ($answer[0] -eq 'unclear') { 'unknown' } else { 'NOT OK' }
        Add-Result $verdict $what $answer[1]
    }
    catch { Add-Result 'unknown' $what $_.Exception.Message }
}

function Test-Closed($Endpoint) {
    $what = $Endpoint.Name + ': is closed'
    try {
        $talk = Open-Talk $Endpoint
        $talk.Client.Close()
        Add-Result 'NOT OK' $what 'it takes connections'
    }
    catch {
        $verdict = if ($_.Exception.Message -eq 'no connection') { 'ok' } else { 'unknown' }
        Add-Result $verdict $what $_.Exception.Message
    }
}

if ($SkipWire) { Add-Result 'unknown' 'the ports' 'not asked: -SkipWire' }
else {
    foreach ($endpoint in $Endpoints) {
        if ($endpoint.Closed) {
            Test-Closed $endpoint
            continue
        }
        foreach ($mechanism in $endpoint.Withdrawn) {
            Test-Withdrawn $endpoint (Get-Verb $endpoint) $mechanism
            if ($endpoint.Protocol -eq 'smtp' -and $mechanism -eq 'NTLM') { Test-Withdrawn $endpoint 'X-EXPS' $mechanism }
        }
        foreach ($mechanism in $endpoint.Refused) { Test-Withdrawn $endpoint (Get-Verb $endpoint) $mechanism }
        foreach ($mechanism in $endpoint.Kept) { Test-Kept $endpoint $mechanism }
    }
}

$Results | Select-Object -Property @('Verdict', 'What', 'Detail') | Format-List
$Bad = @($Results | Where-Object { $_.Verdict -eq 'NOT OK' })
$Open = @($Results | Where-Object { $_.Verdict -eq 'unknown' })
Write-Host ($Results.Count.ToString() + ' looked at, ' + $Bad.Count + ' not ok, ' + $Open.Count + ' unknown')
if ($Bad.Count -gt 0) { exit 1 }
if ($Open.Count -gt 0) { exit 4 }
exit 0
