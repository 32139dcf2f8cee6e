"""Windows builds to the releases that share them, claiming no more than the build tells."""

_PRODUCTS = {
    (5, 0, 2195): "Windows 2000",
    (5, 1, 2600): "Windows XP",
    (5, 2, 3790): "Windows Server 2003, Server 2003 R2 or XP x64",
    (6, 0, 6000): "Windows Vista",
    (6, 0, 6001): "Windows Vista or Server 2008",
    (6, 0, 6002): "Windows Vista or Server 2008",
    (6, 0, 6003): "Windows Vista or Server 2008",
    (6, 1, 7600): "Windows 7 or Server 2008 R2",
    (6, 1, 7601): "Windows 7 or Server 2008 R2",
    (6, 2, 9200): "Windows 8 or Server 2012",
    (6, 3, 9600): "Windows 8.1 or Server 2012 R2",
    (10, 0, 10240): "Windows 10 1507",
    (10, 0, 10586): "Windows 10 1511",
    (10, 0, 14393): "Windows 10 1607 or Server 2016",
    (10, 0, 15063): "Windows 10 1703",
    (10, 0, 16299): "Windows 10 1709 or Server 1709",
    (10, 0, 17134): "Windows 10 1803 or Server 1803",
    (10, 0, 17763): "Windows 10 1809, Server 2019 or Server 1809",
    # No source of Microsoft's was at hand for this one, as the text says.
    (10, 0, 17784): "Azure Stack HCI 20H2 (unconfirmed)",
    # A release that is an enablement package on an older one may go on naming the older one's build.
    (10, 0, 18362): "Windows 10 1903 or 1909, or Server 1903 or 1909",
    (10, 0, 18363): "Windows 10 1909 or Server 1909",
    (10, 0, 19041): "Windows 10 2004 to 22H2, or Server 2004 or 20H2",
    (10, 0, 19042): "Windows 10 20H2 or Server 20H2",
    (10, 0, 19043): "Windows 10 21H1",
    (10, 0, 19044): "Windows 10 21H2",
    (10, 0, 19045): "Windows 10 22H2",
    (10, 0, 20348): "Windows Server 2022",
    (10, 0, 20349): "Azure Stack HCI 22H2",
    (10, 0, 22000): "Windows 11 21H2",
    (10, 0, 22621): "Windows 11 22H2 or 23H2",
    (10, 0, 22631): "Windows 11 23H2",
    (10, 0, 25398): "Windows Server 23H2 or Azure Stack HCI 23H2",
    (10, 0, 26100): "Windows 11 24H2 or later, or Server 2025",
    (10, 0, 26200): "Windows 11 25H2",
}


def products_of(major: int, minor: int, build: int) -> str | None:
    """All Windows releases that carry this build, never one of several, never a patch level; None if unknown.

    6.1 and 6.2 build 0 are no Windows: Samba's and gss-ntlmssp's code write them as constants.
    """
    return _PRODUCTS.get((major, minor, build))
