<#
.SYNOPSIS
Carries out a plan of tightlip on Exchange, and nothing else.

.DESCRIPTION
Run it in the Exchange Management Shell with the rights to change what it names; look first with -WhatIf, which writes
nothing at all. A setting that has its value already is left alone; when none is left nothing is backed up or restarted.
A setting that is neither as the plan found it nor as it should be stops everything before the first change.

What it changes is kept before (Export-Clixml) in a new folder. POP3 and IMAP services that run on the servers it
changed are restarted, the front end together with its back end. Afterwards run verify.ps1. The way back is rollback.ps1.

What is not proved on a real Exchange: that EnableGSSAPIAndNTLMAuth covers sessions under TLS (ask every port
afterwards), and that X-EXPS stops answering NTLM while a connector keeps ExchangeServer. Receive connectors are taken
up without a restart, sometimes after minutes.
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
param(
    [string] $BackupFolder = ''
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

#{plan}

#{shared}

$Pending = New-Object System.Collections.ArrayList
$Moved = New-Object System.Collections.ArrayList
foreach ($step in $Steps) {
    $now = Get-Now $step
    if (Test-Same $now $step.Wanted) { Write-Host ('already so: ' + $step.What) }
    elseif (Test-Same $now $step.Found) { [void] $Pending.Add($step) }
    else {
        [void] $Moved.Add($step.Target + ' (found ' + (Format-Words $step.Found) + ', now ' + (Format-Words $now) + ')')
    }
}
if ($Moved.Count -gt 0) {
    foreach ($each in $Moved) { Write-Warning ('changed by somebody else since the plan was made: ' + $each) }
    throw 'Nothing was changed. Collect and plan again.'
}
if ($Pending.Count -eq 0) {
    Write-Host 'Nothing to do.'
    exit 0
}

if (-not $BackupFolder) {
    $stamp = [DateTime]::UtcNow.ToString('yyyyMMdd-HHmmss', [System.Globalization.CultureInfo]::InvariantCulture)
    $BackupFolder = Join-Path (Get-Location).Path ('tightlip-' + $PlanHash.Substring(0, 12) + '-' + $stamp)
}
if ($PSCmdlet.ShouldProcess($BackupFolder, 'Keep the settings as they are')) {
    if (Test-Path -LiteralPath $BackupFolder) { throw ($BackupFolder + ' is there already: nothing was changed.') }
    [void] (New-Item -ItemType Directory -Path $BackupFolder -Confirm:$false)
    $kept = @(foreach ($step in $Pending) { & $step.Keep })
    if ($kept.Count -lt $Pending.Count) { throw 'What is to be changed could not be read whole: nothing was changed.' }
    $kept | Export-Clixml -Path (Join-Path $BackupFolder 'before.clixml') -Depth 5
}

$Done = New-Object System.Collections.ArrayList
try {
    foreach ($step in $Pending) {
        if ($PSCmdlet.ShouldProcess($step.Target, $step.What)) {
            & $step.Do
            [void] $Done.Add($step)
            Write-Host ('done: ' + $step.What)
        }
    }
    foreach ($pair in @(Get-Pairs $Done)) {
        if ($PSCmdlet.ShouldProcess($pair.Server, 'Restart ' + [string]::Join(', ', $pair.Names))) {
            Restart-Pair $pair
        }
    }
}
catch {
    Write-Warning ($Done.Count.ToString() + ' of ' + $Pending.Count + ' changes were made, then: ' + $_.Exception.Message)
    Write-Warning ('Kept: ' + $BackupFolder + '. The way back: rollback.ps1')
    exit 1
}
if ($Done.Count -gt 0) { Write-Host ('Kept: ' + $BackupFolder + '. Now prove it: verify.ps1, or tightlip verify') }
exit 0
