<#
.SYNOPSIS
Undoes a plan of tightlip on Exchange: sets the values that the plan found.

.DESCRIPTION
Run it in the Exchange Management Shell; look first with -WhatIf. A setting that has its earlier value is left alone, and
so is one that somebody else has changed since, with a warning (exit code 1). The steps are undone in reverse, and the
POP3 and IMAP services that run on the servers concerned are restarted.

What rolls back are the values in this script. The file before.clixml that apply.ps1 kept (Import-Clixml) shows the whole
objects as they were. A start type "automatic (delayed)" comes back as automatic.
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
param()

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

#{plan}

#{shared}

$Undone = New-Object System.Collections.ArrayList
$Failed = 0
for ($at = $Steps.Count - 1; $at -ge 0; $at--) {
    $step = $Steps[$at]
    try {
        $now = Get-Now $step
        if (Test-Same $now $step.Found) { Write-Host ('as found: ' + $step.Target + ' ' + (Format-Words $now)) }
        elseif (-not (Test-Same $now $step.Wanted)) {
            Write-Warning ('left alone, changed by somebody else: ' + $step.Target + ' ' + (Format-Words $now))
            $Failed = $Failed + 1
        }
        elseif ($PSCmdlet.ShouldProcess($step.Target, 'Set back to ' + (Format-Words $step.Found))) {
            & $step.Undo
            [void] $Undone.Add($step)
            Write-Host ('set back: ' + $step.Target + ' ' + (Format-Words $step.Found))
        }
    }
    catch {
        Write-Warning ($step.Target + ': ' + $_.Exception.Message)
        $Failed = $Failed + 1
    }
}
foreach ($pair in @(Get-Pairs $Undone)) {
    try {
        if ($PSCmdlet.ShouldProcess($pair.Server, 'Restart ' + [string]::Join(', ', $pair.Names))) { Restart-Pair $pair }
    }
    catch {
        Write-Warning ($pair.Server + ': ' + $_.Exception.Message)
        $Failed = $Failed + 1
    }
}
if ($Failed -gt 0) { exit 1 }
exit 0
