if (-not (Get-Command -Name Get-ExchangeServer -ErrorAction SilentlyContinue)) {
    throw 'Get-ExchangeServer is not known here: run this in the Exchange Management Shell.'
}

# A setting's words, sorted, so that flags compare in any order.
function Get-Now($Step) {
    return @(@(& $Step.Read) | ForEach-Object { [string] $_ -split '\s*,\s*' } | Where-Object { $_ } | Sort-Object)
}

function Format-Words($Words) {
    return [string]::Join(', ', [string[]] @(@($Words) | Where-Object { $_ } | Sort-Object))
}

function Test-Same($One, $Other) {
    return (Format-Words $One) -eq (Format-Words $Other)
}

# How a Windows service starts and whether it runs, in the words of Set-Service.
function Get-ServiceWords([string] $Server, [string] $Name) {
    $service = @(Get-WmiObject -Class Win32_Service -ComputerName $Server -Filter ("Name='" + $Name + "'"))
    if ($service.Count -ne 1) { throw ($Server + ' has no service ' + $Name) }
    return @(([string] $service[0].StartMode -replace '^Auto$', 'Automatic'), [string] $service[0].State)
}

# The services to restart, each pair of a server once: those that are installed and run.
function Get-Pairs($Changed) {
    $seen = @{}
    foreach ($step in @($Changed)) {
        if ($step.Restart.Count -eq 0) { continue }
        $key = $step.Server + ' ' + $step.Restart[0]
        if ($seen.ContainsKey($key)) { continue }
        $seen[$key] = $true
        $names = @($step.Restart | Where-Object {
                $service = Get-Service -ComputerName $step.Server -Name $_ -ErrorAction SilentlyContinue
                $null -ne $service -and [string] $service.Status -eq 'Running'
            })
        if ($names.Count -gt 0) { New-Object PSObject -Property @{ Server = $step.Server; Names = [string[]] $names } }
    }
}

# The front end goes down first and comes back last.
function Restart-Pair($Pair) {
    $limit = New-TimeSpan -Minutes 3
    $services = @($Pair.Names | ForEach-Object { Get-Service -ComputerName $Pair.Server -Name $_ })
    foreach ($service in $services) {
        $service.Stop()
        $service.WaitForStatus('Stopped', $limit)
    }
    [Array]::Reverse($services)
    foreach ($service in $services) {
        $service.Start()
        $service.WaitForStatus('Running', $limit)
    }
    Write-Host ('restarted: ' + $Pair.Server + ' ' + [string]::Join(', ', $Pair.Names))
}
